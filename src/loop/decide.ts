import type { PairedComparison } from "../train/index.ts";

/** Promote the candidate, keep the champion because the candidate is worse, or say that neither is proven. */
export type Decision = "promote" | "keep" | "not_proven";

/** Two-sided level of both tests; the interval of the difference is 95 %. */
const level = 0.05;
const examplesMin = 100;

/**
 * The rule of promotion, on the frozen test set: the paired bootstrap interval of the accuracy difference excludes zero
 * and the exact McNemar test agrees. Anything less is "not proven", and the champion stays.
 */
export function decide(comparison: PairedComparison): { readonly decision: Decision; readonly reason: string } {
  const { difference, mcnemarP, n } = comparison;
  if (n < examplesMin) {
    return { decision: "not_proven", reason: `${n} test examples are too few to judge; ${examplesMin} are needed.` };
  }
  const agrees = mcnemarP < level;
  if (difference.low > 0 && agrees) {
    return {
      decision: "promote",
      reason: "The interval of the accuracy difference lies above zero and McNemar agrees.",
    };
  }
  if (difference.high < 0 && agrees) {
    return { decision: "keep", reason: "The candidate is worse: the interval lies below zero and McNemar agrees." };
  }
  return {
    decision: "not_proven",
    reason: agrees
      ? "The interval of the accuracy difference includes zero."
      : "The difference may be chance: McNemar's p is not below 0.05.",
  };
}
