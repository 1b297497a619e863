import type { TextPreprocessing } from "../../../models/index.ts";
import type { TrainingSettings } from "../fit-classifier.ts";
import type { BagFeatures, EmbeddingBagRecipe } from "./recipe.ts";

/** What "auto" values are settled from. Only the training split is looked at. */
export interface DataFacts {
  readonly examples: number;
  readonly classes: number;
  readonly meanChars: number;
}

/** A recipe's numbers with nothing left to decide. */
export interface Settings extends TrainingSettings {
  readonly preprocessing: TextPreprocessing;
  readonly relevance: boolean;
  readonly width: number;
  readonly hidden: number;
  readonly dropout: number;
}

/** Texts shorter than this on average get character n-grams: there, few words of a new text were seen in training. */
const shortTextChars = 500;

/** About this many steps suffice, few examples or many; measured on mails, short messages, intents and reviews. */
const stepsAimed = 1_200;
const epochsAuto = { min: 4, max: 12 };

const batchFor = (examples: number): number => (examples < 5_000 ? 16 : examples < 20_000 ? 32 : 64);

/** Wider rows help where there are many classes to tell apart: 0.4 points on 77 intents. */
const widthFor = (classes: number): number => (classes <= 10 ? 16 : 32);

export function settleFeatures(features: BagFeatures, { meanChars }: Pick<DataFacts, "meanChars">): TextPreprocessing {
  const short = meanChars < shortTextChars;
  return {
    kind: "hashed-ngrams",
    format: 1,
    buckets: 2 ** features.bucket_bits,
    words: features.words,
    characters: features.characters === "auto" ? (short ? [3, 4] : null) : features.characters,
    cjk: features.cjk,
    charsMax: features.characters_max,
    relevance: null,
  };
}

export function settle(recipe: EmbeddingBagRecipe, facts: DataFacts): Settings {
  const { features, training } = recipe;
  const batch = training.batch === "auto" ? batchFor(facts.examples) : training.batch;
  const wanted = Math.round(stepsAimed / Math.ceil(facts.examples / batch));
  const epochsSettled = Math.min(epochsAuto.max, Math.max(epochsAuto.min, wanted));
  const epochs = training.epochs === "auto" ? epochsSettled : training.epochs;
  return {
    preprocessing: settleFeatures(features, facts),
    relevance: features.relevance,
    width: recipe.width === "auto" ? widthFor(facts.classes) : recipe.width,
    hidden: recipe.hidden,
    dropout: recipe.dropout,
    epochs,
    batch,
    rate: training.rate,
    decay: training.decay,
    smoothing: training.smoothing,
    patience: training.patience === "auto" ? Math.max(2, Math.ceil(epochs / 3)) : training.patience,
    calibrate: recipe.calibrate,
  };
}
