import { systemClock } from "../../kernel/clock.ts";
import { isClassifier, openPredictor } from "../../models/index.ts";
import { fileCheckpoint } from "../../tensor/index.ts";
import { trainRecipe } from "../architectures/index.ts";
import { evaluateComputation } from "../evaluators.ts";
import { type TrainingProgress, toTrainingProgress } from "../run.ts";
import { type Scored, answersOf, lossesOf } from "../scored.ts";
import { linkedEncoder } from "../work-encoder.ts";
import { type WorkExamples, labelIndices } from "../work-folder.ts";
import { assignFolds, takeShare } from "./folds.ts";
import { type PoolExample, groupedBy, readPool, workOf } from "./pool.ts";
import type { ExampleErrors, Score, Trial } from "./trial.ts";

/** What the child process of a search is asked to do: one trial. */
export interface TrialInput {
  readonly folder: string;
  readonly labels: readonly string[];
  readonly trial: Trial;
  /** Where the trial keeps its checkpoint. */
  readonly checkpoint: string;
  readonly threads: number;
}

export interface TrialOutput extends Score, ExampleErrors {}

/** More often than this nobody looks. */
const progressEveryMs = 100;

export async function performTrial(
  { folder, labels, trial, checkpoint, threads }: TrialInput,
  onProgress: (progress: TrainingProgress) => void,
): Promise<TrialOutput> {
  const { recipe, seed } = trial;
  const { train, stopping, measured } = partsOf(await readPool(folder), trial);
  let toldAt = Number.NEGATIVE_INFINITY;
  const { computation } = await trainRecipe({
    recipe,
    train: workOf(train),
    validation: workOf(stopping),
    labels,
    ...(await linkedEncoder(recipe, folder)),
    seed,
    threads,
    clock: systemClock,
    checkpoint: fileCheckpoint(checkpoint),
    onProgress(progress) {
      const now = systemClock.elapsed();
      if (now - toldAt < progressEveryMs) return;
      toldAt = now;
      onProgress(toTrainingProgress(progress));
    },
  });
  const held = workOf(measured);
  const scored = isClassifier(computation.task)
    ? await scoreClassifier(computation, labels, threads, held)
    : await scoreOther({ computation, labels, threads, train: workOf(train), splits: [held] });
  return { ...scored, examples: measured.length, trained: train.length + stopping.length };
}

interface Parts {
  readonly train: readonly PoolExample[];
  /** By which training stops and the temperature is fitted, so that the measured examples choose nothing. */
  readonly stopping: readonly PoolExample[];
  readonly measured: readonly PoolExample[];
}

/** One example in eight that a trial trains with decides when it stops. */
const stoppingFolds = 8;

/** The examples of a trial. Groups never straddle, neither train and measured nor train and stopping. */
export function partsOf(pool: readonly PoolExample[], { recipe, part, seed }: Trial): Parts {
  const { task } = recipe;
  if (part.kind === "fold") {
    const folds = assignFolds(groupedBy(task, pool), part.folds, seed);
    const rest = pool.filter((_, i) => folds[i] !== part.fold);
    return { ...withStopping(task, rest, seed), measured: pool.filter((_, i) => folds[i] === part.fold) };
  }
  const train = pool.filter(({ split }) => split === "train");
  const taken = takeShare(groupedBy(task, train), part.share, `${seed}/${part.draw}`).flatMap((i) => train[i] ?? []);
  return { ...withStopping(task, taken, seed), measured: pool.filter(({ split }) => split === "validation") };
}

/** Every label keeps examples to train on, however few it has. */
function withStopping(
  task: Trial["recipe"]["task"],
  examples: readonly PoolExample[],
  seed: number,
): Pick<Parts, "train" | "stopping"> {
  const grouped = groupedBy(task, examples);
  const folds = assignFolds(grouped, stoppingFolds, `${seed}/stopping`);
  const trained = new Set(grouped.filter((_, i) => folds[i] !== 0).map(({ stratum }) => stratum));
  const stops = (i: number): boolean => folds[i] === 0 && trained.has(grouped[i]?.stratum ?? "");
  return { train: examples.filter((_, i) => !stops(i)), stopping: examples.filter((_, i) => stops(i)) };
}

type Measured = Omit<TrialOutput, "examples" | "trained">;

async function scoreClassifier(
  computation: Parameters<typeof openPredictor>[0],
  labels: readonly string[],
  threads: number,
  held: WorkExamples,
): Promise<Measured> {
  const predictor = await openPredictor(computation, { threads });
  try {
    const probabilities = new Float32Array(held.inputs.length * labels.length);
    for (const [i, answer] of (await predictor.predict(held.inputs)).entries()) {
      // an input that cannot be read is answered wrongly: all its probabilities stay 0
      if ("probabilities" in answer) probabilities.set(answer.probabilities, i * labels.length);
    }
    return errorsOf({ labels, keys: held.keys, truth: labelIndices(held, labels), probabilities });
  } finally {
    await predictor.close();
  }
}

async function scoreOther(input: Parameters<typeof evaluateComputation>[0]): Promise<Measured> {
  const [evaluated] = await evaluateComputation(input);
  if (!evaluated) throw new Error("a split was evaluated");
  return errorsOf(evaluated.scored);
}

function errorsOf(scored: Scored): Measured {
  if ("losses" in scored) {
    const { measure, losses: errors, units } = scored;
    const error = sum(errors) / sum(units);
    return { measure, error, loss: error, errors, units };
  }
  const answers = answersOf(scored);
  const { truth, probabilities, labels } = scored;
  const isAnswered = (i: number): boolean => (probabilities[i * labels.length + (answers[i] ?? 0)] ?? 0) > 0;
  const errors = Float64Array.from(truth, (label, i) => (answers[i] === label && isAnswered(i) ? 0 : 1));
  const mean = (values: Float64Array): number => sum(values) / Math.max(1, values.length);
  const units = new Float64Array(errors.length).fill(1);
  return { measure: "error", error: mean(errors), loss: mean(lossesOf(scored)), errors, units };
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
