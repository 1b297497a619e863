import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { formatComponents, parseComponents } from "./component.ts";
import {
  type Price,
  assertPrice,
  dearestPrice,
  explainPrice,
  finalPriceOf,
  freeIn,
  marginalPrice,
  priceOf,
} from "./price.ts";

const perUnit = (perThousandNanos: bigint, freeUnits = 0): Price => ({ kind: "per_unit", perThousandNanos, freeUnits });
const tier = (upToUnits: number | null, perThousandNanos: bigint, flatNanos = 0n) => ({
  upToUnits,
  perThousandNanos,
  flatNanos,
});
const graduated: Price = { kind: "graduated", tiers: [tier(100, 0n), tier(1_000, 5_000n, 7n), tier(null, 2_000n)] };
const volume: Price = { kind: "volume", tiers: [tier(100, 10_000n), tier(1_000, 5_000n, 7n), tier(null, 1_000n)] };
const packages: Price = { kind: "package", packageUnits: 100, packageNanos: 900n, freeUnits: 50 };
const percentage: Price = { kind: "percentage", unitValueNanos: 10_000_000n, partsPerMillion: 25_000 };
const flat: Price = { kind: "flat", amountNanos: 500n };
const stair: Price = {
  kind: "tiered_flat",
  tiers: [
    { upToUnits: 10, flatNanos: 100n },
    { upToUnits: 20, flatNanos: 60n },
    { upToUnits: null, flatNanos: 300n },
  ],
};
const minimum = (of: Price, minimumNanos = 400n): Price => ({ kind: "minimum", minimumNanos, of });
const maximum = (of: Price, maximumNanos = 900n): Price => ({ kind: "maximum", maximumNanos, of });
const allowance = (of: Price, freeUnits = 10, rolloverUnitsMax = 0): Price => ({
  kind: "allowance",
  freeUnits,
  rolloverUnitsMax,
  of,
});

describe("what units cost", () => {
  // story, price, units, when the period closes, and what was charged until then where that differs
  const cases: [string, Price, number, bigint, bigint?][] = [
    ["nothing used costs nothing", perUnit(1_000_000n), 0, 0n],
    ["one unit of a thousand for a cent", perUnit(10_000_000n), 1, 10_000n],
    ["the smallest price: one nano a unit", perUnit(1_000n), 7, 7n],
    ["all of the allowance is free", perUnit(1_000_000n, 100), 100, 0n],
    ["only what is beyond the allowance costs", perUnit(1_000_000n, 100), 101, 1_000n],
    ["a free product", perUnit(0n), 1_000_000, 0n],
    ["a large bill stays exact", perUnit(1_000_000_000_000_000n), 900_000, 900_000_000_000_000_000n],
    ["graduated: inside the free tier", graduated, 100, 0n],
    ["graduated: the first unit of a tier brings its flat amount", graduated, 101, 12n],
    ["graduated: each unit by its own tier", graduated, 1_010, 900n * 5n + 7n + 20n],
    ["volume: all units by the tier of their number", volume, 101, 101n * 5n + 7n, 1_000n],
    ["volume: at the end of the dear tier", volume, 100, 1_000n],
    ["volume: far into the cheap tier nothing is taken back", volume, 9_000, 9_000n],
    ["volume: just over the edge much is", volume, 1_001, 1_001n, 5_007n],
    ["packages: a begun one is paid", packages, 151, 1_800n],
    ["packages: the free units come first", packages, 50, 0n],
    ["percentage: 2.5 % of a cent, four times", percentage, 4, 1_000_000n],
    ["flat: one unit or a million", flat, 1_000_000, 500n],
    ["flat: nothing for no use", flat, 0, 0n],
    ["stair: a cheaper step is known at the end", stair, 15, 60n, 100n],
    ["stair: up again", stair, 21, 300n],
    ["minimum: what is missing is added at the end", minimum(perUnit(1_000n)), 7, 400n, 7n],
    ["minimum: owed without any use", minimum(perUnit(1_000n)), 0, 400n, 0n],
    ["minimum: nothing is missing", minimum(perUnit(1_000n)), 500, 500n],
    ["maximum: beyond it units are free", maximum(perUnit(1_000n)), 5_000, 900n],
    ["maximum of a minimum", maximum(minimum(perUnit(1_000n))), 5_000, 900n],
    ["minimum of a maximum: the minimum wins", minimum(maximum(perUnit(1_000n), 300n)), 5_000, 400n, 300n],
    ["an allowance before any price", allowance(graduated, 10), 111, 12n],
    ["an allowance before a volume price counts what is left", allowance(volume, 10), 111, 101n * 5n + 7n, 1_000n],
  ];
  it.each(cases)("%s", (_story, price, units, final, charged = final) => {
    expect([finalPriceOf(price, units), priceOf(price, units)]).toEqual([final, charged]);
  });
});

describe("a price is refused", () => {
  const tooDeep = [1, 2, 3, 4, 5].reduce<Price>((of) => maximum(of), flat);
  it.each<[string, Price]>([
    ["a unit would not have a whole price", perUnit(1_500n)],
    ["a negative price", perUnit(-1_000n)],
    ["a negative allowance", perUnit(1_000n, -1)],
    ["half a free unit", perUnit(1_000n, 0.5)],
    ["an absurd price", perUnit(10n ** 16n)],
    ["no tier", { kind: "graduated", tiers: [] }],
    ["the last tier ends", { kind: "graduated", tiers: [tier(10, 0n)] }],
    ["a tier in the middle is open", { kind: "volume", tiers: [tier(null, 0n), tier(null, 0n)] }],
    ["tiers that go back", { kind: "volume", tiers: [tier(10, 0n), tier(10, 0n), tier(null, 0n)] }],
    ["a tier with a fraction of a nano", { kind: "volume", tiers: [tier(null, 1n)] }],
    ["a negative flat amount in a tier", { kind: "graduated", tiers: [tier(null, 0n, -1n)] }],
    ["a package of nothing", { kind: "package", packageUnits: 0, packageNanos: 1n, freeUnits: 0 }],
    ["more than 100 %", { kind: "percentage", unitValueNanos: 1_000_000n, partsPerMillion: 1_000_001 }],
    ["a share that is no whole nano", { kind: "percentage", unitValueNanos: 10n, partsPerMillion: 25_000 }],
    ["a negative flat price", { kind: "flat", amountNanos: -1n }],
    ["a negative commitment", minimum(flat, -1n)],
    ["a wrapper around a wrong price", maximum(perUnit(1_500n))],
    ["a fraction of a rollover", allowance(flat, 1, 0.5)],
    ["wrappers without end", tooDeep],
  ])("%s", (_story, price) => {
    expect(() => assertPrice(price)).toThrow(expect.objectContaining({ code: "invalid_request" }));
  });
});

const nanos = (max: bigint) => fc.bigInt({ min: 0n, max });
const rate = nanos(5_000n).map((n) => n * 1_000n);
const bounds = fc
  .uniqueArray(fc.integer({ min: 1, max: 120 }), { maxLength: 4 })
  .map((ends) => [...ends.sort((a, b) => a - b), null]);
const tiers = bounds.chain((ends) => fc.tuple(...ends.map((end) => fc.tuple(fc.constant(end), rate, nanos(9_000n)))));
const tiersOf = tiers.map((list) => list.map(([end, perThousand, flatNanos]) => tier(end, perThousand, flatNanos)));
const free = fc.integer({ min: 0, max: 40 });
const plain: fc.Arbitrary<Price> = fc.oneof(
  fc.record({ kind: fc.constant("per_unit" as const), perThousandNanos: rate, freeUnits: free }),
  fc.record({ kind: fc.constant("graduated" as const), tiers: tiersOf }),
  fc.record({ kind: fc.constant("volume" as const), tiers: tiersOf }),
  fc.record({
    kind: fc.constant("package" as const),
    packageUnits: fc.integer({ min: 1, max: 30 }),
    packageNanos: nanos(9_000n),
    freeUnits: free,
  }),
  fc.record({
    kind: fc.constant("percentage" as const),
    unitValueNanos: nanos(90n).map((n) => (n + 1n) * 1_000_000n),
    partsPerMillion: fc.integer({ min: 0, max: 1_000_000 }),
  }),
  fc.record({ kind: fc.constant("flat" as const), amountNanos: nanos(9_000n) }),
  fc.record({ kind: fc.constant("tiered_flat" as const), tiers: tiersOf }),
);
const wrap = (of: Price): fc.Arbitrary<Price> =>
  fc.oneof(
    fc.record({ kind: fc.constant("minimum" as const), minimumNanos: nanos(20_000n), of: fc.constant(of) }),
    fc.record({ kind: fc.constant("maximum" as const), maximumNanos: nanos(20_000n), of: fc.constant(of) }),
    fc.record({
      kind: fc.constant("allowance" as const),
      freeUnits: free,
      rolloverUnitsMax: free,
      of: fc.constant(of),
    }),
  );
const anyPrice: fc.Arbitrary<Price> = fc.oneof(plain, plain.chain(wrap), plain.chain(wrap).chain(wrap));
const hasMinimum = (price: Price): boolean => price.kind === "minimum" || ("of" in price && hasMinimum(price.of));
const mayFall = (price: Price): boolean =>
  price.kind === "volume" || price.kind === "tiered_flat" || ("of" in price && mayFall(price.of));

describe("the laws of every price", () => {
  const check = (law: (price: Price, units: number) => void): void =>
    fc.assert(fc.property(anyPrice, fc.integer({ min: 0, max: 300 }), law), { seed: 2026, numRuns: 2_000 });

  it("is accepted, never negative, and free before the first unit", () => {
    check((price, units) => {
      assertPrice(price);
      expect(finalPriceOf(price, units)).toBeGreaterThanOrEqual(0n);
      expect(priceOf(price, 0)).toBe(0n);
    });
  });
  it("charges the largest final price so far, and never less for more", () => {
    check((price, units) => {
      expect(priceOf(price, units + 1)).toBeGreaterThanOrEqual(priceOf(price, units));
      let largest = 0n;
      for (let n = 0; n <= units; n++) if (finalPriceOf(price, n) > largest) largest = finalPriceOf(price, n);
      expect(hasMinimum(price) || priceOf(price, units) === largest).toBe(true);
    });
  });
  // eslint-disable-next-line vitest/expect-expect
  it("has a final price that only falls where its kind says so", () => {
    check((price, units) => {
      expect(mayFall(price) || finalPriceOf(price, units + 1) >= finalPriceOf(price, units)).toBe(true);
    });
  });
  it("explains itself to the nano", () => {
    check((price, units) => {
      const steps = explainPrice(price, units);
      expect(steps.reduce((sum, step) => sum + step.amountNanos, 0n)).toBe(finalPriceOf(price, units));
      const counted = steps.filter(({ rule }) => rule === "free" || rule === "units" || rule === "percentage");
      expect(counted.reduce((sum, step) => sum + step.count, 0)).toBeLessThanOrEqual(units);
    });
  });
  it("knows the dearest that units can be after others: no place is dearer", () => {
    const places = fc.tuple(
      fc.integer({ min: 0, max: 200 }),
      fc.integer({ min: 0, max: 60 }),
      fc.array(fc.integer({ min: 0, max: 700_000 }), { minLength: 20, maxLength: 20 }),
    );
    fc.assert(
      fc.property(anyPrice, places, (price, [from, units, far]) => {
        const dearest = dearestPrice(price, from, units);
        const near = Array.from({ length: 300 }, (_, at) => from + at);
        const all = [...near, ...far.map((more) => from + more)];
        expect(all.filter((before) => marginalPrice(price, before, units) > dearest)).toEqual([]);
      }),
      { seed: 3, numRuns: 1_000 },
    );
  });
  it.each<[string, Price, number, number, bigint]>([
    ["free units go to others", perUnit(1_000n, 100), 0, 10, 10n],
    ["a dearer tier comes later", graduated, 0, 200, 200n * 5n + 7n],
    ["the dear tier is over", graduated, 1_000, 200, 400n],
    ["packages begin wherever the others end", packages, 150, 101, 1_800n],
    ["a cap leaves nothing", maximum(perUnit(1_000n)), 900, 10, 0n],
    ["every place is as dear", perUnit(1_000n), 5, 10, 10n],
  ])("the dearest is charged somewhere: %s", (_story, price, from, units, dearest) => {
    expect(dearestPrice(price, from, units)).toBe(dearest);
  });
  it("sums to the same in whatever pieces and order the units come", () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(anyPrice, pieces, (price, units) => {
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
      { seed: 1, numRuns: 500 },
    );
  });
  it("is read back as it was written", () => {
    check((price) => {
      const components = [{ unit: "rows", price }] as const;
      expect(parseComponents(formatComponents(components))).toEqual(components);
    });
  });
});

it("a price says what it did", () => {
  expect([
    freeIn(perUnit(1n, 1_000), 1_200),
    freeIn(perUnit(1n), 3),
    freeIn(allowance(perUnit(1n, 5), 10), 12),
  ]).toEqual([1_000, null, 12]);
  expect(explainPrice(minimum(graduated, 1_000n), 110)).toEqual([
    { rule: "units", count: 100, rateNanos: 0n, amountNanos: 0n },
    { rule: "flat", count: 1, rateNanos: 7n, amountNanos: 7n },
    { rule: "units", count: 10, rateNanos: 5_000n, amountNanos: 50n },
    { rule: "commitment", count: 1, rateNanos: 1_000n, amountNanos: 943n },
  ]);
});
