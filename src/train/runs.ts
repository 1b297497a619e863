import { Refusal, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Page, getModel } from "../models/index.ts";
import { findDataset, findVersion } from "../data/index.ts";
import { type Queries, type Store, cancelJob, enqueueJob, getJob } from "../store/index.ts";
import { refuseMisfit } from "./fits.ts";
import { hasEnded } from "./jobs.ts";
import { type Recipe, parseRecipe, recipeDigest } from "./recipe.ts";
import { type Run, toRun } from "./run.ts";
import type { TrainTables } from "./tables.ts";
import { requireEncoder } from "./work-encoder.ts";
import { type WatchOptions, watch } from "./watch.ts";

/** The kind of job that a run is. */
export const trainJobKind = "train.run";

export interface NewRun {
  readonly datasetVersion: Id<"datasetVersion">;
  readonly recipe: Recipe;
  /** Same seed, version and recipe: same model. */
  readonly seed: number;
  /** Of the run and its model; default the recipe's. */
  readonly name?: string;
  readonly parent?: Id<"model">;
  readonly nowMs: number;
}

/** Puts a run and its job into the queue, both or neither. */
export async function startRun(store: Store, wanted: NewRun): Promise<Run> {
  return store.transaction((tx) => startRunIn(tx, wanted));
}

/** The same within the caller's transaction. */
export async function startRunIn(tx: Queries, wanted: NewRun): Promise<Run> {
  const { seed, parent, nowMs } = wanted;
  const recipe = parseRecipe(wanted.recipe);
  const name = wanted.name ?? recipe.name;
  requireSeedAndName(seed, name);
  await requireEncoder(tx, recipe);
  const version = await findVersion(tx, wanted.datasetVersion);
  refuseMisfit(recipe.task, await findDataset(tx, version.datasetId));
  if (parent !== undefined) await getModel(tx, parent);
  const id = newId("run", nowMs);
  const job = await enqueueJob(tx, { kind: trainJobKind, payload: { run: id }, nowMs });
  await tx
    .as<TrainTables>()
    .insertInto("runs")
    .values({
      id,
      name,
      dataset_version: version.id,
      recipe: JSON.stringify(recipe),
      recipe_digest: recipeDigest(recipe),
      seed,
      parent: parent ?? null,
      job,
      model: null,
      evaluation: null,
      curves: null,
      took_ms: null,
      created_at_ms: nowMs,
    })
    .execute();
  return getRun(tx, id);
}

/** Refuses what no run can have (`invalid_request`). */
export function requireSeedAndName(seed: number, name: string): void {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new Refusal("invalid_request", "A seed is a whole number from 0.", { param: "seed" });
  }
  if (name.trim() === "" || name.length > limits.nameCharsMax) {
    throw new Refusal("invalid_request", `A run's name has 1 to ${limits.nameCharsMax} characters.`, { param: "name" });
  }
}

export async function getRun(db: Queries, id: string): Promise<Run> {
  const row = await db
    .as<TrainTables>()
    .selectFrom("runs")
    .selectAll()
    .where("id", "=", id as Id<"run">)
    .executeTakeFirst();
  if (!row) throw notFound("run", id);
  return toRun(row, await getJob(db, row.job));
}

/** Newest first. */
export async function listRuns(db: Queries, { limit = limits.listDefault, before }: Page = {}): Promise<Run[]> {
  let query = db.as<TrainTables>().selectFrom("runs").selectAll().orderBy("id", "desc").limit(limit);
  if (before !== undefined) query = query.where("id", "<", before as Id<"run">);
  const runs: Run[] = [];
  for (const row of await query.execute()) runs.push(toRun(row, await getJob(db, row.job)));
  return runs;
}

/** A queued run ends at once, one that trains within a second or two; one that has ended stays as it is. */
export async function cancelRun(store: Queries, id: string, nowMs: number): Promise<Run> {
  const { job } = await getRun(store, id);
  await cancelJob(store, job, nowMs);
  return getRun(store, id);
}

/** Follows a run until it has ended, from any process. Refuses with `cancelled` when the watching is aborted. */
export function watchRun(db: Queries, id: string, options: WatchOptions<Run>): Promise<Run> {
  return watch(() => getRun(db, id), hasEnded, `Nobody watches run ${id} any more; the run itself goes on.`, options);
}
