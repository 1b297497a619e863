import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { formatComponents, parseComponents } from "./component.ts";
import { type Price, assertPrice, describeUnits, marginalPrice, priceOf } from "./price.ts";

const perUnit = (perThousandNanos: bigint, freeUnits = 0): Price => ({ kind: "per_unit", perThousandNanos, freeUnits });

describe("a price per unit", () => {
  const cases: [string, Price, number, bigint][] = [
    ["nothing used costs nothing", perUnit(1_000_000n), 0, 0n],
    ["one unit of a thousand for a cent", perUnit(10_000_000n), 1, 10_000n],
    ["the smallest price: one nano a unit", perUnit(1_000n), 7, 7n],
    ["all of the allowance is free", perUnit(1_000_000n, 100), 100, 0n],
    ["only what is beyond the allowance costs", perUnit(1_000_000n, 100), 101, 1_000n],
    ["a free product", perUnit(0n), 1_000_000, 0n],
    ["a large bill stays exact", perUnit(1_000_000_000_000_000n), 900_000, 900_000_000_000_000_000n],
  ];
  it.each(cases)("%s", (_story, price, units, nanos) => {
    expect(priceOf(price, units)).toBe(nanos);
  });

  it.each([
    ["a unit would not have a whole price", perUnit(1_500n)],
    ["a negative price", perUnit(-1_000n)],
    ["a negative allowance", perUnit(1_000n, -1)],
    ["half a free unit", perUnit(1_000n, 0.5)],
    ["an absurd price", perUnit(10n ** 16n)],
  ])("is refused: %s", (_story, price) => {
    expect(() => assertPrice(price)).toThrow(expect.objectContaining({ code: "invalid_request" }));
  });

  it("sums to the same in whatever pieces and order the units come", () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(pieces, fc.integer({ min: 0, max: 300 }), (units, free) => {
        const price = perUnit(1_234_567_000n, free);
        const charge = (order: readonly number[]): bigint => {
          let used = 0;
          let sum = 0n;
          for (const n of order) {
            sum += marginalPrice(price, used, n);
            used += n;
          }
          return sum;
        };
        const total = units.reduce((sum, n) => sum + n, 0);
        expect(charge(units)).toBe(priceOf(price, total));
        expect(charge(units.toReversed())).toBe(priceOf(price, total));
      }),
      { seed: 1 },
    );
  });

  it("is read back as it was written, and says what it did", () => {
    const price = perUnit(1_000_000_000_000_000n, 1_000);
    const components = [{ unit: "predictions", price }] as const;
    expect(parseComponents(formatComponents(components))).toEqual(components);
    expect(describeUnits(price, 1_200, "predictions")).toBe("1,200 predictions, 1,000 of them free");
    expect(describeUnits(perUnit(1_000n), 3, "input tokens")).toBe("3 input tokens");
  });
});
