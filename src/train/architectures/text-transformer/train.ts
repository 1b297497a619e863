import {
  type Scope,
  type Tensor,
  addPositions,
  dense,
  dropout,
  embedding,
  meanOverTime,
  normal,
  transformerEncoder,
} from "../../../tensor/index.ts";
import type { Architecture } from "../architecture.ts";
import { type Sequences, dropTokens, trainSequences } from "../sequences/train.ts";
import type { TextTransformerRecipe } from "./recipe.ts";

/** Embedding with positions, Transformer layers, mean over the text, softmax. */
export const textTransformer: Architecture<TextTransformerRecipe> = {
  train(input) {
    const { recipe } = input;
    const { width, heads, hidden, layers, dropout, token_dropout, positions } = recipe;
    return trainSequences(input, {
      name: "text-transformer",
      logits: (scope, sequences, classes) => logits(recipe, scope, sequences, classes),
      auto: auto(input.train.inputs.length, width),
      settings: { width, heads, hidden, layers, dropout, token_dropout, positions },
      description: `Every word attends to every other in ${layers} Transformer layers of ${heads} heads; their mean, then softmax.`,
      limits: ["It learned language from these examples alone: words they lack mean nothing to it."],
    });
  },
};

/** About this many steps suffice; measured on mails and reviews. */
const stepsAimed = 900;
const batchAuto = 32;

function auto(examples: number, width: number) {
  const epochs = Math.round(stepsAimed / Math.ceil(examples / batchAuto));
  return { batch: batchAuto, epochs: Math.min(30, Math.max(4, epochs)), rate: 0.016 / Math.sqrt(width) };
}

/** tokens [batch, length] → [batch, classes] */
function logits(recipe: TextTransformerRecipe, scope: Scope, sequences: Sequences, classes: number): Tensor {
  const { width, heads, hidden, layers, dropout: rate, positions } = recipe;
  const { tokens, lengths, ids, lengthMax } = sequences;
  const words = embedding(scope, "words", tokens, { rows: ids, width, initial: normal(1) }); // [batch, length, width]
  const placed = addPositions(scope, "positions", dropTokens(scope, words, recipe.token_dropout), {
    lengthMax,
    kind: positions,
  });
  const first = dropout(scope, "words.dropout", placed, rate);
  const encoded = transformerEncoder(scope, "encoder", first, { layers, heads, hidden, lengths, dropout: rate });
  return dense(scope, "classes", dropout(scope, "mean.dropout", meanOverTime(encoded, lengths), rate), {
    units: classes,
  });
}
