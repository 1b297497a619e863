import type { Estimate } from "../models/index.ts";

/** How good a model is on a part of a split. */
export interface Slice {
  readonly name: string;
  readonly examples: number;
  readonly accuracy: Estimate;
  /** The whole interval lies below the accuracy over all examples. */
  readonly isWeak: boolean;
}

export interface SliceInput {
  readonly labels: readonly string[];
  readonly truth: Int32Array;
  readonly answers: Int32Array;
  /** UTF-16 units of each text. */
  readonly chars: Int32Array;
}

/** By true label, and by length in four parts of equal size. Empty slices are left out. */
export function slicesOf({ labels, truth, answers, chars }: SliceInput): Slice[] {
  const all = Array.from(truth, (_, i) => i);
  const rightShare = all.filter((i) => truth[i] === answers[i]).length / Math.max(1, all.length);
  const slice = (name: string, members: readonly number[]): Slice => {
    const right = members.filter((i) => truth[i] === answers[i]).length;
    const accuracy = wilson(right, members.length);
    return { name, examples: members.length, accuracy, isWeak: accuracy.high < rightShare };
  };
  const [short, middle, long] = [0.25, 0.5, 0.75].map((share) => cut(chars, share)) as [number, number, number];
  const length = (i: number): number => chars[i] as number;
  return [
    ...labels.map((label, k) =>
      slice(
        `label ${label}`,
        all.filter((i) => truth[i] === k),
      ),
    ),
    slice(
      `up to ${short} characters`,
      all.filter((i) => length(i) <= short),
    ),
    slice(
      `${short + 1} to ${middle} characters`,
      all.filter((i) => length(i) > short && length(i) <= middle),
    ),
    slice(
      `${middle + 1} to ${long} characters`,
      all.filter((i) => length(i) > middle && length(i) <= long),
    ),
    slice(
      `over ${long} characters`,
      all.filter((i) => length(i) > long),
    ),
  ].filter(({ examples }) => examples > 0);
}

/** The smallest length that at least this share of the texts does not exceed. */
function cut(chars: Int32Array, share: number): number {
  const sorted = Int32Array.from(chars).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** A share with its 95 % score interval (Wilson 1927): sound for few examples and near 0 and 1. */
export function wilson(hits: number, n: number): Estimate {
  if (n === 0) return { value: 0, low: 0, high: 1 };
  const z = 1.959964;
  const p = hits / n;
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const reach = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return { value: p, low: Math.max(0, centre - reach), high: Math.min(1, centre + reach) };
}
