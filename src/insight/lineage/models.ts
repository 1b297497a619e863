import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import type { ModelTables } from "../../models/index.ts";
import type { ServeTables } from "../../serve/index.ts";
import type { Queries } from "../../store/index.ts";
import type { TrainTables } from "../../train/index.ts";
import type { Lineage } from "./graph.ts";

export interface LearnedModel {
  readonly id: Id<"model">;
  readonly name: string;
  readonly task: string;
  readonly run: Id<"run"> | null;
  readonly version: Id<"datasetVersion"> | null;
  readonly parent: Id<"model"> | null;
  readonly createdAtMs: number;
}

/** Models that learned from these versions, the newest first, and those that are named. */
export async function modelsOf(
  db: Queries,
  versions: readonly Id<"datasetVersion">[],
  named: readonly string[],
): Promise<LearnedModel[]> {
  if (versions.length + named.length === 0) return [];
  const rows = await db
    .as<ModelTables>()
    .selectFrom("models")
    .select(["id", "name", "task", "run", "dataset_version", "parent", "created_at_ms"])
    .where((where) =>
      where.or([
        ...(versions.length > 0 ? [where("dataset_version", "in", versions)] : []),
        ...(named.length > 0 ? [where("id", "in", named as readonly Id<"model">[])] : []),
      ]),
    )
    .orderBy("id", "desc")
    .limit(limits.lineageModelsMax)
    .execute();
  return rows.map(({ dataset_version: version, created_at_ms: createdAtMs, ...row }) => ({
    ...row,
    version,
    createdAtMs,
  }));
}

/** The runs that made these models: those that made none are no part of where anything comes from. */
export async function runsOf(db: Queries, models: readonly LearnedModel[]): Promise<Lineage> {
  const ids = [...new Set(models.flatMap(({ run }) => run ?? []))];
  if (ids.length === 0) return { nodes: [], edges: [] };
  const rows = await db
    .as<TrainTables>()
    .selectFrom("runs")
    .select(["id", "name", "dataset_version", "created_at_ms"])
    .where("id", "in", ids)
    .execute();
  return {
    nodes: rows.map(({ id, name, dataset_version: version, created_at_ms: atMs }) => ({
      id,
      kind: "run",
      name,
      detail: "",
      examples: null,
      version,
      object: id,
      atMs,
    })),
    edges: rows.map(({ id, dataset_version: from }) => ({ from, to: id })),
  };
}

/** Where a model stands or stood: once for each endpoint, as its last release there. */
export async function releasesOf(db: Queries, models: readonly LearnedModel[]): Promise<Lineage> {
  if (models.length === 0) return { nodes: [], edges: [] };
  const versionOf = new Map(models.map(({ id, version }) => [id, version]));
  const rows = await db
    .as<ServeTables>()
    .selectFrom("releases")
    .innerJoin("endpoints", "endpoints.id", "releases.endpoint")
    .select(["endpoints.name", "model", "role", "retired_at_ms", "deployed_at_ms"])
    .where("model", "in", [...versionOf.keys()])
    .orderBy("releases.id", "desc")
    .limit(limits.lineageReleasesMax)
    .execute();
  const last = new Map(rows.toReversed().map((row) => [releaseNode(row.name, row.model), row]));
  return {
    nodes: [...last].map(([id, { name, model, role, retired_at_ms: retired, deployed_at_ms: atMs }]) => ({
      id,
      kind: "release",
      name,
      detail: retired === null ? role : "retired",
      examples: null,
      version: versionOf.get(model) ?? null,
      object: name,
      atMs,
    })),
    edges: [...last].map(([to, { model }]) => ({ from: model, to })),
  };
}

/** One node for a model at an endpoint: then what came of its answers never runs in a circle. */
export const releaseNode = (endpoint: string, model: string): string => `${endpoint}/${model}`;
