import type { Sha256 } from "../../kernel/hash.ts";
import type { Recipe } from "../architectures/index.ts";

/** Which examples a trial trains on and is measured on. */
export type Part =
  /** Of train and validation together: all folds but one train, that one measures. */
  | { readonly kind: "fold"; readonly fold: number; readonly folds: number }
  /** A share of the training split; the validation split measures. Of one draw, shares are nested. */
  | { readonly kind: "share"; readonly share: number; readonly draw: number };

/** One training within a search: which recipe, on what, with which seed. */
export interface Trial {
  readonly recipe: Recipe;
  readonly part: Part;
  readonly seed: number;
}

/** The mean of what the measured examples were off by: lower is better, whatever the task. */
export interface Score {
  /** What is off by what: "error" is the share of wrong answers. */
  readonly measure: string;
  readonly error: number;
  /** Cross-entropy of a classifier, in nats; else the error once more. Decides between equal errors. */
  readonly loss: number;
  readonly examples: number;
  /** Examples that it was trained with. */
  readonly trained: number;
}

export type TrialOutcome =
  | (Score & {
      readonly is: "measured";
      /** The blob of every measured example's error and unit. */
      readonly errors: Sha256;
      readonly tookMs: number;
    })
  /** It would have taken longer than the search has. */
  | { readonly is: "stopped"; readonly tookMs: number; readonly wouldTakeMs: number; readonly leftMs: number }
  | { readonly is: "failed"; readonly tookMs: number; readonly reason: string };

/** A trial that has ended, by its place in the search from 0. */
export interface EndedTrial extends Trial {
  readonly number: number;
  readonly outcome: TrialOutcome;
}

export type MeasuredTrial = EndedTrial & { readonly outcome: Extract<TrialOutcome, { readonly is: "measured" }> };

export function isMeasured(trial: EndedTrial): trial is MeasuredTrial {
  return trial.outcome.is === "measured";
}

/** Better first: by error, then by loss. */
export function byScore(a: MeasuredTrial, b: MeasuredTrial): number {
  return a.outcome.error - b.outcome.error || a.outcome.loss - b.outcome.loss;
}

/** What every measured example was off by, and in what units: errors are divided by them. */
export interface ExampleErrors {
  readonly errors: Float64Array;
  readonly units: Float64Array;
}

export function encodeErrors({ errors, units }: ExampleErrors): Uint8Array {
  return Buffer.concat([bytes(errors), bytes(units)]);
}

export function decodeErrors(buffer: Uint8Array): ExampleErrors {
  const values = new Float64Array(Uint8Array.from(buffer).buffer);
  const n = values.length / 2;
  return { errors: values.subarray(0, n), units: values.subarray(n) };
}

const bytes = (values: Float64Array): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
