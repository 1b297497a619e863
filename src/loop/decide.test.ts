import { describe, expect, it } from "vitest";
import type { LossComparison, PairedComparison } from "../train/index.ts";
import { type Decision, decide } from "./decide.ts";

const estimate = (value: number, low: number, high: number) => ({ value, low, high });

function comparison(change: Partial<PairedComparison>): PairedComparison {
  return {
    n: 1_000,
    accuracyA: 0.96,
    accuracyB: 0.98,
    difference: estimate(0.02, 0.01, 0.03),
    crossEntropyDifference: estimate(-0.03, -0.05, -0.01),
    discordant: { onlyA: 5, onlyB: 25 },
    mcnemarP: 0.0003,
    unpaired: 0,
    ...change,
  };
}

describe("the rule of promotion", () => {
  const rows: readonly [story: string, change: Partial<PairedComparison>, decision: Decision, says: RegExp][] = [
    ["better answers, both tests agree", {}, "promote", /above zero/],
    [
      "better by the interval, but McNemar doubts, and probabilities too",
      { mcnemarP: 0.06, crossEntropyDifference: estimate(0, -0.01, 0.01) },
      "not_proven",
      /chance/,
    ],
    [
      "an interval that touches zero",
      { difference: estimate(0.01, 0, 0.02), crossEntropyDifference: estimate(0, -0.01, 0.01) },
      "not_proven",
      /includes zero/,
    ],
    ["worse answers", { difference: estimate(-0.02, -0.03, -0.01) }, "keep", /worse/],
    [
      "worse answers with better probabilities",
      { difference: estimate(-0.02, -0.03, -0.01), crossEntropyDifference: estimate(-0.1, -0.2, -0.05) },
      "keep",
      /worse/,
    ],
    [
      "better probabilities, accuracy a little up",
      { difference: estimate(0.002, -0.004, 0.008), mcnemarP: 0.5 },
      "promote",
      /probabilities/,
    ],
    [
      "better probabilities, accuracy might be a point down",
      { difference: estimate(0.002, -0.01, 0.012), mcnemarP: 0.5 },
      "not_proven",
      /chance/,
    ],
    [
      "better probabilities, accuracy a little down",
      { difference: estimate(-0.001, -0.004, 0.002), mcnemarP: 0.5 },
      "not_proven",
      /chance/,
    ],
    ["ninety-nine test examples prove nothing", { n: 99 }, "not_proven", /too few/],
    [
      "two equal models",
      { difference: estimate(0, 0, 0), crossEntropyDifference: estimate(0, 0, 0), mcnemarP: 1 },
      "not_proven",
      /chance/,
    ],
  ];
  it.each(rows)("%s", (_story, change, decision, says) => {
    const verdict = decide(comparison(change));
    expect(verdict.decision).toBe(decision);
    expect(verdict.reason).toMatch(says);
  });
});

describe("the rule for models that do not answer with labels", () => {
  const byLoss = (low: number, high: number, n = 1_000): LossComparison => ({
    measure: "squared error",
    n,
    lossA: 2,
    lossB: 1,
    difference: estimate((low + high) / 2, low, high),
    unpaired: 0,
  });
  const rows: readonly [story: string, comparison: LossComparison, decision: Decision][] = [
    ["a lower loss for sure", byLoss(-1, -0.1), "promote"],
    ["a higher loss for sure", byLoss(0.1, 1), "keep"],
    ["an interval with zero in it", byLoss(-1, 0.1), "not_proven"],
    ["too few examples", byLoss(-1, -0.1, 99), "not_proven"],
  ];
  it.each(rows)("%s", (_story, facts, decision) => expect(decide(facts).decision).toBe(decision));
});
