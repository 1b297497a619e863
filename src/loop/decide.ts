import type { Comparison, LossComparison, PairedComparison } from "../train/index.ts";

/** Promote the candidate, keep the champion because the candidate is worse, or say that neither is proven. */
export type Decision = "promote" | "keep" | "not_proven";

/** Two-sided level of both tests; the intervals are 95 %. */
const level = 0.05;
const examplesMin = 100;
/** How much accuracy, at the worst end of its interval, better probabilities may cost. */
const accuracyMargin = 0.005;

/**
 * The rule of promotion, on the frozen test set. Either the candidate answers better: the paired bootstrap interval of
 * the accuracy difference lies above zero and the exact McNemar test agrees. Or it knows better how sure to be: the
 * interval of the cross-entropy difference lies below zero, while accuracy is not lower and, by its interval, lower by
 * less than half a point at the worst. Anything less is "not proven", and the champion stays.
 */
export function decide(comparison: Comparison): Decided {
  return "accuracyA" in comparison ? decideClassifiers(comparison) : decideByLoss(comparison);
}

export interface Decided {
  readonly decision: Decision;
  readonly reason: string;
}

/** Models that do not answer with labels: by the interval of the loss difference alone. */
function decideByLoss({ n, measure, difference }: LossComparison): Decided {
  if (n < examplesMin) return tooFew(n);
  if (difference.high < 0) return { decision: "promote", reason: `The interval of ${measure} lies below zero.` };
  if (difference.low > 0) {
    return { decision: "keep", reason: `The candidate is worse: the interval of ${measure} lies above zero.` };
  }
  return { decision: "not_proven", reason: `The interval of ${measure} includes zero.` };
}

const tooFew = (n: number): Decided => ({
  decision: "not_proven",
  reason: `${n} test examples are too few to judge; ${examplesMin} are needed.`,
});

function decideClassifiers(comparison: PairedComparison): Decided {
  const { difference, crossEntropyDifference, mcnemarP, n } = comparison;
  if (n < examplesMin) return tooFew(n);
  const agrees = mcnemarP < level;
  if (difference.low > 0 && agrees) {
    return { decision: "promote", reason: "The interval of the accuracy difference lies above zero; McNemar agrees." };
  }
  if (difference.high < 0 && agrees) {
    return { decision: "keep", reason: "The candidate is worse: the interval lies below zero; McNemar agrees." };
  }
  if (crossEntropyDifference.high < 0 && difference.value >= 0 && difference.low > -accuracyMargin) {
    return {
      decision: "promote",
      reason: "Its probabilities are proved better (cross-entropy), and its accuracy is not worse.",
    };
  }
  return {
    decision: "not_proven",
    reason: agrees
      ? "The interval of the accuracy difference includes zero."
      : "The difference may be chance: McNemar's p is not below 0.05.",
  };
}
