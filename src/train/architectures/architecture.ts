import type { Clock } from "../../kernel/clock.ts";
import type { Computation, Encoder } from "../../models/index.ts";
import type { CheckpointStore, EpochCurve, FitProgress } from "../../tensor/index.ts";
import type { WorkExamples } from "../work-folder.ts";
import type { Dimension } from "./space.ts";

/** What an architecture trains from. Test examples are not in it. */
export interface TrainingInput<R> {
  readonly recipe: R;
  readonly train: WorkExamples;
  readonly validation: WorkExamples;
  /** Of a classifier, in the order of its answers; else none. */
  readonly labels: readonly string[];
  /** Of a recipe that names one. */
  readonly encoder?: Encoder;
  readonly seed: number;
  readonly threads: number;
  readonly clock: Clock;
  readonly checkpoint?: CheckpointStore;
  readonly onProgress?: (progress: FitProgress) => void;
}

export interface Trained {
  readonly computation: Computation;
  /** What the recipe's "auto" values came to, for the card; no secrets, no long lists. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly curves: readonly EpochCurve[];
  readonly bestEpoch: number;
  /** By which logits are divided; 1 where calibration is off or did not help. */
  readonly temperature: number;
  readonly parameters: number;
  /** One or two sentences for the card: what it is and how it works. */
  readonly description: string;
  /** What it cannot do, a sentence each. */
  readonly limits: readonly string[];
}

/** One way to make a model: the same input gives the same bytes, also when its checkpoint has to continue a killed run. */
export interface Architecture<R> {
  train(input: TrainingInput<R>): Promise<Trained>;
  /** What a search may change in a recipe; without it, fields whose names say what they are. */
  readonly space?: readonly Dimension[];
}
