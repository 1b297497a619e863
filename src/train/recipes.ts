import { notFound } from "../kernel/errors.ts";
import type { Task } from "../models/index.ts";
import { type Recipe, parseRecipe } from "./recipe.ts";

export interface RecipeEntry {
  readonly name: string;
  /** One line for a table. */
  readonly summary: string;
  readonly recipe: Recipe;
}

const chineseWords = { unit: "chinese-words", length: 200 };

/** Every recipe that can be named; of one task cheap ones first, as a choice among them tries them in this order. */
export const recipes: readonly RecipeEntry[] = [
  text("text-classification", "embedding-bag", "n-grams, embedding bag, softmax: seconds on a CPU"),
  text("text-dense", "text-dense", "bag of words, perceptron 100-500"),
  text("text-nearest", "text-nearest", "a pretrained encoder and ten examples a class"),
  text("text-zero-shot", "text-zero-shot", "a pretrained encoder and descriptions, no examples"),
  text("text-encoder", "text-encoder", "a pretrained encoder, softmax: knows meanings"),
  text("text-recurrent", "text-recurrent", "embedding, two LSTM layers: reads words in order"),
  text("text-transformer", "text-transformer", "two small Transformer layers: minutes on a CPU", {
    tokens: { length: 240, keep: "ends" },
  }),
  text("text-chinese", "embedding-bag", "runs of 1 to 3 characters, embedding bag: seconds", {
    training: { rate: 0.001, epochs: 6 },
  }),
  text("text-chinese-recurrent", "text-recurrent", "words by jieba, one GRU layer in both directions", {
    tokens: chineseWords,
    width: 64,
    cell: "gru",
    layers: 1,
    direction: "both",
    dropout: 0.4,
    token_dropout: 0.3,
    training: { epochs: 4, rate: 0.002 },
  }),
  text("text-chinese-transformer", "text-transformer", "words by jieba, two small Transformer layers", {
    tokens: chineseWords,
    dropout: 0.2,
    token_dropout: 0.3,
    training: { epochs: 4, rate: 0.001 },
  }),
  text("text-encoder-tuned", "text-encoder", "the same as text-encoder, the encoder fine-tuned", { train: "all" }),
  text("text-transformer-512", "text-transformer", "a Transformer of width 512: hours on a CPU", {
    width: 512,
    heads: 8,
    hidden: 2_048,
  }),
  entry(
    "language-model-recurrent",
    "language-model",
    "recurrent-language-model",
    "words, embedding, LSTM, softmax: continues text",
  ),
  entry(
    "language-model-decoder",
    "language-model",
    "decoder-language-model",
    "byte pairs, causal Transformer: continues text",
  ),
  entry("word-vectors", "word-vectors", "word-vectors", "a vector for each word: answers the nearest words"),
  entry(
    "table-classification",
    "table-classification",
    "table-mlp",
    "small perceptrons over columns: seconds on a CPU",
  ),
  entry("table-regression", "table-regression", "table-mlp", "the same, to estimate a number"),
  entry("image-classification", "image-classification", "image-cnn", "convolutions 32, 64, 64: minutes on a CPU"),
];

function text(name: string, architecture: Recipe["architecture"], summary: string, fields: object = {}): RecipeEntry {
  return entry(name, "text-classification", architecture, summary, fields);
}

/** What `fields` leave out has its default. */
function entry(
  name: string,
  task: Task,
  architecture: Recipe["architecture"],
  summary: string,
  fields: object = {},
): RecipeEntry {
  return { name, summary, recipe: parseRecipe({ name, task, architecture, ...fields }) };
}

export function getRecipe(name: string): RecipeEntry {
  const found = recipes.find((candidate) => candidate.name === name);
  if (!found) throw notFound("recipe", name);
  return found;
}
