import type { TrainingSettings } from "../fit-classifier.ts";
import type { TextEncoderRecipe } from "./recipe.ts";

/** About this many steps suffice for a softmax, with at least some epochs and not too many. */
const headSteps = 2_000;
const headEpochs = { min: 6, max: 40 };

export function settleHead({ head, training, calibrate }: TextEncoderRecipe, examples: number): TrainingSettings {
  const { batch, rate } = head;
  const wanted = Math.round(headSteps / Math.ceil(examples / batch));
  const auto = Math.min(headEpochs.max, Math.max(headEpochs.min, wanted));
  const epochs = head.epochs === "auto" ? auto : head.epochs;
  return {
    epochs,
    batch,
    rate,
    decay: 0,
    smoothing: head.smoothing,
    patience: patienceOf(training, epochs),
    calibrate,
  };
}

/** Scale times rate: about half of the 8 · 0.005 that n-grams have beside a frozen encoder. */
const ngramPace = 0.0192;

/**
 * A table learns at the rate of what is trained, 17 times lower for an encoder than for a softmax: at the same scale its
 * n-grams would say next to nothing by the end.
 */
export function settleNgrams(recipe: TextEncoderRecipe): SettledNgrams | null {
  const { train, ngrams } = recipe;
  if (!ngrams) return null;
  const auto = train === "nothing" ? 8 : Number((ngramPace / tuningRate(recipe)).toPrecision(3));
  return { ...ngrams, scale: ngrams.scale === "auto" ? auto : ngrams.scale };
}

type Ngrams = NonNullable<TextEncoderRecipe["ngrams"]>;
export type SettledNgrams = Omit<Ngrams, "scale"> & { readonly scale: number };

/** Few examples need more epochs; adapters start at nothing and learn at a higher rate. */
export function settleTuning(recipe: TextEncoderRecipe, examples: number): TrainingSettings {
  const { training, calibrate } = recipe;
  const { batch, decay, smoothing, clip } = training;
  const auto = examples < 2_000 ? 10 : 4;
  const epochs = training.epochs === "auto" ? auto : training.epochs;
  const patience = patienceOf(training, epochs);
  return { epochs, batch, rate: tuningRate(recipe), decay, smoothing, clipNorm: clip, patience, calibrate };
}

const tuningRate = ({ train, training }: TextEncoderRecipe): number =>
  training.rate === "auto" ? (train === "adapters" ? 0.002 : 0.0003) : training.rate;

const patienceOf = ({ patience }: TextEncoderRecipe["training"], epochs: number): number =>
  patience === "auto" ? Math.max(3, Math.ceil(epochs / 3)) : patience;
