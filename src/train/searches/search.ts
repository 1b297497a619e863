import type { Id } from "../../kernel/ids.ts";
import type { Job } from "../../store/index.ts";
import { standingOf } from "../jobs.ts";
import type { TrainTables } from "../tables.ts";
import type { CrossValidationOutcome, CrossValidationSpec } from "./cross-validation.ts";
import type { HyperparametersOutcome, HyperparametersSpec } from "./halving.ts";
import type { LearningCurveOutcome, LearningCurveSpec } from "./learning-curve.ts";
import type { RecipeChoiceOutcome, RecipeChoiceSpec } from "./recipe-choice.ts";

export type SearchSpec = CrossValidationSpec | LearningCurveSpec | HyperparametersSpec | RecipeChoiceSpec;
export type SearchOutcome =
  | CrossValidationOutcome
  | LearningCurveOutcome
  | HyperparametersOutcome
  | RecipeChoiceOutcome;

export interface SearchProgress {
  /** The trial under way, from 1. */
  readonly trial: number;
  /** What it does, in a few words. */
  readonly doing: string;
  /** Of the whole search, 0 to 1. */
  readonly share: number;
  readonly etaMs: number | null;
}

export interface SearchFacts {
  readonly id: Id<"search">;
  readonly datasetVersion: Id<"datasetVersion">;
  readonly spec: SearchSpec;
  readonly seed: number;
  /** Whether the recipe it ends with becomes a run. */
  readonly trains: boolean;
  readonly job: Id<"job">;
  readonly createdAtMs: number;
  readonly finishedAtMs: number | null;
}

/** Trainings that look for something before a model is made. They read the train and validation splits, never the test. */
export type Search = SearchFacts &
  (
    | { readonly state: "queued" }
    | { readonly state: "searching"; readonly progress: SearchProgress | null }
    | { readonly state: "done"; readonly outcome: SearchOutcome; readonly run: Id<"run"> | null }
    | { readonly state: "failed"; readonly reason: string }
    | { readonly state: "cancelled" }
  );

/** As with runs: the row knows the outcome, the job who works on it and why it failed. */
export function toSearch(row: TrainTables["searches"], job: Job): Search {
  const facts: SearchFacts = {
    id: row.id,
    datasetVersion: row.dataset_version,
    spec: JSON.parse(row.spec) as SearchSpec,
    seed: row.seed,
    trains: row.trains === 1,
    job: row.job,
    createdAtMs: row.created_at_ms,
    finishedAtMs: job.finishedAtMs,
  };
  if (row.outcome !== null) {
    return { ...facts, state: "done", outcome: JSON.parse(row.outcome) as SearchOutcome, run: row.run };
  }
  return { ...facts, ...standingOf<"searching", SearchProgress>(job, "searching") };
}
