import { describeImage } from "../../../data/index.ts";
import { limits } from "../../../kernel/limits.ts";
import {
  type ImageFeatures,
  type ImagePreprocessing,
  imageCodec,
  pictureOf,
  pixelFeed,
} from "../../../models/index.ts";
import {
  type Model,
  type Scope,
  conv2d,
  defineModel,
  dense,
  dropout,
  flatten,
  maxPool,
} from "../../../tensor/index.ts";
import type { Architecture, Trained, TrainingInput } from "../architecture.ts";
import { fitClassifier, prepare } from "../fit-classifier.ts";
import { augment } from "./augment.ts";
import type { ImageCnnRecipe } from "./recipe.ts";

/** Convolutions and poolings, one dense layer, softmax. */
export const imageCnn: Architecture<ImageCnnRecipe> = {
  train,
  space: [
    { path: "training.rate", draw: "log", from: 0.0005, to: 0.008 },
    { path: "units", draw: "one of", values: [32, 64, 128] },
    { path: "dropout", draw: "one of", values: [0, 0.3, 0.5] },
    { path: "augmentation.shift", draw: "one of", values: [0, 2, 4] },
    { path: "augmentation.rotation", draw: "one of", values: [0, 10, 20] },
  ],
};

async function train(input: TrainingInput<ImageCnnRecipe>): Promise<Trained> {
  const { recipe, labels } = input;
  const preprocessing = learnPixels(input.train.inputs, recipe);
  const { channels, height, width } = preprocessing;
  const { epochs, patience, ...training } = recipe.training;
  const settledEpochs = epochs === "auto" ? epochsFor(input.train.inputs.length, training.batch) : epochs;
  const settings = {
    ...training,
    epochs: settledEpochs,
    patience: patience === "auto" ? Math.max(3, Math.ceil(settledEpochs / 3)) : patience,
    calibrate: recipe.calibrate,
  };
  const codec = imageCodec(preprocessing);
  const read = (image: string): ImageFeatures => codec.read(image);
  const dims = [channels, height, width] as const;
  const fitted = await fitClassifier<ImageFeatures>(input, {
    task: "image-classification",
    preprocessing,
    train: prepare(input.train, labels, read),
    validation: prepare(input.validation, labels, read),
    model: (temperature) => network(recipe, dims, labels.length, temperature),
    feed: (images) => ({ values: { pixels: pixelFeed(images, dims).data } }),
    augment: (image, random) => augment(image, dims, recipe.augmentation, random),
    settings,
  });
  const { filters, units, augmentation } = recipe;
  return {
    ...fitted,
    settings: { width, height, channels, filters, units, dropout: recipe.dropout, augmentation, training: settings },
    description: `Images of ${width} by ${height} pixels through ${filters.length} convolutions with poolings, a dense layer of ${units}, then softmax.`,
    limits: [
      `It sees ${width} by ${height} ${channels === 1 ? "grey " : ""}pixels of an image: what is smaller is lost, another proportion is squeezed.`,
      "It learned to see from these images alone: another light, angle or background may deceive it.",
    ],
  };
}

/** About this many steps suffice; measured on handwritten digits. */
const stepsAimed = 700;

function epochsFor(images: number, batch: number): number {
  return Math.min(60, Math.max(6, Math.round(stepsAimed / Math.ceil(images / batch))));
}

/** pixels [batch, channels, height, width] → probabilities [batch, classes] */
function network(
  { filters, units, dropout: rate }: ImageCnnRecipe,
  dims: readonly [number, number, number],
  classes: number,
  temperature: number,
): Model {
  return defineModel("image-cnn", (scope: Scope) => {
    let x = scope.input("pixels", ["batch", ...dims]);
    for (const [i, count] of filters.entries()) {
      x = conv2d(scope, `conv${i + 1}`, x, { filters: count, kernel: 3, padding: "same", activation: "relu" });
      const isLast = i === filters.length - 1;
      if (!isLast && Math.min(Number(x.dim(2)), Number(x.dim(3))) >= 2) x = maxPool(x, { kernel: 2 });
    }
    const flat = dropout(scope, "flat.dropout", flatten(x), rate);
    const hidden = dense(scope, "hidden", flat, { units, activation: "relu" });
    const logits = dense(scope, "classes", dropout(scope, "hidden.dropout", hidden, rate), { units: classes });
    return { logits, probabilities: logits.mul(1 / temperature).softmax() };
  });
}

/** Size, channels and the spread of pixels, settled from the training images. */
function learnPixels(images: readonly string[], recipe: ImageCnnRecipe): ImagePreprocessing {
  const sized = { storedSideMax: limits.imageSideMax, pixelsMax: limits.imagePixelsMax };
  const sizes = new Map<string, number>();
  let isGrey = true;
  for (const image of images) {
    const { width, height, isGrey: one } = describeImage(image);
    const size = `${width} ${height}`;
    sizes.set(size, (sizes.get(size) ?? 0) + 1);
    isGrey &&= one;
  }
  const [commonest = ""] = [...sizes].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0] ?? [];
  const [width = limits.imageSideMax, height = limits.imageSideMax] = commonest.split(" ").map(Number);
  const channels = recipe.channels === "auto" ? (isGrey ? 1 : 3) : recipe.channels;
  const seen = {
    kind: "image" as const,
    format: 1 as const,
    channels,
    width: recipe.width === "auto" ? Math.max(width, sideMin) : recipe.width,
    height: recipe.height === "auto" ? Math.max(height, sideMin) : recipe.height,
    ...sized,
  };
  return { ...seen, ...spreadOf(images, { ...seen, mean: [], deviation: [] }) };
}

const sideMin = 8;

function spreadOf(images: readonly string[], reading: ImagePreprocessing): { mean: number[]; deviation: number[] } {
  const { channels } = reading;
  const [sums, squares] = [new Float64Array(channels), new Float64Array(channels)];
  let pixels = 0;
  for (const image of images) {
    const { data } = pictureOf(image, reading);
    pixels += data.length / channels;
    for (const [i, byte] of data.entries()) {
      const c = i % channels;
      sums[c] = (sums[c] as number) + byte / 255;
      squares[c] = (squares[c] as number) + (byte / 255) ** 2;
    }
  }
  const mean = Array.from(sums, (sum) => sum / pixels);
  const deviation = mean.map((m, c) => Math.sqrt(Math.max((squares[c] as number) / pixels - m * m, 0)) || 1);
  return { mean, deviation };
}
