import { describe, expect, it } from "vitest";
import { betaShare, clopperPearson, logGamma, shareAtMost, studentQuantile } from "./distributions.ts";

describe("distributions", () => {
  it("ln gamma", () => {
    expect(logGamma(1)).toBeCloseTo(0, 12);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
    expect(logGamma(11)).toBeCloseTo(Math.log(3_628_800), 10);
  });
  it.each([
    [1, 12.7062],
    [2, 4.302653],
    [4, 2.776445],
    [30, 2.042272],
  ])("Student's t with %i degrees of freedom", (freedom, expected) => {
    expect(studentQuantile(0.975, freedom)).toBeCloseTo(expected, 4);
  });
  it("a beta's share is a polynomial where a and b are whole", () => {
    expect(betaShare(0.3, 1, 1)).toBeCloseTo(0.3, 12);
    expect(betaShare(0.3, 2, 3)).toBeCloseTo(0.3483, 12); // 6x^2 - 8x^3 + 3x^4
    expect(betaShare(0.9, 50, 2)).toBeCloseTo(51 * 0.9 ** 50 - 50 * 0.9 ** 51, 12);
  });
  it("Clopper and Pearson's intervals", () => {
    const { low, high } = clopperPearson(8, 10);
    expect(low).toBeCloseTo(0.443905, 5);
    expect(high).toBeCloseTo(0.974789, 5);
    expect(clopperPearson(0, 10)).toMatchObject({ low: 0, high: expect.closeTo(1 - 0.025 ** 0.1, 8) });
    expect(shareAtMost(0, 100)).toBeCloseTo(1 - 0.05 ** 0.01, 8); // about 3 / n
    expect(shareAtMost(5, 5)).toBe(1);
  });
});
