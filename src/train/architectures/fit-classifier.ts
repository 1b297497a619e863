import { must } from "../../kernel/errors.ts";
import { type Random, seededRandom } from "../../kernel/random.ts";
import type { Computation, Features, Preprocessing, Task } from "../../models/index.ts";
import {
  type Batch,
  type EpochCurve,
  type Model,
  type Weights,
  adamW,
  bucketedBatches,
  classification,
  exportOnnx,
  fit,
  orderedBatches,
  shuffledBatches,
  warmUpCosine,
} from "../../tensor/index.ts";
import { type WorkExamples, labelIndices } from "../work-folder.ts";
import type { TrainingInput } from "./architecture.ts";
import { calibrate } from "./calibrate.ts";

/** Features of a split with the labels as indices, in one order. */
export interface Prepared<F extends Features> {
  readonly features: readonly F[];
  readonly labels: Int32Array;
}

export function prepare<F extends Features>(
  part: WorkExamples,
  labels: readonly string[],
  read: (input: string) => F,
): Prepared<F> {
  return { features: part.inputs.map(read), labels: labelIndices(part, labels) };
}

/** How a classifier is trained, with nothing left to decide. */
export interface TrainingSettings {
  readonly epochs: number;
  readonly batch: number;
  /** Highest learning rate of AdamW; it falls to zero as half a cosine. */
  readonly rate: number;
  readonly decay: number;
  readonly smoothing: number;
  readonly patience: number;
  readonly calibrate: boolean;
  /** Gradients of a greater norm are scaled down to it. */
  readonly clipNorm?: number;
}

export interface ClassifierPlan<F extends Features> {
  /** Default: text classification. */
  readonly task?: Task;
  readonly preprocessing: Preprocessing;
  readonly train: Prepared<F>;
  readonly validation: Prepared<F>;
  /** Outputs `logits`, and `probabilities` of logits that are divided by the temperature. */
  readonly model: (temperature: number) => Model;
  /** What a step is fed for some examples, besides their labels. */
  readonly feed: (features: readonly F[]) => Pick<Batch, "bags" | "values">;
  /** What a training example looks like in one epoch; validation sees it as it is. */
  readonly augment?: (features: F, random: Random) => F;
  /** Of sequences, so that like lengths meet in a batch; without it examples meet by chance alone. */
  readonly length?: (features: F) => number;
  readonly settings: TrainingSettings;
  /** Weights to begin with in place of fresh ones. */
  readonly from?: Weights;
  /** Weights that only an export has, beside the trained ones. */
  readonly given?: Weights;
  /** Outputs that an export has beside `probabilities`. */
  readonly beside?: readonly string[];
}

export interface FittedClassifier {
  readonly computation: Computation;
  readonly curves: readonly EpochCurve[];
  readonly bestEpoch: number;
  readonly temperature: number;
  readonly parameters: number;
}

/** Batches of sequences that are sorted by length together: enough to save padding, few enough to mix. */
const pool = 16;

/** Share of all steps in which the rate rises. */
const warmUpShare = 0.1;

/** Validation examples of one step, where they are not sequences. */
const validationBatch = 256;

/**
 * Trains a classifier by softmax cross-entropy; the best epoch is the one with the highest validation accuracy, of equal
 * ones the later: what more epochs do to the loss is repaired by the temperature, which is fitted on validation.
 */
export async function fitClassifier<F extends Features>(
  input: Pick<TrainingInput<unknown>, "labels" | "seed" | "threads" | "clock" | "checkpoint" | "onProgress">,
  plan: ClassifierPlan<F>,
): Promise<FittedClassifier> {
  const { labels, seed, threads, clock, checkpoint, onProgress } = input;
  const { train, validation, settings } = plan;
  const { epochs, batch, rate, decay, smoothing, patience, clipNorm } = settings;
  const count = train.features.length;
  const stepsPerEpoch = Math.ceil(count / batch);
  const steps = stepsPerEpoch * epochs;
  const warmUp = Math.ceil(steps * warmUpShare);
  const warmUpSteps = plan.length ? warmUp : Math.min(20, warmUp);
  const result = await fit({
    model: plan.model(1),
    objective: classification({ classes: labels.length, labelSmoothing: smoothing }),
    optimizer: adamW({ weightDecay: decay }),
    schedule: warmUpCosine({ rate, warmUpSteps, steps }),
    train: (epoch) => batches(augmented(plan, `${seed}/augment/${epoch}`), train, trainingOrder(plan, seed, epoch)),
    validation: () => batches(plan, validation, validationOrder(plan)),
    epochs,
    stepsPerEpoch,
    seed,
    threads,
    best: { metric: "accuracy", goal: "highest" },
    earlyStopping: { patience },
    clock,
    ...(clipNorm === undefined ? {} : { clipNorm }),
    ...(plan.from ? { from: plan.from } : {}),
    ...(checkpoint ? { checkpoint: { store: checkpoint } } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
  const weights = new Map([...(plan.given ?? []), ...result.weights]);
  const exported = (temperature: number): Computation => {
    const onnx = exportOnnx(plan.model(temperature), weights, { outputs: ["probabilities", ...(plan.beside ?? [])] });
    return { task: plan.task ?? "text-classification", onnx, preprocessing: plan.preprocessing, labels };
  };
  const temperature = settings.calibrate ? await calibrate(exported(1), validation.features, validation.labels) : 1;
  return {
    computation: exported(temperature),
    curves: result.curves,
    bestEpoch: result.bestEpoch,
    temperature,
    parameters: [...weights.values()].reduce((sum, { data }) => sum + data.length, 0),
  };
}

function trainingOrder<F extends Features>(
  { train: { features }, length, settings: { batch } }: ClassifierPlan<F>,
  seed: number,
  epoch: number,
): Iterable<Int32Array> {
  if (!length) return shuffledBatches(features.length, batch, seed, epoch);
  return bucketedBatches(features.map(length), { size: batch, seed, epoch, pool });
}

function validationOrder<F extends Features>({
  validation: { features },
  length,
  settings: { batch },
}: ClassifierPlan<F>): Iterable<Int32Array> {
  if (!length) return orderedBatches(features.length, validationBatch);
  return bucketedBatches(features.map(length), { size: batch, seed: 0, epoch: 0 });
}

/** A plan whose feed sees other examples in each epoch, by a stream of chance of its own. */
function augmented<F extends Features>(plan: ClassifierPlan<F>, seed: string): ClassifierPlan<F> {
  const { augment, feed } = plan;
  if (!augment) return plan;
  const random = seededRandom(seed);
  return { ...plan, feed: (features) => feed(features.map((one) => augment(one, random))) };
}

function* batches<F extends Features>(
  { feed }: ClassifierPlan<F>,
  { features, labels }: Prepared<F>,
  order: Iterable<Int32Array>,
): Generator<Batch> {
  for (const indices of order) {
    const { bags, values } = feed(Array.from(indices, (i) => must(features[i], "an index is of an example")));
    yield {
      size: indices.length,
      ...(bags ? { bags } : {}),
      values: { ...values, labels: indices.map((i) => labels[i] as number) },
    };
  }
}
