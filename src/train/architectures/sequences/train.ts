import { type TokenSequencePreprocessing, sequenceFeeds, tokenSequenceCodec } from "../../../models/index.ts";
import { type Scope, type Tensor, defineModel } from "../../../tensor/index.ts";
import type { Trained, TrainingInput } from "../architecture.ts";
import { type TrainingSettings, fitClassifier, prepare } from "../fit-classifier.ts";
import type { TokenFields, TrainingFields } from "./fields.ts";
import { idsOf, learnTokens } from "./vocabulary.ts";

/** What a model that reads sequences begins from. */
export interface Sequences {
  /** int32 [batch, length], below `ids`; 0 is padding. */
  readonly tokens: Tensor;
  /** int32 [batch], each at least 1. */
  readonly lengths: Tensor;
  readonly ids: number;
  readonly lengthMax: number;
}

/**
 * In training, whole tokens are zeroed at random, so that no single one is relied on (Gal and Ghahramani 2016,
 * arXiv:1512.05287): x [batch, length, width].
 */
export function dropTokens(scope: Scope, x: Tensor, rate: number): Tensor {
  return scope.mode === "train" && rate > 0 ? x.mul(scope.mask("tokens.dropout", ["batch", "length", 1], rate)) : x;
}

export interface SequenceClassifier {
  readonly name: string;
  /** Writes the model down to its logits [batch, classes]. */
  readonly logits: (scope: Scope, sequences: Sequences, classes: number) => Tensor;
  /** What "auto" values of the training come to. */
  readonly auto: { readonly epochs: number; readonly batch: number; readonly rate: number };
  /** Of the model, for the card. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly description: string;
  readonly limits: readonly string[];
}

interface SequenceRecipe {
  readonly tokens: TokenFields;
  readonly training: TrainingFields;
  readonly calibrate: boolean;
}

/** Learns the vocabulary, trains the classifier over it, exports and calibrates it. */
export async function trainSequences(
  input: TrainingInput<SequenceRecipe>,
  classifier: SequenceClassifier,
): Promise<Trained> {
  const { recipe, labels } = input;
  const preprocessing = learnTokens(recipe.tokens, input.train.inputs);
  const { read } = tokenSequenceCodec(preprocessing);
  const settings = settleTraining(recipe, classifier.auto);
  const fitted = await fitClassifier(input, {
    preprocessing,
    train: prepare(input.train, labels, read),
    validation: prepare(input.validation, labels, read),
    model: (temperature) => model(classifier, preprocessing, labels.length, temperature),
    feed(sequences) {
      const { tokens, lengths } = sequenceFeeds(sequences);
      return { values: { tokens: tokens.data, lengths: lengths.data } };
    },
    length: ({ length }) => length,
    settings,
  });
  const { vocabulary, ...reading } = preprocessing;
  return {
    ...fitted,
    settings: { ...classifier.settings, training: settings, tokens: { ...reading, vocabulary: vocabulary.length } },
    description: classifier.description,
    limits: [
      ...classifier.limits,
      `It knows ${vocabulary.length.toLocaleString("en")} tokens and reads ${lengthText(reading)} of a text.`,
    ],
  };
}

function model(
  { name, logits }: SequenceClassifier,
  preprocessing: TokenSequencePreprocessing,
  classes: number,
  temperature: number,
) {
  return defineModel(name, (scope) => {
    const tokens = scope.input("tokens", ["batch", "length"], { type: "int32" });
    const lengths = scope.input("lengths", ["batch"], { type: "int32" });
    const sequences = { tokens, lengths, ids: idsOf(preprocessing), lengthMax: preprocessing.lengthMax };
    const outcome = logits(scope, sequences, classes);
    return { logits: outcome, probabilities: outcome.mul(1 / temperature).softmax() };
  });
}

function settleTraining({ training, calibrate }: SequenceRecipe, auto: SequenceClassifier["auto"]): TrainingSettings {
  const { decay, smoothing, clip } = training;
  const epochs = training.epochs === "auto" ? auto.epochs : training.epochs;
  return {
    epochs,
    batch: training.batch === "auto" ? auto.batch : training.batch,
    rate: training.rate === "auto" ? auto.rate : training.rate,
    decay,
    smoothing,
    clipNorm: clip,
    patience: training.patience === "auto" ? Math.max(2, Math.ceil(epochs / 3)) : training.patience,
    calibrate,
  };
}

function lengthText({ keep, lengthMax }: Pick<TokenSequencePreprocessing, "keep" | "lengthMax">): string {
  const count = lengthMax.toLocaleString("en");
  return { head: `the first ${count}`, tail: `the last ${count}`, ends: `${count} from both ends` }[keep];
}
