import { type Scope, type Tensor, dense, dropout, embedding, gru, lstm, meanOverTime } from "../../../tensor/index.ts";
import type { Architecture } from "../architecture.ts";
import { type Sequences, dropTokens, trainSequences } from "../sequences/train.ts";
import type { TextRecurrentRecipe } from "./recipe.ts";

/** Embedding, recurrent layers, softmax. */
export const textRecurrent: Architecture<TextRecurrentRecipe> = {
  train(input) {
    const { recipe } = input;
    const { width, cell, units, layers, direction, pool, dropout, token_dropout } = recipe;
    return trainSequences(input, {
      name: "text-recurrent",
      logits: (scope, sequences, classes) => logits(recipe, scope, sequences, classes),
      auto: auto(input.train.inputs.length),
      settings: { width, cell, units, layers, direction, pool, dropout, token_dropout },
      description: `Word by word through ${layers} recurrent layers (${cell}) of ${units} units, then softmax.`,
      limits: ["It learned language from these examples alone: words they lack mean nothing to it."],
    });
  },
};

/** About this many steps suffice; measured on mails and reviews. */
const stepsAimed = 900;
const batchAuto = 32;

function auto(examples: number) {
  const epochs = Math.round(stepsAimed / Math.ceil(examples / batchAuto));
  return { batch: batchAuto, epochs: Math.min(30, Math.max(4, epochs)), rate: 0.004 };
}

/** tokens [batch, length] → [batch, classes] */
function logits(recipe: TextRecurrentRecipe, scope: Scope, sequences: Sequences, classes: number): Tensor {
  const { width, cell, units, layers, direction, pool, dropout: rate } = recipe;
  const { tokens, lengths, ids } = sequences;
  const rows = embedding(scope, "words", tokens, { rows: ids, width });
  const words = dropTokens(scope, rows, recipe.token_dropout); // [batch, length, width]
  const options = { units, layers, direction, lengths, dropout: rate };
  const layer = cell === "lstm" ? lstm : gru;
  const states =
    pool === "last"
      ? layer(scope, "recurrent", words, { ...options, outputs: "last" })
      : meanOverTime(layer(scope, "recurrent", words, options), lengths); // [batch, units]
  return dense(scope, "classes", dropout(scope, "recurrent.dropout", states, rate), { units: classes });
}
