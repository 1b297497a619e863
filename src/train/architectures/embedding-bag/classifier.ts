import { type Model, defineModel, dense, dropout, embeddingBag, uniform } from "../../../tensor/index.ts";
import type { Settings } from "./settle.ts";

/**
 * Features → embedding bag → optional hidden layer → softmax, with the logits divided by a temperature in what is
 * exported. Without relevance, rows that training never touches would answer with their random start; so they start
 * near zero.
 */
export function textClassifier(settings: Settings, classes: number, temperature: number): Model {
  const { preprocessing, width, hidden, dropout: rate } = settings;
  return defineModel("text-classifier", (scope) => {
    const bag = embeddingBag(scope, "features", { rows: preprocessing.buckets, width, initial: uniform(0.001) });
    const dropped = dropout(scope, "features.dropout", bag, rate); //                             [batch, width]
    const last = hidden > 0 ? dense(scope, "hidden", dropped, { units: hidden, activation: "relu" }) : dropped;
    const logits = dense(scope, "classes", last, { units: classes }); //                          [batch, classes]
    return { logits, probabilities: logits.mul(1 / temperature).softmax() };
  });
}
