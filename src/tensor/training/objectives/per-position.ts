import { Refusal } from "../../../kernel/errors.ts";
import { labelCrossEntropy } from "../../graph/losses.ts";
import { productDim } from "../../graph/shape.ts";
import { accuracyOf, checkLabels, type Objective, outputOf } from "../objective.ts";

export interface PerPositionOptions {
  readonly classes: number;
  /** Default 0. Applies to the training loss only. */
  readonly labelSmoothing?: number;
  /** The model's output [batch, length, classes] before softmax. Default `logits`. */
  readonly logits?: string;
  /** Whether accuracy is reported. Default true. */
  readonly accuracy?: boolean;
}

/**
 * Softmax cross-entropy at every position of a sequence, as language models and taggers need it: the input `labels` int32
 * [batch, length], where -1 is padding and counts nothing. All positions weigh the same, whichever their sequence; the
 * metric `perplexity` is e to the mean loss.
 */
export function perPosition(options: PerPositionOptions): Objective {
  const { classes, labelSmoothing = 0, logits: output = "logits", accuracy = true } = options;
  return {
    name: `perPosition(${classes}, smoothing ${labelSmoothing})`,
    measure(outputs, scope) {
      const logits = outputOf(outputs, output);
      const shape = logits.shape.slice(0, -1);
      const labels = scope.input("labels", shape, { type: "int32" }).reshape([productDim(shape)]); // [batch * length]
      const weights = labels.cast("float32").greater(-0.5).cast("float32");
      const rows = logits.flattenRows();
      const loss = labelCrossEntropy(rows, labels, weights, scope.mode === "train" ? labelSmoothing : 0);
      return { loss, weight: weights.sum(), metrics: accuracy ? { accuracy: accuracyOf(rows, labels, weights) } : {} };
    },
    check(batch) {
      checkLabels(batch, -1, classes);
      if (batch.values?.["labels"]?.every((label) => label < 0)) {
        throw new Refusal("invalid_data", "A batch has no position whose label counts.");
      }
    },
    derive: ({ loss }) => ({ perplexity: Math.exp(loss) }),
  };
}
