import {
  type Scope,
  type Tensor,
  defineModel,
  dense,
  dropout,
  embedding,
  embeddingBag,
  meanOverTime,
  mlp,
  uniform,
  zeros,
} from "../../../tensor/index.ts";
import type { Architecture, Trained, TrainingInput } from "../architecture.ts";
import { readBags } from "../embedding-bag/bags.ts";
import { settleFeatures } from "../embedding-bag/settle.ts";
import { type TrainingSettings, fitClassifier } from "../fit-classifier.ts";
import { type Sequences, trainSequences } from "../sequences/train.ts";
import type { TextDenseRecipe } from "./recipe.ts";

/** A bag of words, or the mean of embeddings, through a perceptron. */
export const textDense: Architecture<TextDenseRecipe> = {
  train: (input) => (input.recipe.input === "bag" ? trainBag(input) : trainEmbeddings(input)),
};

/** About this many steps suffice; measured on mails. */
const stepsAimed = 1_200;
const batchAuto = 32;

function autoTraining(examples: number): { readonly epochs: number; readonly batch: number } {
  const epochs = Math.round(stepsAimed / Math.ceil(examples / batchAuto));
  return { batch: batchAuto, epochs: Math.min(20, Math.max(4, epochs)) };
}

async function trainBag(input: TrainingInput<TextDenseRecipe>): Promise<Trained> {
  const { recipe, labels } = input;
  const { inputs } = input.train;
  const meanChars = inputs.reduce((sum, text) => sum + text.length, 0) / inputs.length;
  const reading = settleFeatures(recipe.features, { meanChars });
  const { preprocessing, train, validation } = readBags(input, reading, recipe.features.relevance);
  const settings = settle(recipe, inputs.length);
  const fitted = await fitClassifier(input, {
    preprocessing,
    train,
    validation,
    model: (temperature) => bagModel(recipe, preprocessing.buckets, labels.length, temperature),
    feed: (features) => ({ bags: { features } }),
    settings,
  });
  const { relevance: _, ...parametersOfReading } = reading;
  return {
    ...fitted,
    settings: {
      hidden: recipe.hidden,
      dropout: recipe.dropout,
      training: settings,
      preprocessing: parametersOfReading,
    },
    description: `A bag of hashed words through a perceptron of ${recipe.hidden.join(" and ")} units, then softmax.`,
    limits: [
      "It knows words and short runs of them, not meaning, order over a distance, irony or facts.",
      `It reads the first ${reading.charsMax.toLocaleString("en")} characters of a text.`,
    ],
  };
}

function settle({ training, calibrate }: TextDenseRecipe, examples: number): TrainingSettings {
  const auto = autoTraining(examples);
  const epochs = training.epochs === "auto" ? auto.epochs : training.epochs;
  return {
    epochs,
    batch: training.batch === "auto" ? auto.batch : training.batch,
    rate: training.rate,
    decay: training.decay,
    smoothing: training.smoothing,
    patience: training.patience === "auto" ? Math.max(2, Math.ceil(epochs / 3)) : training.patience,
    calibrate,
  };
}

/** The first layer over a bag of words is a sum of a table's rows, plus a bias; rows that training never saw start near zero. */
function bagModel({ hidden, dropout: rate }: TextDenseRecipe, rows: number, units: number, temperature: number) {
  const [width = 100, ...more] = hidden;
  return defineModel("text-dense", (scope) => {
    const bag = embeddingBag(scope, "features", { rows, width, initial: uniform(0.001) }); // [batch, width]
    const first = bag.add(scope.parameter("features.bias", [width], { initial: zeros })).relu();
    const logits = perceptron(scope, dropout(scope, "features.dropout", first, rate), more, units, rate);
    return { logits, probabilities: logits.mul(1 / temperature).softmax() };
  });
}

const perceptron = (scope: Scope, x: Tensor, hidden: readonly number[], units: number, rate: number): Tensor =>
  hidden.length > 0
    ? mlp(scope, "perceptron", x, { hidden, units, dropout: rate })
    : dense(scope, "classes", x, { units });

function trainEmbeddings(input: TrainingInput<TextDenseRecipe>): Promise<Trained> {
  const { recipe } = input;
  const { width, hidden, dropout } = recipe;
  return trainSequences(
    { ...input, recipe: { ...recipe, training: { ...recipe.training, clip: 1 } } },
    {
      name: "text-dense",
      logits: (scope, sequences, classes) => embeddingLogits(recipe, scope, sequences, classes),
      auto: { ...autoTraining(input.train.inputs.length), rate: recipe.training.rate },
      settings: { width, hidden, dropout },
      description: `The mean of the words' embeddings through a perceptron of ${hidden.join(" and ")} units, then softmax.`,
      limits: ["It knows words, not their order, irony or facts."],
    },
  );
}

/** tokens [batch, length] → [batch, classes] */
function embeddingLogits(
  { width, hidden, dropout: rate }: TextDenseRecipe,
  scope: Scope,
  { tokens, lengths, ids }: Sequences,
  classes: number,
): Tensor {
  const mean = meanOverTime(embedding(scope, "words", tokens, { rows: ids, width }), lengths); // [batch, width]
  return perceptron(scope, mean, hidden, classes, rate);
}
