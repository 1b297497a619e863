import { invariant, must, Refusal } from "../../kernel/errors.ts";
import { labelCrossEntropy } from "../graph/losses.ts";
import { constant, softmaxCrossEntropy, type Tensor } from "../graph/tensor.ts";
import type { Outputs, Scope } from "../model/model.ts";
import type { Batch } from "./batch.ts";
import type { Means } from "./curves.ts";

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
  /** Metrics of an epoch that are no means themselves but follow from means, as a perplexity from the mean loss. */
  derive?(means: Means): { readonly [metric: string]: number };
}

/** The output of a model that an objective reads. */
export const outputOf = (outputs: Outputs, name: string): Tensor =>
  must(outputs[name], `the model has an output "${name}"`);

/** The input `sampleWeights` float32 [batch], 1 where absent. */
export const sampleWeights = (scope: Scope): Tensor => scope.input("sampleWeights", ["batch"], { absent: 1 });

/** Σ xs · weights / Σ weights, of [n] and [n]. */
export const weightedMean = (xs: Tensor, weights: Tensor): Tensor => xs.mul(weights).sum().div(weights.sum());

/** The weighted share of rows [n, classes] whose largest element is where `labels` [n] says. */
export const accuracyOf = (rows: Tensor, labels: Tensor, weights: Tensor): Tensor =>
  weightedMean(rows.argMax().equal(labels.cast("int64")).cast("float32"), weights);

export function checkSampleWeights({ values }: Batch): void {
  const weights = values?.["sampleWeights"];
  if (weights && !weights.some((weight) => weight > 0)) {
    throw new Refusal("invalid_data", "A batch has no example whose weight is above zero.");
  }
}

/** Refuses labels that are not among `from` … `classes` - 1. */
export function checkLabels({ values }: Batch, from: number, classes: number): void {
  const wrong = values?.["labels"]?.find((label) => label < from || label >= classes);
  if (wrong !== undefined) throw new Refusal("invalid_data", `The label ${wrong} is outside the ${classes} classes.`);
}

export interface ClassificationOptions {
  readonly classes: number;
  /** Default 0. Applies to the training loss only. */
  readonly labelSmoothing?: number;
  /** For each class, how much its examples count in training, in loss and accuracy alike. Default 1. */
  readonly classWeights?: readonly number[];
  /** `soft`: the input `targets` float32 [batch, classes], rows that sum to 1, in place of `labels`. */
  readonly targets?: "labels" | "soft";
  /** The model's output [batch, classes] before softmax. Default `logits`. */
  readonly logits?: string;
  /** Whether accuracy is reported. Default true. */
  readonly accuracy?: boolean;
}

/** Softmax cross-entropy with inputs `labels` int32 [batch] and `sampleWeights` float32 [batch], 1 where absent. */
export function classification(options: ClassificationOptions): Objective {
  const { classes, labelSmoothing = 0, classWeights, targets = "labels", logits: output = "logits" } = options;
  invariant(!classWeights || classWeights.length === classes, "every class has a weight");
  const parts = [`smoothing ${labelSmoothing}`, ...(classWeights ? [`weights ${classWeights.join(" ")}`] : [])];
  return {
    name: `classification(${[classes, ...parts, ...(targets === "soft" ? ["soft"] : [])].join(", ")})`,
    measure(outputs, scope) {
      const logits = outputOf(outputs, output);
      const soft = targets === "soft" ? scope.input("targets", ["batch", classes]) : undefined;
      const labels = soft ? soft.argMax() : scope.input("labels", ["batch"], { type: "int32" });
      const given = sampleWeights(scope);
      const training = scope.mode === "train";
      const weights = training && classWeights ? given.mul(constant(classWeights).gatherRows(labels)) : given;
      const smoothing = training ? labelSmoothing : 0;
      const loss = soft
        ? softmaxCrossEntropy(logits, soft, weights, smoothing)
        : labelCrossEntropy(logits, labels, weights, smoothing);
      const metrics = (options.accuracy ?? true) ? { accuracy: accuracyOf(logits, labels, weights) } : {};
      return { loss, weight: weights.sum(), metrics };
    },
    check(batch) {
      if (targets === "labels") checkLabels(batch, 0, classes);
      else checkDistributions(batch, classes);
      checkSampleWeights(batch);
    },
  };
}

function checkDistributions({ values, size }: Batch, classes: number): void {
  const targets = values?.["targets"];
  if (targets?.length !== size * classes) return; // refused when it is fed
  for (let row = 0; row < size; row++) {
    const shares = Array.from(targets.subarray(row * classes, (row + 1) * classes));
    const sum = shares.reduce((total, share) => total + share, 0);
    if (Math.abs(sum - 1) < 1e-3 && shares.every((share) => share >= 0)) continue;
    throw new Refusal("invalid_data", `The targets of example ${row} are no distribution: they sum to ${sum}.`);
  }
}
