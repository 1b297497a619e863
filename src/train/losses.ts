import { Refusal } from "../kernel/errors.ts";
import type { Estimate, Figure } from "../models/index.ts";
import { bootstrap } from "./bootstrap.ts";

/**
 * What each example of a split cost a model that does not answer with labels: squared errors of a regression, nats of a
 * language model. Enough to compare two models on the same examples.
 */
export interface ScoredLosses {
  /** What is lost by what: "squared error", "nats per word". */
  readonly measure: string;
  /** Example ids, by which two models' losses are paired. */
  readonly keys: readonly string[];
  readonly losses: Float64Array;
  /** What a loss is divided by: 1 for each example, or its words. */
  readonly units: Float64Array;
}

/** Two models on the same examples by a loss: facts for a judge, no decision. */
export interface LossComparison {
  readonly measure: string;
  readonly n: number;
  readonly lossA: number;
  readonly lossB: number;
  /** Mean loss of b minus that of a with its paired bootstrap interval: negative is better. */
  readonly difference: Estimate;
  /** Examples that only one of them has, left out. */
  readonly unpaired: number;
}

export function compareLosses(
  a: ScoredLosses,
  b: ScoredLosses,
  options: { readonly seed: number | string },
): LossComparison {
  const places = new Map(a.keys.map((key, i) => [key, i]));
  const pairs = b.keys.flatMap((key, j) => {
    const i = places.get(key);
    return i === undefined ? [] : [[i, j] as const];
  });
  if (pairs.length === 0 || a.measure !== b.measure) {
    throw new Refusal("conflict", "The two models were not evaluated on any common example by the same measure.", {
      hint: "Evaluate both on the test split of the same dataset version.",
    });
  }
  const column = (values: Float64Array, side: 0 | 1): Float64Array =>
    Float64Array.from(pairs, (pair) => values[pair[side]] as number);
  const [lossA, lossB] = [column(a.losses, 0), column(b.losses, 1)];
  const units = column(b.units, 1);
  const figures = (draw: Uint16Array): Float64Array => {
    const [total, sumA, sumB] = [weigh(draw, units), weigh(draw, lossA), weigh(draw, lossB)];
    return Float64Array.of((sumB - sumA) / total);
  };
  const [difference] = bootstrap(pairs.length, figures, options) as [Estimate];
  const once = new Uint16Array(pairs.length).fill(1);
  return {
    measure: a.measure,
    n: pairs.length,
    lossA: weigh(once, lossA) / weigh(once, units),
    lossB: weigh(once, lossB) / weigh(once, units),
    difference,
    unpaired: a.keys.length + b.keys.length - 2 * pairs.length,
  };
}

/** Σ draw · values */
function weigh(draw: Uint16Array, values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < draw.length; i++) sum += (draw[i] as number) * (values[i] as number);
  return sum;
}

/** Root mean squared error, mean absolute error and R² of predicted numbers, with bootstrap intervals. */
export function measureValues(truth: Float64Array, values: Float64Array, seed: string): Figure[] {
  const mean = truth.reduce((sum, y) => sum + y, 0) / truth.length;
  const squared = values.map((value, i) => (value - (truth[i] as number)) ** 2);
  const absolute = values.map((value, i) => Math.abs(value - (truth[i] as number)));
  const spread = truth.map((y) => (y - mean) ** 2);
  const figures = (draw: Uint16Array): Float64Array => {
    const total = weigh(draw, squared);
    return Float64Array.of(
      Math.sqrt(total / truth.length),
      weigh(draw, absolute) / truth.length,
      1 - total / weigh(draw, spread), // R²; spread around the mean of all, not of the draw
    );
  };
  const [rmse, mae, determination] = bootstrap(truth.length, figures, { seed }) as [Estimate, Estimate, Estimate];
  return [
    { name: "RMSE", estimate: rmse, better: "lower" },
    { name: "MAE", estimate: mae, better: "lower" },
    { name: "R²", estimate: determination, better: "higher" },
  ];
}
