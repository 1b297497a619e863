import { must } from "../../../kernel/errors.ts";
import { type Computation, type TextFeatures, type TextPreprocessing, textFeatures } from "../../../models/index.ts";
import {
  type Batch,
  type FitResult,
  adamW,
  classification,
  exportOnnx,
  fit,
  orderedBatches,
  shuffledBatches,
  warmUpCosine,
} from "../../../tensor/index.ts";
import { labelIndices } from "../../work-folder.ts";
import type { Architecture, Trained, TrainingInput } from "../architecture.ts";
import { calibrate } from "../calibrate.ts";
import { textClassifier } from "./classifier.ts";
import type { EmbeddingBagRecipe } from "./recipe.ts";
import { relevanceOf, weighByRelevance } from "./relevance.ts";
import { type Settings, settle } from "./settle.ts";

/** Features of a split with the labels as indices, in one order. */
interface Prepared {
  readonly bags: readonly TextFeatures[];
  readonly labels: Int32Array;
}

/** Hashed n-grams, an embedding bag, softmax. */
export const embeddingBag: Architecture<EmbeddingBagRecipe> = { train };

async function train(input: TrainingInput<EmbeddingBagRecipe>): Promise<Trained> {
  const { recipe, labels } = input;
  const { inputs } = input.train;
  const settings = settle(recipe, {
    examples: inputs.length,
    classes: labels.length,
    meanChars: inputs.reduce((sum, text) => sum + text.length, 0) / inputs.length,
  });
  const features = textFeatures(settings.preprocessing);
  const prepare = (part: TrainingInput<EmbeddingBagRecipe>["train"]): Prepared => ({
    bags: part.inputs.map(features),
    labels: labelIndices(part, labels),
  });
  const raw = prepare(input.train);
  const { preprocessing, weigh } = preprocess(raw, labels.length, settings);
  const validation = weigh(prepare(input.validation));
  const result = await fitBags(input, settings, weigh(raw), validation);
  const exported = (temperature: number): Computation => {
    const model = textClassifier(settings, labels.length, temperature);
    const onnx = exportOnnx(model, result.weights, { outputs: ["probabilities"] });
    return { task: "text-classification", onnx, preprocessing, labels };
  };
  const temperature = settings.calibrate ? await calibrate(exported(1), validation.bags, validation.labels) : 1;
  const { preprocessing: read, ...rest } = settings;
  const { relevance: _, ...parametersOfReading } = read;
  return {
    computation: exported(temperature),
    settings: { ...rest, preprocessing: parametersOfReading },
    curves: result.curves,
    bestEpoch: result.bestEpoch,
    temperature,
    parameters: [...result.weights.values()].reduce((sum, { data }) => sum + data.length, 0),
    description:
      "Hashed n-grams of words and characters, weighed by how telling they are, summed in an embedding bag, then softmax.",
    limits: [
      "It knows words and short runs of them, not meaning, order over a distance, irony or facts.",
      `It reads the first ${read.charsMax.toLocaleString("en")} characters of a text.`,
    ],
  };
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

function fitBags(
  input: TrainingInput<EmbeddingBagRecipe>,
  settings: Settings,
  part: Prepared,
  validation: Prepared,
): Promise<FitResult> {
  const { labels, seed, threads, clock, checkpoint, onProgress } = input;
  const { epochs, batch, rate, decay, smoothing, patience } = settings;
  const count = part.bags.length;
  const stepsPerEpoch = Math.ceil(count / batch);
  const steps = stepsPerEpoch * epochs;
  return fit({
    model: textClassifier(settings, labels.length, 1),
    objective: classification({ classes: labels.length, labelSmoothing: smoothing }),
    optimizer: adamW({ weightDecay: decay }),
    schedule: warmUpCosine({ rate, warmUpSteps: Math.min(20, Math.ceil(steps / 10)), steps }),
    train: (epoch) => batches(part, shuffledBatches(count, batch, seed, epoch)),
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
