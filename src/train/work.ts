import path from "node:path";
import { systemClock } from "../kernel/clock.ts";
import { seededRandom, shuffle } from "../kernel/random.ts";
import type { Computation } from "../models/index.ts";
import { fileCheckpoint } from "../tensor/index.ts";
import { type Recipe, trainRecipe } from "./architectures/index.ts";
import type { Trained } from "./architectures/architecture.ts";
import type { Assessment } from "./assess.ts";
import { type EvaluatorInput, evaluateComputation, scoreClassifier } from "./evaluators.ts";
import { type TrainingProgress, toCurvePoints, toTrainingProgress } from "./run.ts";
import { chooseThreshold } from "./refusing.ts";
import { encodeScored } from "./scored.ts";
import { linkedEncoder } from "./work-encoder.ts";
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

export interface EvaluatedWork {
  readonly assessment: Assessment;
  /** The blob of the answers to every example. */
  readonly predictions: string;
}

export interface TrainOutput extends Trained {
  readonly kind: "train";
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
  let last: TrainingProgress = { ...waiting, phase: "training" };
  let toldAt = Number.NEGATIVE_INFINITY;
  const trained = await trainRecipe({
    recipe,
    train: recipe.fire_drill === null ? train : withShuffledLabels(train, seed),
    validation,
    labels,
    ...(await linkedEncoder(recipe, folder)),
    seed,
    threads,
    clock: systemClock,
    checkpoint: fileCheckpoint(path.join(folder, "checkpoint")),
    onProgress(progress) {
      last = toTrainingProgress(progress);
      const now = systemClock.elapsed();
      if (now - toldAt < progressEveryMs) return;
      toldAt = now;
      onProgress(last);
    },
  });
  onProgress({ ...last, phase: "evaluating", etaMs: null, curves: toCurvePoints(trained.curves) });
  const { temperature } = trained;
  const risk = "refuse" in recipe ? (recipe.refuse?.risk ?? null) : null;
  const computation =
    risk === null ? trained.computation : await withDecision(trained.computation, risk, validation, threads);
  const evaluated = await evaluate({ computation, labels, threads, temperature, train, splits: [validation, test] });
  const [onValidation, onTest] = evaluated as [EvaluatedWork, EvaluatedWork];
  return { kind: "train", ...trained, computation, validation: onValidation, test: onTest };
}

/** The classifier with the threshold below which it refuses, chosen on validation. */
async function withDecision(
  computation: Computation,
  risk: number,
  validation: WorkExamples,
  threads: number,
): Promise<Computation> {
  return { ...computation, decision: chooseThreshold(await scoreClassifier(computation, validation, threads), risk) };
}

/** Every example gets the label of another: class counts stay, meaning goes. */
function withShuffledLabels({ keys, inputs, labels }: WorkExamples, seed: number): WorkExamples {
  return { keys, inputs, labels: shuffle([...labels], seededRandom(`${seed}/fire-drill`)) };
}

export async function evaluateWork({ folder, split, labels, model, threads }: EvaluateInput): Promise<EvaluateOutput> {
  const train = await readWork(folder, "train");
  const evaluated = split === "train" ? train : await readWork(folder, split);
  const [only] = await evaluate({ computation: model, labels, threads, train, splits: [evaluated] });
  return { kind: "evaluate", evaluated: only as EvaluatedWork };
}

async function evaluate(input: EvaluatorInput): Promise<EvaluatedWork[]> {
  const evaluated = await evaluateComputation(input);
  return evaluated.map(({ assessment, scored }) => ({ assessment, predictions: encodeScored(scored) }));
}
