import { Refusal, notFound } from "../kernel/errors.ts";
import { type Sha256, canonicalJson, sha256 } from "../kernel/hash.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type { Queries, Store } from "../store/index.ts";
import type { ModelCard } from "./card.ts";
import {
  type Decision,
  type Lineage,
  type Model,
  type ModelBundle,
  type ModelFiles,
  type ModelSummary,
  isClassifier,
} from "./model.ts";
import type { ModelTables } from "./tables.ts";
import type { Preprocessing } from "./preprocessing.ts";

export interface NewModelInput extends ModelBundle {
  readonly name: string;
  readonly lineage: Lineage;
  readonly summary: ModelSummary | null;
  readonly nowMs: number;
}

/** A model whose files are stored and whose row is not yet. */
export type NewModel = Model;

/** Writes the bundle's blobs. Follow it with `insertModel` in a transaction of your own. */
export async function prepareModel({ blobs }: Pick<Store, "blobs">, input: NewModelInput): Promise<NewModel> {
  const { task, onnx, preprocessing, labels, decision, card, name, lineage, summary, nowMs } = input;
  refuseBadInput(input);
  const files: ModelFiles = {
    onnx: await blobs.put(onnx),
    preprocessing: await blobs.put(canonicalJson(preprocessing)),
    labels: await blobs.put(canonicalJson(labels)),
    ...(decision ? { decision: await blobs.put(canonicalJson(decision)) } : {}),
    card: await blobs.put(canonicalJson(card)),
  };
  const answering = [files.onnx, files.preprocessing, files.labels, ...(files.decision ? [files.decision] : [])];
  const digest = sha256(canonicalJson(answering));
  const id = newId("model", nowMs);
  return { id, name, task, labels, digest, files, onnxBytes: onnx.length, lineage, summary, createdAtMs: nowMs };
}

function refuseBadInput({ name, task, labels }: NewModelInput): void {
  if (name.trim() === "" || name.length > limits.nameCharsMax) {
    throw new Refusal("invalid_request", `A model's name has 1 to ${limits.nameCharsMax} characters.`, {
      param: "name",
    });
  }
  if (isClassifier(task) && (labels.length < 2 || new Set(labels).size !== labels.length)) {
    throw new Refusal("invalid_data", "A classifier has at least two labels, each once.", { param: "labels" });
  }
}

export async function insertModel(db: Queries, model: NewModel): Promise<Model> {
  const { lineage } = model;
  await db
    .as<ModelTables>()
    .insertInto("models")
    .values({
      id: model.id,
      name: model.name,
      task: model.task,
      labels: JSON.stringify(model.labels),
      digest: model.digest,
      files: JSON.stringify(model.files),
      onnx_bytes: model.onnxBytes,
      run: lineage.run,
      dataset_version: lineage.datasetVersion,
      recipe: lineage.recipe,
      parent: lineage.parent,
      summary: model.summary && JSON.stringify(model.summary),
      created_at_ms: model.createdAtMs,
    })
    .execute();
  return model;
}

export async function registerModel(store: Store, input: NewModelInput): Promise<Model> {
  return insertModel(store, await prepareModel(store, input));
}

export async function getModel(db: Queries, id: string): Promise<Model> {
  const row = await db
    .as<ModelTables>()
    .selectFrom("models")
    .selectAll()
    .where("id", "=", id as Id<"model">)
    .executeTakeFirst();
  if (!row) throw notFound("model", id);
  return toModel(row);
}

/** The oldest of this name that answers equally. */
export async function findModel(
  db: Queries,
  { name, digest }: Pick<Model, "name" | "digest">,
): Promise<Model | undefined> {
  const row = await db
    .as<ModelTables>()
    .selectFrom("models")
    .selectAll()
    .where("digest", "=", digest)
    .where("name", "=", name)
    .orderBy("id")
    .executeTakeFirst();
  return row && toModel(row);
}

export interface Page {
  readonly limit?: number;
  /** The last id of the page before. */
  readonly before?: string;
}

/** Newest first. */
export async function listModels(db: Queries, { limit = limits.listDefault, before }: Page = {}): Promise<Model[]> {
  let query = db.as<ModelTables>().selectFrom("models").selectAll().orderBy("id", "desc").limit(limit);
  if (before !== undefined) query = query.where("id", "<", before as Id<"model">);
  return (await query.execute()).map(toModel);
}

/** The files of a model, each checked against its digest. */
export async function loadBundle(store: Store, id: string): Promise<ModelBundle> {
  const { task, files } = await getModel(store, id);
  const read = async <T>(digest: Sha256): Promise<T> => JSON.parse((await store.blobs.get(digest)).toString()) as T;
  return {
    task,
    onnx: await store.blobs.get(files.onnx),
    preprocessing: await read<Preprocessing>(files.preprocessing),
    labels: await read<string[]>(files.labels),
    ...(files.decision ? { decision: await read<Decision>(files.decision) } : {}),
    card: await read<ModelCard>(files.card),
  };
}

function toModel(row: ModelTables["models"]): Model {
  return {
    id: row.id,
    name: row.name,
    task: row.task,
    labels: JSON.parse(row.labels) as string[],
    digest: row.digest,
    files: JSON.parse(row.files) as ModelFiles,
    onnxBytes: row.onnx_bytes,
    lineage: { run: row.run, datasetVersion: row.dataset_version, recipe: row.recipe, parent: row.parent },
    summary: row.summary === null ? null : (JSON.parse(row.summary) as ModelSummary),
    createdAtMs: row.created_at_ms,
  };
}
