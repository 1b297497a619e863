import type { Id } from "../kernel/ids.ts";
import type { Job } from "../store/index.ts";
import type { EpochCurve, FitProgress } from "../tensor/index.ts";
import { standingOf } from "./jobs.ts";
import type { Recipe } from "./recipe.ts";
import type { TrainTables } from "./tables.ts";

/** The loss of an epoch, and what else its objective measures, such as accuracy. */
export interface CurveFigures {
  readonly loss: number;
  readonly [metric: string]: number;
}

export interface CurvePoint {
  readonly epoch: number;
  readonly train: CurveFigures;
  readonly validation: CurveFigures | null;
}

export interface TrainingProgress {
  readonly phase: "preparing" | "training" | "evaluating";
  /** From 1; 0 before the first. */
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  /** Of the whole run, unless it stops early. */
  readonly steps: number | null;
  /** Of the last step. */
  readonly loss: number | null;
  readonly etaMs: number | null;
  readonly curves: readonly CurvePoint[];
}

export interface RunFacts {
  readonly id: Id<"run">;
  readonly name: string;
  readonly datasetVersion: Id<"datasetVersion">;
  readonly recipe: Recipe;
  readonly seed: number;
  /** The model that this one is meant to follow, if any. */
  readonly parent: Id<"model"> | null;
  readonly job: Id<"job">;
  readonly createdAtMs: number;
  readonly finishedAtMs: number | null;
}

/** One training of one recipe on one dataset version with one seed. */
export type Run = RunFacts &
  (
    | { readonly state: "queued" }
    | { readonly state: "training"; readonly progress: TrainingProgress | null }
    | {
        readonly state: "done";
        readonly model: Id<"model">;
        /** On the frozen test split. */
        readonly evaluation: Id<"evaluation">;
        readonly curves: readonly CurvePoint[];
        readonly tookMs: number;
      }
    | { readonly state: "failed"; readonly reason: string; readonly curves: readonly CurvePoint[] }
    | { readonly state: "cancelled"; readonly curves: readonly CurvePoint[] }
  );

/** A run is what its row and its job say: the row knows the outcome, the job who works on it and why it failed. */
export function toRun(row: TrainTables["runs"], job: Job): Run {
  const progress = job.progress as TrainingProgress | null;
  const facts: RunFacts = {
    id: row.id,
    name: row.name,
    datasetVersion: row.dataset_version,
    recipe: JSON.parse(row.recipe) as Recipe,
    seed: row.seed,
    parent: row.parent,
    job: row.job,
    createdAtMs: row.created_at_ms,
    finishedAtMs: job.finishedAtMs,
  };
  const curves = row.curves === null ? (progress?.curves ?? []) : (JSON.parse(row.curves) as CurvePoint[]);
  if (row.model !== null && row.evaluation !== null) {
    return { ...facts, state: "done", model: row.model, evaluation: row.evaluation, curves, tookMs: row.took_ms ?? 0 };
  }
  const standing = standingOf<"training", TrainingProgress>(job, "training");
  const isOver = standing.state === "failed" || standing.state === "cancelled";
  return isOver ? { ...facts, ...standing, curves } : { ...facts, ...standing };
}

export function toCurvePoints(curves: readonly EpochCurve[]): CurvePoint[] {
  return curves.map(({ epoch, train, validation }) => ({
    epoch,
    train,
    validation: validation ?? null,
  }));
}

/** What a fit tells, as a run tells it on. */
export function toTrainingProgress({ epoch, epochs, step, steps, loss, etaMs, curves }: FitProgress): TrainingProgress {
  const known = { steps: steps ?? null, etaMs: etaMs ?? null, curves: toCurvePoints(curves) };
  return { phase: "training", epoch, epochs, step, loss, ...known };
}
