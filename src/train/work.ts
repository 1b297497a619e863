import path from "node:path";
import { systemClock } from "../kernel/clock.ts";
import { type Computation, type TextFeatures, openPredictor, textFeatures } from "../models/index.ts";
import { type EpochCurve, fileCheckpoint } from "../tensor/index.ts";
import { type Assessment, assess, measureBaselines } from "./assess.ts";
import type { Recipe } from "./recipe.ts";
import type { TrainingProgress } from "./run.ts";
import { toCurvePoints } from "./run.ts";
import { type ScoredExamples, encodeScored } from "./scored.ts";
import { type Settings, settle } from "./settle.ts";
import { trainClassifier } from "./train-classifier.ts";
import { type WorkExamples, readWork } from "./work-folder.ts";

/** What the child process is asked to do. Examples come by files in the folder. */
export type WorkInput = TrainInput | EvaluateInput;

export interface TrainInput {
  readonly kind: "train";
  readonly folder: string;
  readonly labels: readonly string[];
  readonly recipe: Recipe;
  readonly seed: number;
  readonly threads: number;
}

export interface EvaluateInput {
  readonly kind: "evaluate";
  readonly folder: string;
  readonly split: "train" | "validation" | "test";
  /** Labels of the files: the model's first, then those it does not know. */
  readonly labels: readonly string[];
  readonly model: Computation;
  readonly threads: number;
}

export interface EvaluatedWork extends Assessment {
  /** The blob of the answers to every example. */
  readonly predictions: string;
}

export interface TrainOutput {
  readonly kind: "train";
  readonly model: Computation;
  readonly settings: Settings;
  readonly curves: readonly EpochCurve[];
  readonly bestEpoch: number;
  readonly temperature: number;
  readonly parameters: number;
  readonly validation: EvaluatedWork;
  readonly test: EvaluatedWork;
}

export interface EvaluateOutput {
  readonly kind: "evaluate";
  readonly evaluated: EvaluatedWork;
}

export type WorkOutput = TrainOutput | EvaluateOutput;

/** More often than this nobody looks. */
const progressEveryMs = 100;

export async function trainWork(
  input: TrainInput,
  onProgress: (progress: TrainingProgress) => void,
): Promise<TrainOutput> {
  const { folder, labels, recipe, seed, threads } = input;
  const waiting = { epoch: 0, epochs: 0, step: 0, steps: null, loss: null, etaMs: null, curves: [] };
  onProgress({ ...waiting, phase: "preparing" });
  const train = await readWork(folder, "train");
  const validation = await readWork(folder, "validation");
  const test = await readWork(folder, "test");
  const settings = settle(recipe, {
    examples: train.texts.length,
    classes: labels.length,
    meanChars: train.texts.reduce((sum, text) => sum + text.length, 0) / train.texts.length,
  });
  const features = textFeatures(settings.preprocessing);
  let last: TrainingProgress = { ...waiting, phase: "training", epochs: settings.epochs };
  let toldAt = Number.NEGATIVE_INFINITY;
  const { onnx, preprocessing, ...trained } = await trainClassifier({
    train: prepare(train, features),
    validation: prepare(validation, features),
    labels,
    settings,
    fireDrill: recipe.fire_drill,
    seed,
    threads,
    clock: systemClock,
    checkpoint: fileCheckpoint(path.join(folder, "checkpoint")),
    onProgress({ epoch, epochs, step, steps = null, loss, etaMs = null, curves }) {
      last = { phase: "training", epoch, epochs, step, steps, loss, etaMs, curves: toCurvePoints(curves) };
      const now = systemClock.elapsed();
      if (now - toldAt < progressEveryMs) return;
      toldAt = now;
      onProgress(last);
    },
  });
  const model = { onnx, preprocessing, labels };
  const { curves, bestEpoch, temperature, parameters } = trained;
  onProgress({ ...last, phase: "evaluating", etaMs: null, curves: toCurvePoints(curves) });
  const evaluated = await scoreAndAssess(model, labels, threads, train, [validation, test]);
  const [onValidation, onTest] = evaluated as [EvaluatedWork, EvaluatedWork];
  return {
    kind: "train",
    model,
    settings,
    curves,
    bestEpoch,
    temperature,
    parameters,
    validation: onValidation,
    test: onTest,
  };
}

export async function evaluateWork({ folder, split, labels, model, threads }: EvaluateInput): Promise<EvaluateOutput> {
  const train = await readWork(folder, "train");
  const evaluated = split === "train" ? train : await readWork(folder, split);
  const [only] = await scoreAndAssess(model, labels, threads, train, [evaluated]);
  return { kind: "evaluate", evaluated: only as EvaluatedWork };
}

const prepare = ({ texts, labels }: WorkExamples, features: (text: string) => TextFeatures) => ({
  bags: texts.map(features),
  labels,
});

async function scoreAndAssess(
  model: Computation,
  labels: readonly string[],
  threads: number,
  train: WorkExamples,
  splits: readonly WorkExamples[],
): Promise<EvaluatedWork[]> {
  const predictor = await openPredictor(model, { threads });
  try {
    const evaluated: EvaluatedWork[] = [];
    for (const split of splits) {
      const answers = await predictor.predict(split.texts);
      const probabilities = new Float32Array(split.texts.length * labels.length);
      for (const [i, answer] of answers.entries()) probabilities.set(answer.probabilities, i * labels.length);
      const scored: ScoredExamples = { labels, keys: split.keys, truth: split.labels, probabilities };
      const baselines = measureBaselines(labels, train, split, model.preprocessing.charsMax);
      evaluated.push({ ...assess(scored, split.texts, baselines), predictions: encodeScored(scored) });
    }
    return evaluated;
  } finally {
    await predictor.close();
  }
}
