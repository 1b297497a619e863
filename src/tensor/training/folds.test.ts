import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Fold, kFold, stratifiedKFold } from "./folds.ts";

const config = { numRuns: 50, seed: 20_260_101 };
const count = (part: Int32Array, labels: readonly number[], label: number): number =>
  part.filter((i) => labels[i] === label).length;
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function heldOnce(folds: readonly Fold[], n: number): void {
  expect(folds.flatMap(({ held }) => [...held]).toSorted((a, b) => a - b)).toEqual(range(n));
  for (const { training, held } of folds) {
    expect([...training, ...held].toSorted((a, b) => a - b)).toEqual(range(n));
  }
}

describe("folds", () => {
  test("hold every example out once, in parts of equal size", () => {
    const numbers = fc.record({
      n: fc.integer({ min: 5, max: 60 }),
      folds: fc.integer({ min: 2, max: 5 }),
      seed: fc.nat(),
    });
    const property = fc.property(numbers, ({ n, folds, seed }) => {
      const parts = kFold(n, { folds, seed });
      heldOnce(parts, n);
      const sizes = parts.map(({ held }) => held.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    });
    fc.assert(property, config);
  });

  test("stratified, give every label its share in each", () => {
    const labels = fc.array(fc.nat(3), { minLength: 10, maxLength: 100 });
    const property = fc.property(labels, fc.integer({ min: 2, max: 5 }), (list, folds) => {
      const parts = stratifiedKFold(list, { folds, seed: 1 });
      heldOnce(parts, list.length);
      for (const label of new Set(list)) {
        const counts = parts.map(({ held }) => count(held, list, label));
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }
      const sizes = parts.map(({ held }) => held.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    });
    fc.assert(property, config);
  });

  test("never tear a group apart, and still share labels well", () => {
    const groups = range(300).map((i) => `person ${i % 60}`); // of five examples each
    const labels = range(300).map((i) => (i % 60) % 3);
    const parts = stratifiedKFold(labels, { folds: 5, seed: 2, groups });
    heldOnce(parts, 300);
    for (const { training, held } of parts) {
      const known = new Set([...training].map((i) => groups[i]));
      expect([...held].some((i) => known.has(groups[i]))).toBe(false);
      expect([0, 1, 2].map((label) => count(held, labels, label))).toEqual([20, 20, 20]);
    }
  });

  test("are the same for the same seed, and others for another", () => {
    expect(kFold(50, { folds: 5, seed: 1 })).toEqual(kFold(50, { folds: 5, seed: 1 }));
    expect(kFold(50, { folds: 5, seed: 2 })).not.toEqual(kFold(50, { folds: 5, seed: 1 }));
  });

  test("are refused where there are fewer examples or groups", () => {
    expect(() => kFold(3, { folds: 4, seed: 1 })).toThrow("3 groups of examples do not divide into 4 folds");
    expect(() => kFold(3, { folds: 1, seed: 1 })).toThrow("1 folds");
    expect(() => kFold(9, { folds: 3, seed: 1, groups: range(9).map((i) => i % 2) })).toThrow("2 groups");
  });
});
