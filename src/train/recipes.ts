import { notFound } from "../kernel/errors.ts";
import { type Recipe, parseRecipe } from "./recipe.ts";

export interface RecipeEntry {
  readonly name: string;
  /** One line for a table. */
  readonly summary: string;
  readonly recipe: Recipe;
}

/** Every recipe that can be named. */
export const recipes: readonly RecipeEntry[] = [
  {
    name: "text-classification",
    summary: "n-grams, embedding bag, softmax: seconds on a CPU",
    recipe: parseRecipe({ name: "text-classification", task: "text-classification", architecture: "embedding-bag" }),
  },
  {
    name: "text-dense",
    summary: "bag of words, perceptron 100-500",
    recipe: parseRecipe({ name: "text-dense", task: "text-classification", architecture: "text-dense" }),
  },
  {
    name: "text-recurrent",
    summary: "embedding, two LSTM layers: reads words in order",
    recipe: parseRecipe({ name: "text-recurrent", task: "text-classification", architecture: "text-recurrent" }),
  },
  {
    name: "text-transformer",
    summary: "two small Transformer layers: minutes on a CPU",
    recipe: parseRecipe({ name: "text-transformer", task: "text-classification", architecture: "text-transformer" }),
  },
  {
    name: "text-transformer-512",
    summary: "the same as published, width 512: hours on a CPU",
    recipe: parseRecipe({
      name: "text-transformer-512",
      task: "text-classification",
      architecture: "text-transformer",
      width: 512,
      heads: 8,
      hidden: 2_048,
    }),
  },
  {
    name: "text-chinese",
    summary: "runs of 1 to 3 characters, embedding bag: seconds",
    recipe: parseRecipe({
      name: "text-chinese",
      task: "text-classification",
      architecture: "embedding-bag",
      training: { rate: 0.001, epochs: 6 },
    }),
  },
  {
    name: "text-chinese-recurrent",
    summary: "words by jieba, one GRU layer in both directions",
    recipe: parseRecipe({
      name: "text-chinese-recurrent",
      task: "text-classification",
      architecture: "text-recurrent",
      tokens: { unit: "chinese-words", length: 200 },
      width: 64,
      cell: "gru",
      layers: 1,
      direction: "both",
      dropout: 0.4,
      token_dropout: 0.3,
      training: { epochs: 4, rate: 0.002 },
    }),
  },
  {
    name: "text-chinese-transformer",
    summary: "words by jieba, two small Transformer layers",
    recipe: parseRecipe({
      name: "text-chinese-transformer",
      task: "text-classification",
      architecture: "text-transformer",
      tokens: { unit: "chinese-words", length: 200 },
      dropout: 0.2,
      token_dropout: 0.3,
      training: { epochs: 4, rate: 0.001 },
    }),
  },
  {
    name: "text-encoder",
    summary: "a pretrained encoder, softmax: knows meanings",
    recipe: parseRecipe({ name: "text-encoder", task: "text-classification", architecture: "text-encoder" }),
  },
  {
    name: "text-encoder-tuned",
    summary: "the same with the encoder fine-tuned",
    recipe: parseRecipe({
      name: "text-encoder-tuned",
      task: "text-classification",
      architecture: "text-encoder",
      train: "all",
    }),
  },
  {
    name: "text-nearest",
    summary: "a pretrained encoder and ten examples a class",
    recipe: parseRecipe({ name: "text-nearest", task: "text-classification", architecture: "text-nearest" }),
  },
  {
    name: "text-zero-shot",
    summary: "a pretrained encoder and descriptions, no examples",
    recipe: parseRecipe({ name: "text-zero-shot", task: "text-classification", architecture: "text-zero-shot" }),
  },
  {
    name: "language-model-recurrent",
    summary: "words, embedding, LSTM, softmax: continues text",
    recipe: parseRecipe({
      name: "language-model-recurrent",
      task: "language-model",
      architecture: "recurrent-language-model",
    }),
  },
  {
    name: "language-model-decoder",
    summary: "byte pairs, causal Transformer: continues text",
    recipe: parseRecipe({
      name: "language-model-decoder",
      task: "language-model",
      architecture: "decoder-language-model",
    }),
  },
  {
    name: "word-vectors",
    summary: "a vector for each word: answers the nearest words",
    recipe: parseRecipe({ name: "word-vectors", task: "word-vectors", architecture: "word-vectors" }),
  },
  {
    name: "table-classification",
    summary: "small perceptrons over columns: seconds on a CPU",
    recipe: parseRecipe({ name: "table-classification", task: "table-classification", architecture: "table-mlp" }),
  },
  {
    name: "table-regression",
    summary: "the same, to estimate a number",
    recipe: parseRecipe({ name: "table-regression", task: "table-regression", architecture: "table-mlp" }),
  },
  {
    name: "image-classification",
    summary: "convolutions 32, 64, 64: minutes on a CPU",
    recipe: parseRecipe({ name: "image-classification", task: "image-classification", architecture: "image-cnn" }),
  },
];

export function getRecipe(name: string): RecipeEntry {
  const entry = recipes.find((candidate) => candidate.name === name);
  if (!entry) throw notFound("recipe", name);
  return entry;
}
