import { notFound } from "../kernel/errors.ts";
import type { Sha256 } from "../kernel/hash.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type { ModelSummary, Page } from "../models/index.ts";
import type { Queries, Store } from "../store/index.ts";
import type { Assessment } from "./assess.ts";
import { type Scored, decodeScored } from "./scored.ts";
import type { TrainTables } from "./tables.ts";

export type EvaluatedSplit = "train" | "validation" | "test";

/** One model on one split of one version. */
export type Evaluation = EvaluationFacts & Assessment;

export interface EvaluationFacts {
  readonly id: Id<"evaluation">;
  readonly model: Id<"model">;
  readonly datasetVersion: Id<"datasetVersion">;
  readonly split: EvaluatedSplit;
  /** The blob of the answers to every example: paired tests need no second run. */
  readonly predictions: Sha256;
  readonly createdAtMs: number;
}

export function newEvaluation(
  subject: Pick<EvaluationFacts, "model" | "datasetVersion" | "split">,
  assessment: Assessment,
  predictions: Sha256,
  nowMs: number,
): Evaluation {
  const id = newId("evaluation", nowMs);
  return { id, ...subject, ...assessment, predictions, createdAtMs: nowMs };
}

export async function insertEvaluation(db: Queries, evaluation: Evaluation): Promise<void> {
  await db
    .as<TrainTables>()
    .insertInto("evaluations")
    .values({
      id: evaluation.id,
      model: evaluation.model,
      dataset_version: evaluation.datasetVersion,
      split: evaluation.split,
      metrics: JSON.stringify(evaluation.metrics),
      baselines: JSON.stringify(evaluation.baselines),
      slices: JSON.stringify(evaluation.slices),
      predictions: evaluation.predictions,
      created_at_ms: evaluation.createdAtMs,
    })
    .onConflict((conflict) => conflict.columns(["model", "dataset_version", "split"]).doNothing())
    .execute();
}

export async function getEvaluation(db: Queries, id: string): Promise<Evaluation> {
  const row = await db
    .as<TrainTables>()
    .selectFrom("evaluations")
    .selectAll()
    .where("id", "=", id as Id<"evaluation">)
    .executeTakeFirst();
  if (!row) throw notFound("evaluation", id);
  return toEvaluation(row);
}

export async function findEvaluation(
  db: Queries,
  { model, datasetVersion, split }: Pick<Evaluation, "model" | "datasetVersion" | "split">,
): Promise<Evaluation | undefined> {
  const row = await db
    .as<TrainTables>()
    .selectFrom("evaluations")
    .selectAll()
    .where("model", "=", model)
    .where("dataset_version", "=", datasetVersion)
    .where("split", "=", split)
    .executeTakeFirst();
  return row && toEvaluation(row);
}

/** Newest first; of one model when it is named. */
export async function listEvaluations(
  db: Queries,
  { model, limit = limits.listDefault, before }: Page & { readonly model?: string } = {},
): Promise<Evaluation[]> {
  let query = db.as<TrainTables>().selectFrom("evaluations").selectAll().orderBy("id", "desc").limit(limit);
  if (model !== undefined) query = query.where("model", "=", model as Id<"model">);
  if (before !== undefined) query = query.where("id", "<", before as Id<"evaluation">);
  return (await query.execute()).map(toEvaluation);
}

/** The answers to every example. */
export async function loadScored(
  { blobs }: Pick<Store, "blobs">,
  { predictions }: Pick<Evaluation, "predictions">,
): Promise<Scored> {
  return decodeScored((await blobs.get(predictions)).toString());
}

export function summaryOf(split: EvaluatedSplit, { metrics }: Assessment): ModelSummary {
  if (!("accuracy" in metrics)) return { split, ...metrics };
  const { examples, accuracy, macroF1, crossEntropy, calibrationError, areaUnderCurve } = metrics;
  const area = areaUnderCurve && { areaUnderCurve };
  return { split, examples, accuracy, macroF1, crossEntropy, calibrationError, ...area };
}

function toEvaluation(row: TrainTables["evaluations"]): Evaluation {
  return {
    id: row.id,
    model: row.model,
    datasetVersion: row.dataset_version,
    split: row.split,
    ...({
      metrics: JSON.parse(row.metrics),
      baselines: JSON.parse(row.baselines),
      slices: JSON.parse(row.slices),
    } as Assessment),
    predictions: row.predictions,
    createdAtMs: row.created_at_ms,
  };
}
