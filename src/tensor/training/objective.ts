import { must, Refusal } from "../../kernel/errors.ts";
import { softmaxCrossEntropy, type Tensor } from "../graph/tensor.ts";
import type { Outputs, Scope } from "../model/model.ts";
import type { Batch } from "./batch.ts";

/** What training makes small. `loss` and `metrics` are means over the batch, `weight` is what they are weighted by. */
export interface Measured {
  readonly loss: Tensor;
  readonly weight: Tensor;
  readonly metrics: { readonly [name: string]: Tensor };
}

export interface Objective {
  readonly name: string;
  /** Adds targets to the scope and the loss to the graph. */
  measure(outputs: Outputs, scope: Scope): Measured;
  /** Refuses with `invalid_data` a batch whose targets make no sense. */
  check(batch: Batch): void;
}

export interface ClassificationOptions {
  readonly classes: number;
  /** Default 0. Applies to the training loss only. */
  readonly labelSmoothing?: number;
  /** The model's output [batch, classes] before softmax. Default `logits`. */
  readonly logits?: string;
  /** Whether accuracy is reported. Default true. */
  readonly accuracy?: boolean;
}

/** Softmax cross-entropy with inputs `labels` int32 [batch] and `sampleWeights` float32 [batch], 1 where absent. */
export function classification(options: ClassificationOptions): Objective {
  const { classes, labelSmoothing = 0, logits: output = "logits", accuracy = true } = options;
  return {
    name: `classification(${classes}, smoothing ${labelSmoothing})`,
    measure(outputs, scope) {
      const logits = must(outputs[output], `the model has an output "${output}"`);
      const labels = scope.input("labels", ["batch"], { type: "int32" });
      const weights = scope.input("sampleWeights", ["batch"], { absent: 1 });
      const smoothing = scope.mode === "train" ? labelSmoothing : 0;
      const loss = softmaxCrossEntropy(logits, labels.oneHot(classes), weights, smoothing);
      const weight = weights.sum();
      if (!accuracy) return { loss, weight, metrics: {} };
      const right = logits.argMax().cast("int32").equal(labels).cast("float32");
      return { loss, weight, metrics: { accuracy: right.mul(weights).sum().div(weight) } };
    },
    check({ values }) {
      const wrong = values?.["labels"]?.find((label) => label < 0 || label >= classes);
      if (wrong !== undefined)
        throw new Refusal("invalid_data", `The label ${wrong} is outside the ${classes} classes.`);
      const weights = values?.["sampleWeights"];
      if (weights && !weights.some((weight) => weight > 0)) {
        throw new Refusal("invalid_data", "A batch has no example whose weight is above zero.");
      }
    },
  };
}
