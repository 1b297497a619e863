import type { Sha256 } from "../kernel/hash.ts";
import type { Id } from "../kernel/ids.ts";
import type { EvaluatedSplit } from "./evaluation.ts";

export interface TrainTables {
  label_audits: {
    version: Id<"datasetVersion">;
    examined: number;
    /** JSON: LabelDoubt[] */
    found: string;
    created_at_ms: number;
  };
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
  searches: {
    id: Id<"search">;
    kind: string;
    dataset_version: Id<"datasetVersion">;
    /** JSON: SearchSpec */
    spec: string;
    seed: number;
    /** 1 when its best recipe becomes a run. */
    trains: number;
    run_name: string | null;
    job: Id<"job">;
    /** JSON: SearchOutcome; set when the search is done. */
    outcome: string | null;
    run: Id<"run"> | null;
    created_at_ms: number;
  };
  search_trials: {
    search: Id<"search">;
    number: number;
    /** JSON: Trial */
    trial: string;
    /** JSON: TrialOutcome */
    outcome: string;
  };
}
