import { invariant } from "../kernel/errors.ts";
import type { Estimate } from "../models/index.ts";
import { areaUnderCurve } from "./area-under-curve.ts";
import { type BootstrapOptions, bootstrap } from "./bootstrap.ts";
import type { ReliabilityBin } from "./calibration.ts";
import type { RefusalFigures } from "./refusing.ts";
import { type ScoredExamples, answersOf, lossesOf } from "./scored.ts";

export interface ClassMetrics {
  readonly label: string;
  /** Whose true label it is. */
  readonly examples: number;
  readonly precision: Estimate;
  readonly recall: Estimate;
  readonly f1: Estimate;
}

/** How good a model is on a split; every figure with its bootstrap interval. Macro figures are means over classes. */
export interface MeasuredFigures {
  readonly examples: number;
  readonly accuracy: Estimate;
  readonly macroPrecision: Estimate;
  readonly macroRecall: Estimate;
  readonly macroF1: Estimate;
  /** Mean -ln p of the true label, in nats. */
  readonly crossEntropy: Estimate;
  /** Expected calibration error over 15 bins of equal width of the answer's probability (Naeini et al. 2015). */
  readonly calibrationError: Estimate;
  /** Of two classes: how well the probabilities rank the examples, 0.5 by chance. */
  readonly areaUnderCurve?: Estimate;
  readonly classes: readonly ClassMetrics[];
  /** Rows are true labels, columns answers. */
  readonly confusion: readonly (readonly number[])[];
}

/** With what is told of its probabilities and its refusals. */
export interface Metrics extends MeasuredFigures {
  /** What the calibration error would be without the temperature; where one was fitted. */
  readonly calibrationErrorBefore?: number;
  /** How often answers of each probability are right; models that were evaluated by an early version lack it. */
  readonly reliability?: readonly ReliabilityBin[];
  /** Of a model that may refuse: how many it answers, and how well. The other figures are over all examples. */
  readonly refusal?: RefusalFigures;
}

const calibrationBins = 15;
const figuresBefore = 6; // the figures of the whole, before three of each class

export function measure(scored: Omit<ScoredExamples, "keys">, options: BootstrapOptions): MeasuredFigures {
  const { labels, truth } = scored;
  invariant(truth.length > 0, "there are examples to measure on");
  const answers = answersOf(scored);
  const present = labels.map((_, k) => truth.includes(k) || answers.includes(k));
  const figures = figuresOf(scored, answers, present);
  const estimates = bootstrap(truth.length, figures, options);
  const at = (i: number): Estimate => estimates[i] as Estimate;
  const area = areaUnderCurve(scored, options);
  const confusion = labels.map(() => labels.map(() => 0));
  for (const [i, label] of truth.entries()) {
    const row = confusion[label] as number[];
    const answer = answers[i] as number;
    row[answer] = (row[answer] as number) + 1;
  }
  return {
    examples: truth.length,
    accuracy: at(0),
    macroPrecision: at(1),
    macroRecall: at(2),
    macroF1: at(3),
    crossEntropy: at(4),
    calibrationError: at(5),
    ...(area && { areaUnderCurve: area }),
    classes: labels.map((label, k) => ({
      label,
      examples: (confusion[k] as number[]).reduce((sum, count) => sum + count, 0),
      precision: at(figuresBefore + 3 * k),
      recall: at(figuresBefore + 3 * k + 1),
      f1: at(figuresBefore + 3 * k + 2),
    })),
    confusion,
  };
}

/**
 * All figures of one resample in one pass over the examples and one over the classes. A class that nobody is in and
 * nobody is said to be in counts in no mean; a precision or recall over nothing is 0.
 */
function figuresOf(
  scored: Omit<ScoredExamples, "keys">,
  answers: Int32Array,
  present: readonly boolean[],
): (draw: Uint16Array) => Float64Array {
  const { labels, truth, probabilities } = scored;
  const classes = labels.length;
  const losses = lossesOf(scored);
  const confidences = Float64Array.from(answers, (answer, i) => probabilities[i * classes + answer] as number);
  const bins = Uint8Array.from(confidences, (p) => Math.min(calibrationBins - 1, Math.floor(p * calibrationBins)));
  const [hits, ofClass, saidClass] = [new Float64Array(classes), new Float64Array(classes), new Float64Array(classes)];
  const gaps = new Float64Array(calibrationBins); // sum of confidence minus right answers
  const out = new Float64Array(figuresBefore + 3 * classes);
  const counted = present.filter(Boolean).length;

  return (draw) => {
    for (const sums of [hits, ofClass, saidClass, gaps, out]) sums.fill(0);
    let [right, loss] = [0, 0];
    for (let i = 0; i < truth.length; i++) {
      const times = draw[i] as number;
      if (times === 0) continue;
      const [label, answer, bin] = [truth[i] as number, answers[i] as number, bins[i] as number];
      const isRight = label === answer ? 1 : 0;
      right += times * isRight;
      loss += times * (losses[i] as number);
      ofClass[label] = (ofClass[label] as number) + times;
      saidClass[answer] = (saidClass[answer] as number) + times;
      hits[label] = (hits[label] as number) + times * isRight;
      gaps[bin] = (gaps[bin] as number) + times * ((confidences[i] as number) - isRight);
    }
    out[0] = right / truth.length;
    out[4] = loss / truth.length;
    out[5] = gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / truth.length;
    for (let k = 0; k < classes; k++) {
      const hit = hits[k] as number;
      const precision = hit === 0 ? 0 : hit / (saidClass[k] as number);
      const recall = hit === 0 ? 0 : hit / (ofClass[k] as number);
      const f1 = hit === 0 ? 0 : (2 * precision * recall) / (precision + recall);
      out.set([precision, recall, f1], figuresBefore + 3 * k);
      out[1] = (out[1] as number) + precision / counted;
      out[2] = (out[2] as number) + recall / counted;
      out[3] = (out[3] as number) + f1 / counted;
    }
    return out;
  };
}
