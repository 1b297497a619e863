import type { Estimate } from "../models/index.ts";
import { wilson } from "./distributions.ts";
import { type ScoredExamples, answersOf } from "./scored.ts";

/** Answers whose probability lies between two bounds: calibrated when accuracy is about the mean probability. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly examples: number;
  /** Mean of the answers' probabilities. */
  readonly confidence: number;
  readonly accuracy: Estimate;
}

type Answers = Omit<ScoredExamples, "keys">;

const binsShown = 10;
const binsMeasured = 15;

/** Ten bins of equal width; empty ones are left out. */
export function reliabilityOf(scored: Answers): ReliabilityBin[] {
  const { right, confidences } = topAnswers(scored);
  return Array.from({ length: binsShown }, (_, bin) => {
    const members = confidences.flatMap((p, i) => (binOf(p, binsShown) === bin ? [i] : []));
    const hits = members.filter((i) => right[i]).length;
    return {
      from: bin / binsShown,
      to: (bin + 1) / binsShown,
      examples: members.length,
      confidence: members.reduce((sum, i) => sum + (confidences[i] ?? 0), 0) / Math.max(1, members.length),
      accuracy: wilson(hits, members.length),
    };
  }).filter(({ examples }) => examples > 0);
}

/**
 * The expected calibration error that the answers would have without their temperature T. Their probabilities are
 * softmax(z / T), so that the logits are T ln p up to a constant.
 */
export function calibrationErrorBefore(scored: Answers, temperature: number): number {
  const { labels, truth } = scored;
  const width = labels.length;
  const probabilities = new Float32Array(scored.probabilities.length);
  for (let i = 0; i < truth.length; i++) {
    const logits = Array.from(
      scored.probabilities.subarray(i * width, (i + 1) * width),
      (p) => temperature * Math.log(Math.max(p, 1e-30)),
    );
    const highest = Math.max(...logits);
    const powers = logits.map((logit) => Math.exp(logit - highest));
    const sum = powers.reduce((total, power) => total + power, 0);
    probabilities.set(
      powers.map((power) => power / sum),
      i * width,
    );
  }
  const { right, confidences } = topAnswers({ labels, truth, probabilities });
  const gaps = new Float64Array(binsMeasured);
  for (const [i, p] of confidences.entries()) {
    const bin = binOf(p, binsMeasured);
    gaps[bin] = (gaps[bin] ?? 0) + p - (right[i] === true ? 1 : 0);
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / truth.length;
}

const binOf = (p: number, bins: number): number => Math.min(bins - 1, Math.floor(p * bins));

/** Whether each example is answered rightly, and with what probability. */
export function topAnswers(scored: Answers): {
  readonly right: readonly boolean[];
  readonly confidences: readonly number[];
} {
  const { labels, truth, probabilities } = scored;
  const answers = answersOf(scored);
  return {
    right: Array.from(truth, (label, i) => label === answers[i]),
    confidences: Array.from(answers, (answer, i) => probabilities[i * labels.length + answer] ?? 0),
  };
}
