import { describe, expect, it } from "vitest";
import { type Random, seededRandom } from "../kernel/random.ts";
import { compareClassifiers, mcnemarExact } from "./paired.ts";
import { renderPaired } from "./render-paired.ts";
import type { ScoredExamples } from "./scored.ts";

/** A model that has these examples right, each with probability 0.9. */
function answering(right: readonly boolean[], keys = right.map((_, i) => `ex_${i}`)): ScoredExamples {
  return {
    labels: ["a", "b"],
    keys,
    truth: new Int32Array(right.length),
    probabilities: Float32Array.from(right.flatMap((isRight) => (isRight ? [0.9, 0.1] : [0.1, 0.9]))),
  };
}

describe("McNemar's exact test", () => {
  // two-sided binomial at 1/2: 2 · P(X ≤ min), from the binomial coefficients
  const table: [onlyA: number, onlyB: number, p: number][] = [
    [0, 0, 1],
    [0, 1, 1],
    [0, 5, 0.0625],
    [0, 6, 0.03125],
    [1, 9, 0.021484375],
    [9, 1, 0.021484375],
    [5, 5, 1],
    [10, 20, 0.0987369],
    [200, 260, 0.0058],
    [0, 1_000, 0],
  ];
  it.each(table)("%i against %i", (onlyA, onlyB, p) => {
    expect(mcnemarExact(onlyA, onlyB)).toBeCloseTo(p, p > 0.01 ? 6 : 3);
  });
});

describe("a paired comparison", () => {
  const a = answering(Array.from({ length: 100 }, (_, i) => i < 80));
  const b = answering(Array.from({ length: 100 }, (_, i) => i < 70 || i >= 78));

  it("counts who alone is right", () => {
    const comparison = compareClassifiers(a, b, { seed: 1 });
    expect(comparison).toMatchObject({
      n: 100,
      accuracyA: 0.8,
      accuracyB: 0.92,
      discordant: { onlyA: 8, onlyB: 20 },
      unpaired: 0,
    });
    expect(comparison.difference.value).toBeCloseTo(0.12, 10);
    expect(comparison.crossEntropyDifference.value).toBeCloseTo(-0.12 * Math.log(9), 5);
    expect(comparison.mcnemarP).toBeCloseTo(0.0357, 4);
  });

  it("turned round has the opposite sign", () => {
    const forth = compareClassifiers(a, b, { seed: 1 });
    const back = compareClassifiers(b, a, { seed: 1 });
    expect(back.difference.low).toBeCloseTo(-forth.difference.high, 10);
    expect(back.difference.high).toBeCloseTo(-forth.difference.low, 10);
    expect(back.mcnemarP).toBe(forth.mcnemarP);
  });

  it("of a model with itself is nothing, exactly", () => {
    expect(compareClassifiers(a, a, { seed: 1 })).toMatchObject({
      difference: { value: 0, low: 0, high: 0 },
      crossEntropyDifference: { value: 0, low: 0, high: 0 },
      mcnemarP: 1,
    });
  });

  it("pairs by example, whatever the order, and leaves out what only one has seen", () => {
    const mixed = answering([true, false, true], ["ex_99", "ex_0", "new"]);
    expect(compareClassifiers(a, mixed, { seed: 1 })).toMatchObject({
      n: 2,
      discordant: { onlyA: 1, onlyB: 1 },
      unpaired: 99,
    });
  });

  it("pairs models whose labels have another order", () => {
    const turned: ScoredExamples = {
      ...a,
      labels: ["b", "a"],
      truth: Int32Array.from(a.truth, () => 1),
      probabilities: Float32Array.from(a.keys.flatMap((_, i) => (i < 80 ? [0.1, 0.9] : [0.9, 0.1]))),
    };
    expect(compareClassifiers(a, turned, { seed: 1 }).discordant).toEqual({ onlyA: 0, onlyB: 0 });
  });

  it("is refused without a common example, or when the truth changed", () => {
    const strangers = answering([true], ["other"]);
    expect(() => compareClassifiers(a, strangers, { seed: 1 })).toThrow(/not evaluated on any common example/);
    const relabelled = { ...a, truth: Int32Array.from(a.truth, () => 1) };
    expect(() => compareClassifiers(a, relabelled, { seed: 1 })).toThrow(/disagree on the true label/);
  });

  it("is told in 80 columns", () => {
    for (const line of renderPaired(compareClassifiers(a, b, { seed: 1 })).split("\n"))
      expect(line.length).toBeLessThan(81);
  });
});

describe("two models that are equally good", () => {
  /** Examples differ in difficulty, which both share; beyond it chance decides for each alone. */
  const oneTrial = (random: Random): [ScoredExamples, ScoredExamples] => {
    const easiness = Array.from({ length: 300 }, () => (random.next() < 0.7 ? 0.98 : 0.7));
    return [answering(easiness.map((p) => random.next() < p)), answering(easiness.map((p) => random.next() < p))];
  };

  it("are told apart by mistake in at most one of twenty comparisons", { timeout: 30_000 }, () => {
    const random = seededRandom("null");
    const trials = 400;
    let [byMcnemar, byInterval] = [0, 0];
    for (let i = 0; i < trials; i++) {
      const { mcnemarP, difference } = compareClassifiers(...oneTrial(random), { seed: i, resamples: 200 });
      if (mcnemarP < 0.05) byMcnemar++;
      if (difference.low > 0 || difference.high < 0) byInterval++;
    }
    expect(byMcnemar / trials).toBeLessThanOrEqual(0.05); // exact: never more often than it says
    expect(byInterval / trials).toBeLessThan(0.09); // 0.05 and chance: three deviations above
  });
});
