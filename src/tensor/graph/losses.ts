import { invariant } from "../../kernel/errors.ts";
import { make, type Tensor } from "./tensor.ts";

/**
 * As `softmaxCrossEntropy` with one label a row: logits [n, classes], integer labels [n], weights [n], not all zero. No
 * matrix of targets is made, which pays where classes are many. A row of weight 0 may have the label -1.
 */
export function labelCrossEntropy(logits: Tensor, labels: Tensor, weights: Tensor, labelSmoothing = 0): Tensor {
  const classes = logits.dim(-1);
  invariant(typeof classes === "number", "the number of classes is known");
  return make("labelCrossEntropy", [logits, labels, weights], { labelSmoothing, classes });
}

/**
 * -ln of the probability of each row of labels [batch], summed over its alignments with a sequence: logits
 * [batch, length, classes] in which class 0 is the blank, int32 labels [batch, labels] padded with -1, int32 lengths
 * [batch] of the sequences (Graves, Fernández, Gomez and Schmidhuber 2006).
 */
export function ctcLoss(logits: Tensor, labels: Tensor, lengths: Tensor): Tensor {
  return make("ctc", [logits.logSoftmax(), labels, lengths], {}).pick(0);
}
