import { describe, expect, it } from "vitest";
import { type ScoredLosses, compareLosses, measureValues } from "./losses.ts";

const scored = (losses: number[], units = losses.map(() => 1), keys = losses.map((_, i) => `e${i}`)): ScoredLosses => ({
  measure: "nats per word",
  keys,
  losses: Float64Array.from(losses),
  units: Float64Array.from(units),
});

describe("two models by a loss", () => {
  it("are compared by loss per unit, not per example", () => {
    const units = [1, 9];
    const { lossA, lossB, difference, n } = compareLosses(scored([4, 9], units), scored([1, 9], units), { seed: 1 });
    expect([lossA, lossB, n]).toEqual([1.3, 1, 2]);
    expect(difference.value).toBeCloseTo(-0.3, 12);
  });
  it("that differ by the same on each example differ for sure", () => {
    const losses = Array.from({ length: 50 }, (_, i) => i);
    const { difference } = compareLosses(scored(losses), scored(losses.map((loss) => loss - 0.5)), { seed: 1 });
    for (const figure of [difference.low, difference.high]) expect(figure).toBeCloseTo(-0.5, 12);
  });
  it("are paired by key; others are left out and counted", () => {
    const { n, unpaired, difference } = compareLosses(
      scored([1, 2, 3], [1, 1, 1], ["x", "y", "z"]),
      scored([5, 2], [1, 1], ["w", "y"]),
      { seed: 1 },
    );
    expect([n, unpaired, difference.value]).toEqual([1, 3, 0]);
  });
  const refused: [story: string, b: ScoredLosses][] = [
    ["share no example", scored([1], [1], ["other"])],
    ["are measured otherwise", { ...scored([1]), measure: "squared error" }],
  ];
  it.each(refused)("are refused when they %s", (_, b) => {
    expect(() => compareLosses(scored([1]), b, { seed: 1 })).toThrow(/any common example/);
  });
});

describe("a regression", () => {
  it("is measured as by hand", () => {
    const figures = measureValues(Float64Array.of(1, 2, 3, 4), Float64Array.of(1, 2, 3, 6), "s");
    const valueOf = (name: string) => figures.find((figure) => figure.name === name)?.estimate.value;
    expect([valueOf("RMSE"), valueOf("MAE")]).toEqual([1, 0.5]);
    expect(valueOf("R²")).toBeCloseTo(1 - 4 / 5, 12);
  });
  it("has intervals around its figures", () => {
    const truth = Float64Array.from({ length: 200 }, (_, i) => i);
    for (const { estimate } of measureValues(
      truth,
      truth.map((y, i) => y + (i % 3) - 1),
      "s",
    )) {
      expect(estimate.low).toBeLessThan(estimate.value);
      expect(estimate.high).toBeGreaterThan(estimate.value);
    }
  });
});
