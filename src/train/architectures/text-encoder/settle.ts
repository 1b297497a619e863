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

/** Few examples need more epochs; adapters start at nothing and learn at a higher rate. */
export function settleTuning({ train, training, calibrate }: TextEncoderRecipe, examples: number): TrainingSettings {
  const { batch, decay, smoothing, clip } = training;
  const auto = examples < 2_000 ? 10 : 5;
  const epochs = training.epochs === "auto" ? auto : training.epochs;
  const rate = training.rate === "auto" ? (train === "adapters" ? 0.002 : 0.0003) : training.rate;
  const patience = patienceOf(training, epochs);
  return { epochs, batch, rate, decay, smoothing, clipNorm: clip, patience, calibrate };
}

const patienceOf = ({ patience }: TextEncoderRecipe["training"], epochs: number): number =>
  patience === "auto" ? Math.max(3, Math.ceil(epochs / 3)) : patience;
