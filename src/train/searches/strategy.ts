import type { PoolFacts } from "./pool.ts";
import type { EndedTrial, ExampleErrors, MeasuredTrial, Trial } from "./trial.ts";

/** What a search knows when it decides what to try next: all of it is stored, so that a killed search decides the same. */
export interface SearchSoFar {
  readonly seed: number;
  readonly facts: PoolFacts;
  /** In order. */
  readonly trials: readonly EndedTrial[];
}

export interface TimeLimit {
  readonly ms: number;
  /** How many trials like this one must fit into it, itself among them. */
  readonly trials: number;
}

export interface NextTrial extends Trial {
  /** Stops a trial that would take longer. */
  readonly limit: TimeLimit | null;
}

/** One kind of search. `next` and `share` are pure: the same trials give the same decision. */
export interface Strategy<Spec, Outcome> {
  /** Nothing when the search is done. */
  next(spec: Spec, soFar: SearchSoFar): NextTrial | null;
  /** How much of the work is done, 0 to 1. */
  share(spec: Spec, soFar: SearchSoFar): number;
  conclude(spec: Spec, soFar: SearchSoFar, errorsOf: ReadErrors): Promise<Outcome>;
}

export type ReadErrors = (trial: MeasuredTrial) => Promise<ExampleErrors>;

export const spentMs = (trials: readonly EndedTrial[]): number =>
  trials.reduce((sum, { outcome }) => sum + outcome.tookMs, 0);

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
