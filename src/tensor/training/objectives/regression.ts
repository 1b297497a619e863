import { Refusal } from "../../../kernel/errors.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { checkSampleWeights, type Objective, outputOf, sampleWeights, weightedMean } from "../objective.ts";

export interface RegressionOptions {
  /**
   * Of an error e: e² (the default), |e|, or e² / 2 up to a size `huber` and huber · (|e| - huber / 2) beyond (Huber 1964),
   * which outliers pull less.
   */
  readonly error?: "squared" | "absolute" | { readonly huber: number };
  /** The model's output [batch] or [batch, n]. Default `prediction`. */
  readonly prediction?: string;
}

/**
 * Numbers: inputs `targets` float32 in the shape of the prediction and `sampleWeights` float32 [batch], 1 where absent.
 * Reports `absoluteError` and `rootSquaredError`, whichever is made small.
 */
export function regression({ error = "squared", prediction = "prediction" }: RegressionOptions = {}): Objective {
  return {
    name: `regression(${typeof error === "string" ? error : `huber ${error.huber}`})`,
    measure(outputs, scope) {
      const predicted = outputOf(outputs, prediction);
      const off = predicted.sub(scope.input("targets", predicted.shape));
      const weights = sampleWeights(scope);
      const mean = (x: Tensor): Tensor =>
        weightedMean(x.rank === 1 ? x : x.mean([...x.shape.keys()].slice(1)), weights);
      return {
        loss: mean(lossOf(off, error)),
        weight: weights.sum(),
        metrics: { absoluteError: mean(off.abs()), squaredError: mean(off.square()) },
      };
    },
    check(batch) {
      const wrong = batch.values?.["targets"]?.find((target) => !Number.isFinite(target));
      if (wrong !== undefined) throw new Refusal("invalid_data", `A target is ${wrong}, which is no number to learn.`);
      checkSampleWeights(batch);
    },
    derive: (means) => ({ rootSquaredError: Math.sqrt(means["squaredError"] ?? Number.NaN) }),
  };
}

function lossOf(off: Tensor, error: NonNullable<RegressionOptions["error"]>): Tensor {
  if (error === "squared") return off.square();
  if (error === "absolute") return off.abs();
  const near = off.clip(-error.huber, error.huber); // huber · sign e beyond, so one formula serves both parts
  return near.mul(off.sub(near.mul(0.5)));
}
