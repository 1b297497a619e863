import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Grouped, assignFolds, takeShare } from "./folds.ts";

const examples = fc
  .array(fc.record({ group: fc.integer({ min: 0, max: 40 }), stratum: fc.constantFrom("a", "b", "c") }), {
    minLength: 5,
    maxLength: 200,
  })
  // a group has one stratum, as near-duplicates have
  .map((rows) => rows.map(({ group, stratum }): Grouped => ({ group: `${stratum}${group}`, stratum })));

const settings = { seed: 7, numRuns: 100 };

describe("folds", () => {
  it("tear no group apart and have every example once, also in another order", () => {
    fc.assert(
      fc.property(examples, fc.integer({ min: 2, max: 6 }), (rows, folds) => {
        const assigned = assignFolds(rows, folds, 1);
        const foldOf = new Map(rows.map(({ group }, i) => [group, assigned[i]]));
        for (const [i, { group }] of rows.entries()) expect(assigned[i]).toBe(foldOf.get(group));
        for (const fold of assigned) expect(fold).toBeLessThan(folds);
      }),
      settings,
    );
  });

  it("have of every label as many as the largest group allows", () => {
    fc.assert(
      fc.property(examples, (rows) => {
        const assigned = assignFolds(rows, 3, 1);
        for (const stratum of ["a", "b", "c"]) {
          const counts = [0, 0, 0];
          const sizes = new Map<string, number>();
          for (const [i, row] of rows.entries()) {
            if (row.stratum !== stratum) continue;
            const fold = assigned[i] as number;
            counts[fold] = (counts[fold] as number) + 1;
            sizes.set(row.group, (sizes.get(row.group) ?? 0) + 1);
          }
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(Math.max(0, ...sizes.values()));
        }
      }),
      settings,
    );
  });

  it("are the same for one seed and others for another", () => {
    const rows = Array.from({ length: 60 }, (_, i) => ({ group: `g${i}`, stratum: i % 2 === 0 ? "a" : "b" }));
    expect(assignFolds(rows, 5, 1)).toEqual(assignFolds(rows, 5, 1));
    expect(assignFolds(rows, 5, 1)).not.toEqual(assignFolds(rows, 5, 2));
    const turned = assignFolds(rows.toReversed(), 5, 1).reverse();
    expect(turned).toEqual(assignFolds(rows, 5, 1));
  });
});

describe("shares", () => {
  it("are nested, hold whole groups and every label", () => {
    fc.assert(
      fc.property(examples, (rows) => {
        const [eighth, half, all] = [1 / 8, 1 / 2, 1].map((share) => new Set(takeShare(rows, share, 3))) as [
          Set<number>,
          Set<number>,
          Set<number>,
        ];
        expect(all.size).toBe(rows.length);
        for (const i of eighth) expect(half.has(i)).toBe(true);
        for (const [i, { group }] of rows.entries()) {
          const together = rows.flatMap((other, j) => (other.group === group ? [half.has(j)] : []));
          expect(new Set(together)).toEqual(new Set([half.has(i)]));
        }
        const strata = (taken: Set<number>) => new Set([...taken].map((i) => rows[i]?.stratum));
        expect(strata(eighth)).toEqual(strata(all));
      }),
      settings,
    );
  });
});
