import { must } from "../../../kernel/errors.ts";
import { type Objective, softmaxCrossEntropy } from "../../../tensor/index.ts";

/**
 * Mean -ln p of the tokens that follow, from the model's output `logits` [batch · window, tokens] and inputs `labels`
 * int32 and `weights` float32 [batch, window].
 */
export function nextToken(tokens: number, window: number): Objective {
  return {
    name: `next token of ${tokens}`,
    measure(outputs, scope) {
      const logits = must(outputs["logits"], "a language model has an output `logits`");
      const flat = [logits.dim(0)];
      const labels = scope.input("labels", ["batch", window], { type: "int32" }).reshape(flat);
      const weights = scope.input("weights", ["batch", window]).reshape(flat);
      const loss = softmaxCrossEntropy(logits, labels.oneHot(tokens), weights);
      return { loss, weight: weights.sum(), metrics: {} };
    },
    check: () => {},
  };
}
