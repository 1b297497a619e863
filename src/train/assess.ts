import type { Decision, Estimate, Figure, Task } from "../models/index.ts";
import { type BaselineName, baselineMethods } from "./baselines.ts";
import { calibrationErrorBefore, reliabilityOf } from "./calibration.ts";
import { type Metrics, measure } from "./metrics.ts";
import { measureRefusal } from "./refusing.ts";
import type { ScoredExamples } from "./scored.ts";
import { type Slice, slicesOf } from "./slices.ts";

/** A simple method on the same training examples and the same evaluated split. */
export interface Baseline {
  readonly name: BaselineName;
  readonly accuracy: Estimate;
  readonly macroF1: Estimate;
  readonly crossEntropy: Estimate;
  /** Of two classes. */
  readonly areaUnderCurve?: Estimate;
}

/** Everything that is told of a model on a split: of a classifier, or of a model with other figures. */
export type Assessment = ClassifierAssessment | FigureAssessment;

export interface FigureMetrics {
  readonly examples: number;
  /** The main one first. */
  readonly figures: readonly Figure[];
}

export interface FigureBaseline {
  readonly name: string;
  readonly figures: readonly Figure[];
}

export interface FigureAssessment {
  readonly metrics: FigureMetrics;
  readonly baselines: readonly FigureBaseline[];
  readonly slices: readonly [];
}

export function isClassifierAssessment<A extends Assessment>(
  assessment: A,
): assessment is Extract<A, ClassifierAssessment> {
  return "accuracy" in assessment.metrics;
}

export interface ClassifierAssessment {
  readonly metrics: Metrics;
  readonly baselines: readonly Baseline[];
  readonly slices: readonly Slice[];
}

/** Inputs with the indices of their labels. */
export interface LabelledInputs {
  readonly inputs: readonly string[];
  readonly labels: Int32Array;
}

/** The same resamples for every model, so that intervals differ by the models and not by the draw. */
const bootstrapSeed = "assessment";

export interface AssessedModel {
  readonly task: Task;
  /** Of a model that may refuse. */
  readonly decision?: Decision | undefined;
  /** By which its logits were divided, where that is known. */
  readonly temperature?: number | undefined;
}

export function assess(
  scored: ScoredExamples,
  inputs: readonly string[],
  baselines: readonly Baseline[],
  { task, decision, temperature = 1 }: AssessedModel,
): ClassifierAssessment {
  const before = temperature === 1 ? {} : { calibrationErrorBefore: calibrationErrorBefore(scored, temperature) };
  return {
    metrics: {
      ...measure(scored, { seed: bootstrapSeed }),
      ...before,
      reliability: reliabilityOf(scored),
      ...(decision ? { refusal: measureRefusal(scored, decision) } : {}),
    },
    baselines,
    slices: slicesOf(scored, inputs, task),
  };
}

/** Trains a task's baselines; what comes back measures them on a split. Labels are indices into `labels` in both. */
export function fitBaselines(
  task: Task,
  labels: readonly string[],
  train: LabelledInputs,
): (evaluated: LabelledInputs) => Baseline[] {
  const methods = (baselineMethods[task] ?? []).map(({ name, fit }) => {
    return { name, score: fit(train.inputs, train.labels, labels.length) };
  });
  return (evaluated) =>
    methods.map(({ name, score }): Baseline => {
      const scored = { labels, truth: evaluated.labels, probabilities: score(evaluated.inputs) };
      const { accuracy, macroF1, crossEntropy, areaUnderCurve } = measure(scored, { seed: bootstrapSeed });
      return { name, accuracy, macroF1, crossEntropy, ...(areaUnderCurve && { areaUnderCurve }) };
    });
}
