import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wilson } from "./index.ts";

describe("Wilson's interval", () => {
  const z = 1.959963984540054;
  // Closed forms: none or all of n gives [0, z²/(n + z²)] or its mirror, a half gives 1/2 ± z/(2√(n + z²)).
  const rows: readonly [successes: number, n: number, low: number, high: number][] = [
    [0, 10, 0, (z * z) / (10 + z * z)],
    [10, 10, 10 / (10 + z * z), 1],
    [500, 1_000, 0.5 - z / (2 * Math.sqrt(1_000 + z * z)), 0.5 + z / (2 * Math.sqrt(1_000 + z * z))],
    [1, 2, 0.5 - z / (2 * Math.sqrt(2 + z * z)), 0.5 + z / (2 * Math.sqrt(2 + z * z))],
  ];
  it.each(rows)("of %i in %i", (successes, n, low, high) => {
    const found = wilson(successes, n);
    expect(found?.low).toBeCloseTo(low, 12);
    expect(found?.high).toBeCloseTo(high, 12);
  });
  it("says nothing about nothing", () => {
    expect(wilson(0, 0)).toBeNull();
  });
  it("lies in [0, 1], holds its share, and turns over when right and wrong change places", () => {
    fc.assert(
      fc.property(fc.nat(5_000), fc.nat(5_000), (right, wrong) => {
        const found = wilson(right, right + wrong);
        const mirrored = wilson(wrong, right + wrong);
        fc.pre(found !== null && mirrored !== null);
        const ends = [0, found.low, found.value, found.high, 1];
        expect(ends).toEqual([...ends].sort((a, b) => a - b));
        expect(found.low).toBeCloseTo(1 - mirrored.high, 9);
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});
