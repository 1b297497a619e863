import type { Estimate } from "../../models/index.ts";
import type { Recipe } from "../architectures/index.ts";
import { studentQuantile } from "../distributions.ts";
import { type Strategy, mean } from "./strategy.ts";
import { type MeasuredTrial, isMeasured } from "./trial.ts";

export interface CrossValidationSpec {
  readonly kind: "cross-validation";
  readonly recipe: Recipe;
  readonly folds: number;
}

export interface CrossValidationOutcome {
  readonly kind: "cross-validation";
  readonly measure: string;
  readonly folds: readonly {
    readonly trained: number;
    readonly examples: number;
    readonly error: number;
    readonly loss: number;
    readonly tookMs: number;
  }[];
  /** Over the folds. */
  readonly error: Estimate;
  readonly loss: Estimate;
}

/** Each fold measures once what was trained on the others. */
export const crossValidation: Strategy<CrossValidationSpec, CrossValidationOutcome> = {
  next({ recipe, folds }, { seed, trials }) {
    const fold = trials.length;
    return fold === folds ? null : { recipe, part: { kind: "fold", fold, folds }, seed, limit: null };
  },
  share: ({ folds }, { trials }) => trials.length / folds,
  async conclude(_spec, { trials }) {
    const measured = trials.filter(isMeasured);
    return {
      kind: "cross-validation",
      measure: measured[0]?.outcome.measure ?? "error",
      folds: measured.map(({ outcome: { trained, examples, error, loss, tookMs } }) => {
        return { trained, examples, error, loss, tookMs };
      }),
      error: overFolds(measured, ({ outcome }) => outcome.error),
      loss: overFolds(measured, ({ outcome }) => outcome.loss),
    };
  },
};

/**
 * The mean over folds with its 95 % interval by the corrected resampled t of Nadeau and Bengio (2003, "Inference for the
 * Generalization Error"): folds share training examples, so the variance of the mean is s² (1/k + n₂/n₁) and not s²/k, for
 * n₁ trained and n₂ measured examples.
 */
export function overFolds(folds: readonly MeasuredTrial[], figure: (trial: MeasuredTrial) => number): Estimate {
  const values = folds.map(figure);
  const value = mean(values);
  const k = values.length;
  if (k < 2) return { value, low: value, high: value };
  const variance = values.reduce((sum, one) => sum + (one - value) ** 2, 0) / (k - 1);
  const ratio = mean(folds.map(({ outcome }) => outcome.examples / Math.max(1, outcome.trained)));
  const reach = studentQuantile(0.975, k - 1) * Math.sqrt(variance * (1 / k + ratio));
  return { value, low: Math.max(0, value - reach), high: value + reach };
}
