import type { Estimate, Task } from "../models/index.ts";
import { topAnswers } from "./calibration.ts";
import { wilson } from "./distributions.ts";
import { foundSlices } from "./found-slices.ts";
import type { ScoredExamples } from "./scored.ts";

/** How good a model is on a part of a split. */
export interface Slice {
  readonly name: string;
  readonly examples: number;
  readonly accuracy: Estimate;
  /** Mean probability of its answers: above the accuracy's interval, the model is too sure here. */
  readonly confidence?: number;
  /** Worse than the whole beyond chance. */
  readonly isWeak: boolean;
}

/** A part of a split: its name and the indices of its examples. */
export interface Members {
  readonly name: string;
  readonly members: readonly number[];
}

type Answers = Omit<ScoredExamples, "keys">;

/**
 * By true label, texts by length in four parts of equal size, and what is found beyond: words and columns that are more
 * frequent among errors than chance allows. Empty slices are left out.
 */
export function slicesOf(scored: Answers, inputs: readonly string[], task: Task): Slice[] {
  const { labels, truth } = scored;
  const { right, confidences } = topAnswers(scored);
  const rightShare = right.filter(Boolean).length / Math.max(1, right.length);
  const slice = ({ name, members }: Members, isFound: boolean): Slice => {
    const accuracy = wilson(members.filter((i) => right[i]).length, members.length);
    const confidence = members.reduce((sum, i) => sum + (confidences[i] ?? 0), 0) / Math.max(1, members.length);
    return { name, examples: members.length, accuracy, confidence, isWeak: isFound || accuracy.high < rightShare };
  };
  const all = Array.from(truth, (_, i) => i);
  const byLabel = labels.map((label, k) => ({
    name: `label ${label}`,
    members: all.filter((i) => truth[i] === k),
  }));
  const given = [...byLabel, ...(task === "text-classification" ? byLength(inputs) : [])];
  const found = foundSlices(task, inputs, right).map((one) => slice(one, true));
  return [...given.map((one) => slice(one, false)), ...found].filter(({ examples }) => examples > 0);
}

/** In four parts of equal size, by UTF-16 units. */
function byLength(inputs: readonly string[]): Members[] {
  const chars = inputs.map((input) => input.length);
  const [short, middle, long] = [0.25, 0.5, 0.75].map((share) => cut(chars, share)) as [number, number, number];
  const part = (name: string, above: number, upTo: number): Members => ({
    name,
    members: chars.flatMap((length, i) => (length > above && length <= upTo ? [i] : [])),
  });
  return [
    part(`up to ${short} characters`, -1, short),
    part(`${short + 1} to ${middle} characters`, short, middle),
    part(`${middle + 1} to ${long} characters`, middle, long),
    part(`over ${long} characters`, long, Number.POSITIVE_INFINITY),
  ];
}

/** The smallest length that at least this share of the texts does not exceed. */
function cut(chars: readonly number[], share: number): number {
  const sorted = Int32Array.from(chars).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
