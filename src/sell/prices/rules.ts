import type { Nanos } from "../../kernel/money.ts";

/** One step of how an amount came about. The steps of a price sum to its total, to the nano. */
export interface PriceStep {
  readonly rule: "free" | "units" | "packages" | "percentage" | "flat" | "commitment" | "cap";
  /** How many units, or packages, the step is about. */
  readonly count: number;
  /** Per 1,000 units, per package, or of the whole step; null where there is none. */
  readonly rateNanos: Nanos | null;
  readonly amountNanos: Nanos;
}

/** What each kind of price must say. `inner` answers for the price that a wrapper stands around. */
export interface PriceRules<P> {
  /** What the first `units` units of a period cost, exactly, when the period closes. */
  total(price: P, units: number, inner: InnerRules): Nanos;
  /**
   * What is charged while the period runs: the largest amount that the usage of any number of units up to `units` costs.
   * It never falls as units grow, so holds and settlements are made of it; the close posts total − charged.
   */
  charged(price: P, units: number, inner: InnerRules): Nanos;
  /**
   * After how many units, at least `from`, what the next one is charged may change. Where it does so again and again, the
   * first time is enough.
   */
  turns(price: P, from: number, inner: InnerRules): readonly number[];
  /** Why this price cannot be charged exactly, in one sentence. */
  refusal(price: P, inner: InnerRules): string | undefined;
  /** How the total came about. */
  explain(price: P, units: number, inner: InnerRules): readonly PriceStep[];
}

/** The rules of any price, for wrappers: passed down, so that no kind knows the others. */
export interface InnerRules {
  total(price: unknown, units: number): Nanos;
  charged(price: unknown, units: number): Nanos;
  turns(price: unknown, from: number): readonly number[];
  refusal(price: unknown): string | undefined;
  explain(price: unknown, units: number): readonly PriceStep[];
}
