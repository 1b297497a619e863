import type { Objective } from "./objective.ts";
import type { Report } from "./stepper.ts";

/** Means of the loss and the objective's metrics, weighted by sample weights. */
export interface Means {
  readonly loss: number;
  readonly [metric: string]: number;
}

/** One epoch of a run. */
export interface EpochCurve {
  /** From 1. */
  readonly epoch: number;
  /** Of the epoch's last step. */
  readonly learningRate: number;
  /** Measured while the parameters change, with dropout and label smoothing. */
  readonly train: Means;
  readonly validation?: Means;
}

/** Weighted sums that become means; plain data, so a checkpoint can hold them. */
export interface Sums {
  readonly weight: number;
  readonly totals: { readonly [name: string]: number };
}

export const noSums: Sums = { weight: 0, totals: {} };

export function addReport(sums: Sums, { loss, weight, metrics }: Report): Sums {
  const totals = { ...sums.totals };
  for (const [name, mean] of Object.entries({ loss, ...metrics })) totals[name] = (totals[name] ?? 0) + mean * weight;
  return { weight: sums.weight + weight, totals };
}

/** With what the objective derives from them. */
export function meansOf({ weight, totals }: Sums, objective: Pick<Objective, "derive">): Means {
  const entries = Object.entries(totals).map(([name, total]) => [name, total / weight]);
  const means: Means = { loss: Number.NaN, ...Object.fromEntries(entries) };
  return { ...means, ...objective.derive?.(means) };
}
