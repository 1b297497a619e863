import type { Sha256 } from "../kernel/hash.ts";
import type { Id } from "../kernel/ids.ts";
import type { EvaluatedSplit } from "./evaluation.ts";

export interface TrainTables {
  runs: {
    id: Id<"run">;
    name: string;
    dataset_version: Id<"datasetVersion">;
    /** JSON: Recipe */
    recipe: string;
    recipe_digest: Sha256;
    seed: number;
    parent: Id<"model"> | null;
    job: Id<"job">;
    /** Set when the run is done. */
    model: Id<"model"> | null;
    evaluation: Id<"evaluation"> | null;
    /** JSON: CurvePoint[] */
    curves: string | null;
    took_ms: number | null;
    created_at_ms: number;
  };
  evaluations: {
    id: Id<"evaluation">;
    model: Id<"model">;
    dataset_version: Id<"datasetVersion">;
    split: EvaluatedSplit;
    /** JSON: Metrics */
    metrics: string;
    /** JSON: Baseline[] */
    baselines: string;
    /** JSON: Slice[] */
    slices: string;
    /** The blob of the answers to every example. */
    predictions: Sha256;
    created_at_ms: number;
  };
}
