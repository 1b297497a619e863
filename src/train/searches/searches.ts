import { type Dataset, type DatasetVersion, findDataset, findVersion } from "../../data/index.ts";
import { Refusal, notFound } from "../../kernel/errors.ts";
import { type Id, newId } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import type { Page, Task } from "../../models/index.ts";
import { type Queries, type Store, cancelJob, enqueueJob, getJob } from "../../store/index.ts";
import type { Recipe } from "../architectures/index.ts";
import { recipeFor, refuseMisfit } from "../fits.ts";
import { hasEnded } from "../jobs.ts";
import { parseRecipe } from "../recipe.ts";
import { getRecipe, recipes } from "../recipes.ts";
import { requireSeedAndName } from "../runs.ts";
import type { TrainTables } from "../tables.ts";
import { type WatchOptions, watch } from "../watch.ts";
import { requireEncoder } from "../work-encoder.ts";
import { type Search, type SearchSpec, toSearch } from "./search.ts";
import type { EndedTrial, Trial, TrialOutcome } from "./trial.ts";

/** The kind of job that a search is. */
export const searchJobKind = "train.search";

/** What is looked for; what is left out has a default. */
export type SearchWanted =
  | { readonly kind: "cross-validation"; readonly recipe: Recipe; readonly folds?: number }
  | { readonly kind: "learning-curve"; readonly recipe: Recipe }
  | { readonly kind: "hyperparameters"; readonly recipe: Recipe; readonly minutes?: number }
  | { readonly kind: "recipe-choice"; readonly minutes?: number; readonly folds?: number };

export interface NewSearch {
  readonly datasetVersion: Id<"datasetVersion">;
  readonly wanted: SearchWanted;
  /** Same seed, version and spec: same examples in the same folds. */
  readonly seed: number;
  /** Whether the recipe it ends with becomes a run; only of hyperparameters and recipe choices. */
  readonly trains?: boolean;
  /** Of that run and its model. */
  readonly runName?: string;
  readonly nowMs: number;
}

const defaults = { folds: 5, choiceFolds: 3, minutes: 10 };

/** Puts a search and its job into the queue, both or neither. */
export async function startSearch(store: Store, wanted: NewSearch): Promise<Search> {
  const { seed, trains = false, runName, nowMs } = wanted;
  requireSeedAndName(seed, runName ?? wanted.wanted.kind);
  const version = await findVersion(store, wanted.datasetVersion);
  const dataset = await findDataset(store, version.datasetId);
  const spec = specOf(wanted.wanted, dataset, version);
  if ("recipe" in spec) {
    refuseMisfit(spec.recipe.task, dataset);
    await requireEncoder(store, spec.recipe);
  }
  if (trains && spec.kind !== "hyperparameters" && spec.kind !== "recipe-choice") {
    throw new Refusal("invalid_request", `A ${spec.kind} chooses no recipe that could be trained.`, { param: "train" });
  }
  return store.transaction(async (tx) => {
    const id = newId("search", nowMs);
    const attemptsMax = limits.searchAttemptsMax;
    const job = await enqueueJob(tx, { kind: searchJobKind, payload: { search: id }, nowMs, attemptsMax });
    const row: TrainTables["searches"] = {
      id,
      kind: spec.kind,
      dataset_version: version.id,
      spec: JSON.stringify(spec),
      seed,
      trains: trains ? 1 : 0,
      run_name: runName ?? null,
      job,
      outcome: null,
      run: null,
      created_at_ms: nowMs,
    };
    await tx.as<TrainTables>().insertInto("searches").values(row).execute();
    return getSearch(tx, id);
  });
}

function specOf(wanted: SearchWanted, dataset: Dataset, version: DatasetVersion): SearchSpec {
  switch (wanted.kind) {
    case "cross-validation": {
      const { kind, recipe, folds = defaults.folds } = wanted;
      return { kind, recipe: usable(recipe), folds: within("folds", folds, 2, limits.searchFoldsMax) };
    }
    case "learning-curve":
      return { kind: wanted.kind, recipe: usable(wanted.recipe) };
    case "hyperparameters":
      return { kind: wanted.kind, recipe: usable(wanted.recipe), minutes: minutesOf(wanted.minutes) };
    case "recipe-choice": {
      const { kind, folds = defaults.choiceFolds } = wanted;
      const candidates = recipes.map(({ recipe }) => recipe).filter(({ task }) => task === taskOf(dataset, version));
      if (candidates.length === 0) {
        throw new Refusal("invalid_data", `No recipe takes what the dataset "${dataset.name}" holds.`, {
          hint: "See what there is: millrace recipe list",
        });
      }
      const minutes = minutesOf(wanted.minutes);
      return { kind, candidates, folds: within("folds", folds, 2, limits.searchFoldsMax), minutes };
    }
  }
}

/** What a model of this dataset would do; text without labels is continued. */
function taskOf(dataset: Dataset, { labels }: DatasetVersion): Task {
  return dataset.kind === "text" && labels.length === 0 ? "language-model" : getRecipe(recipeFor(dataset)).recipe.task;
}

function usable(given: Recipe): Recipe {
  const recipe = parseRecipe(given);
  if (recipe.fire_drill === null) return recipe;
  throw new Refusal("invalid_request", "A search does not damage its training on purpose.", {
    param: "recipe.fire_drill",
  });
}

const minutesOf = (minutes = defaults.minutes): number => within("minutes", minutes, 0.01, limits.searchMinutesMax);

function within(param: string, value: number, min: number, max: number): number {
  if (value >= min && value <= max && (param === "minutes" || Number.isInteger(value))) return value;
  throw new Refusal("invalid_request", `A search has ${min} to ${max} ${param}, not ${value}.`, { param });
}

export async function getSearch(db: Queries, id: string): Promise<Search> {
  const row = await searchRow(db, id);
  return toSearch(row, await getJob(db, row.job));
}

export async function searchRow(db: Queries, id: string): Promise<TrainTables["searches"]> {
  const row = await db
    .as<TrainTables>()
    .selectFrom("searches")
    .selectAll()
    .where("id", "=", id as Id<"search">)
    .executeTakeFirst();
  if (!row) throw notFound("search", id);
  return row;
}

/** Newest first. */
export async function listSearches(db: Queries, { limit = limits.listDefault, before }: Page = {}): Promise<Search[]> {
  let query = db.as<TrainTables>().selectFrom("searches").selectAll().orderBy("id", "desc").limit(limit);
  if (before !== undefined) query = query.where("id", "<", before as Id<"search">);
  const searches: Search[] = [];
  for (const row of await query.execute()) searches.push(toSearch(row, await getJob(db, row.job)));
  return searches;
}

/** The trials that have ended, in order. */
export async function listTrials(db: Queries, search: Id<"search">): Promise<EndedTrial[]> {
  const rows = await db
    .as<TrainTables>()
    .selectFrom("search_trials")
    .selectAll()
    .where("search", "=", search)
    .orderBy("number")
    .execute();
  return rows.map(({ number, trial, outcome }) => ({
    ...(JSON.parse(trial) as Trial),
    number,
    outcome: JSON.parse(outcome) as TrialOutcome,
  }));
}

/** A queued search ends at once, one that trains within a second or two; one that has ended stays as it is. */
export async function cancelSearch(store: Queries, id: string, nowMs: number): Promise<Search> {
  const { job } = await searchRow(store, id);
  await cancelJob(store, job, nowMs);
  return getSearch(store, id);
}

/** Follows a search until it has ended, from any process. Refuses with `cancelled` when the watching is aborted. */
export function watchSearch(db: Queries, id: string, options: WatchOptions<Search>): Promise<Search> {
  const cancelled = `Nobody watches search ${id} any more; the search itself goes on.`;
  return watch(() => getSearch(db, id), hasEnded, cancelled, options);
}
