import { invariant, Refusal } from "../../../kernel/errors.ts";
import { constant } from "../../graph/tensor.ts";
import { checkSampleWeights, type Objective, outputOf, sampleWeights, weightedMean } from "../objective.ts";

export interface MultiLabelOptions {
  readonly labels: number;
  /** For each label, how much its presence counts against its absence, in training. Default 1. */
  readonly presenceWeights?: readonly number[];
  /** The model's output [batch, labels] before the sigmoid. Default `logits`. */
  readonly logits?: string;
}

/**
 * Binary cross-entropy of logits, the mean over labels that are each there or not: inputs `targets` float32
 * [batch, labels] from 0 to 1 and `sampleWeights` float32 [batch], 1 where absent. With one label, a binary classifier.
 */
export function multiLabel({ labels, presenceWeights, logits: output = "logits" }: MultiLabelOptions): Objective {
  invariant(!presenceWeights || presenceWeights.length === labels, "every label has a weight");
  return {
    name: `multiLabel(${[labels, ...(presenceWeights ?? [])].join(" ")})`,
    measure(outputs, scope) {
      const logits = outputOf(outputs, output);
      const targets = scope.input("targets", ["batch", labels]);
      const weights = sampleWeights(scope);
      // -ln of a sigmoid is softplus of its negative, and of its complement softplus: neither overflows
      const missed = logits.neg().softplus().mul(targets);
      const weighted = scope.mode === "train" && presenceWeights ? missed.mul(constant(presenceWeights)) : missed;
      const losses = weighted.add(logits.softplus().mul(targets.neg().add(1)));
      const right = logits.greater(0).equal(targets.greater(0.5)).cast("float32");
      return {
        loss: weightedMean(losses.mean([1]), weights),
        weight: weights.sum(),
        metrics: { accuracy: weightedMean(right.mean([1]), weights) },
      };
    },
    check(batch) {
      const wrong = batch.values?.["targets"]?.find((target) => !(target >= 0 && target <= 1));
      if (wrong !== undefined) throw new Refusal("invalid_data", `The target ${wrong} is not from 0 to 1.`);
      checkSampleWeights(batch);
    },
  };
}
