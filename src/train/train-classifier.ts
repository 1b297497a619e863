import type { Clock } from "../kernel/clock.ts";
import { invariant, must } from "../kernel/errors.ts";
import { seededRandom, shuffle } from "../kernel/random.ts";
import { type Computation, type TextFeatures, type TextPreprocessing, openScorer } from "../models/index.ts";
import {
  type Batch,
  type CheckpointStore,
  type EpochCurve,
  type FitProgress,
  type FitResult,
  adamW,
  classification,
  exportOnnx,
  fit,
  orderedBatches,
  shuffledBatches,
  warmUpCosine,
} from "../tensor/index.ts";
import { textClassifier } from "./classifier.ts";
import type { Recipe } from "./recipe.ts";
import { relevanceOf, weighByRelevance } from "./relevance.ts";
import type { Settings } from "./settle.ts";
import { fitTemperature } from "./temperature.ts";

/** Features of a split with the labels as indices, in one order. */
export interface Prepared {
  readonly bags: readonly TextFeatures[];
  readonly labels: Int32Array;
}

export interface ClassifierInput {
  /** Features by `settings.preprocessing`, which has no relevance yet. */
  readonly train: Prepared;
  readonly validation: Prepared;
  readonly labels: readonly string[];
  readonly settings: Settings;
  readonly fireDrill: Recipe["fire_drill"];
  readonly seed: number;
  readonly threads: number;
  readonly clock: Clock;
  readonly checkpoint?: CheckpointStore;
  readonly onProgress?: (progress: FitProgress) => void;
}

export interface TrainedClassifier extends Computation {
  readonly curves: readonly EpochCurve[];
  readonly bestEpoch: number;
  readonly steps: number;
  readonly temperature: number;
  readonly parameters: number;
}

/** Trains, calibrates and exports: the same input gives the same bytes. */
export async function trainClassifier(input: ClassifierInput): Promise<TrainedClassifier> {
  const { labels, settings, validation } = input;
  const damaged = input.fireDrill === null ? input.train : withShuffledLabels(input.train, input.seed);
  const { preprocessing, weigh } = preprocess(damaged, labels.length, settings);
  const train = weigh(damaged);
  const weighed = weigh(validation);
  const result = await fitBags(input, train, weighed);
  const parameters = [...result.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  const exported = (temperature: number): Computation => {
    const model = textClassifier(settings, labels.length, temperature);
    return { onnx: exportOnnx(model, result.weights, { outputs: ["probabilities"] }), preprocessing, labels };
  };
  const temperature = settings.calibrate ? await calibrate(exported(1), weighed, labels.length) : 1;
  const { curves, bestEpoch, steps } = result;
  return { ...exported(temperature), curves, bestEpoch, steps, temperature, parameters };
}

/** Every example gets the label of another: class counts stay, meaning goes. */
function withShuffledLabels({ bags, labels }: Prepared, seed: number): Prepared {
  return { bags, labels: shuffle(Int32Array.from(labels), seededRandom(`${seed}/fire-drill`)) };
}

function preprocess(
  train: Prepared,
  classes: number,
  { preprocessing, relevance }: Settings,
): { readonly preprocessing: TextPreprocessing; readonly weigh: (prepared: Prepared) => Prepared } {
  if (!relevance) return { preprocessing, weigh: (prepared) => prepared };
  const bytes = relevanceOf(train.bags, train.labels, classes, preprocessing.buckets);
  return {
    preprocessing: { ...preprocessing, relevance: Buffer.from(bytes).toString("base64") },
    weigh: ({ bags, labels }) => ({ bags: bags.map((bag) => weighByRelevance(bag, bytes)), labels }),
  };
}

function fitBags(input: ClassifierInput, train: Prepared, validation: Prepared): Promise<FitResult> {
  const { settings, labels, seed, threads, clock, checkpoint, onProgress } = input;
  const { epochs, batch, rate, decay, smoothing, patience } = settings;
  const count = train.bags.length;
  const stepsPerEpoch = Math.ceil(count / batch);
  const steps = stepsPerEpoch * epochs;
  return fit({
    model: textClassifier(settings, labels.length, 1),
    objective: classification({ classes: labels.length, labelSmoothing: smoothing }),
    optimizer: adamW({ weightDecay: decay }),
    schedule: warmUpCosine({ rate, warmUpSteps: Math.min(20, Math.ceil(steps / 10)), steps }),
    train: (epoch) => batches(train, shuffledBatches(count, batch, seed, epoch)),
    validation: () => batches(validation, orderedBatches(validation.bags.length, 256)),
    epochs,
    stepsPerEpoch,
    seed,
    threads,
    best: { metric: "accuracy", goal: "highest" }, // the temperature repairs what more epochs do to the loss
    earlyStopping: { patience },
    clock,
    ...(checkpoint ? { checkpoint: { store: checkpoint } } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
}

function* batches({ bags, labels }: Prepared, order: Iterable<Int32Array>): Generator<Batch> {
  for (const indices of order) {
    yield {
      size: indices.length,
      bags: { features: Array.from(indices, (i) => must(bags[i], "an index is of a bag")) },
      values: { labels: indices.map((i) => labels[i] as number) },
    };
  }
}

async function calibrate(model: Computation, validation: Prepared, classes: number): Promise<number> {
  invariant(validation.bags.length > 0, "a temperature needs validation examples");
  const scorer = await openScorer(model, { threads: 1 });
  try {
    return fitTemperature(await scorer.score(validation.bags), validation.labels, classes);
  } finally {
    await scorer.close();
  }
}
