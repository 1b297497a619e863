import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { type PeriodFacts, planInvoice } from "./invoice-plan.ts";
import { priceOf } from "./price.ts";

const cent = 10_000_000n;
const facts = (
  change: Omit<Partial<PeriodFacts>, "used"> & { used?: number; perThousandNanos?: bigint; free?: number },
): PeriodFacts => {
  const { used = 0, perThousandNanos = 1_000_000_000n, free = 0, ...rest } = change;
  const price = { kind: "per_unit", perThousandNanos, freeUnits: free } as const;
  const usage = { units: used, amountNanos: priceOf(price, used) };
  return {
    currency: "usd",
    product: "Spam filter",
    plan: "Basic",
    feeNanos: 0n,
    components: [{ unit: "predictions", price }],
    used: { predictions: used },
    late: {},
    usage,
    carriedInNanos: 0n,
    ...rest,
  };
};

describe("an invoice", () => {
  const cases: [string, PeriodFacts, bigint[], bigint][] = [
    ["nothing used, no fee: one line of nothing", facts({}), [0n], 0n],
    ["the fee has a line of its own", facts({ feeNanos: 500n * cent, used: 1_000 }), [500n * cent, 100n * cent], 0n],
    ["the allowance is free", facts({ used: 10, free: 10 }), [0n], 0n],
    ["4 tenths of a cent round down and are carried", facts({ used: 4 }), [0n], 4_000_000n],
    ["half a cent rounds up, the customer is ahead by half", facts({ used: 5 }), [cent], -5_000_000n],
    ["what was carried completes the next cent", facts({ used: 3, carriedInNanos: 3_000_000n }), [cent], -4_000_000n],
    [
      "a credit of less than a coin makes no negative line, it waits",
      facts({ carriedInNanos: -5_000_000n }),
      [0n],
      -5_000_000n,
    ],
    ["and is used up by the next usage", facts({ used: 12, carriedInNanos: -5_000_000n }), [cent], -3_000_000n],
    ["a fee below the coin is rounded too", facts({ feeNanos: 4_995_000_000n }), [500n * cent, 0n], -5_000_000n],
    ["yen have no cents", facts({ currency: "jpy", used: 1_400 }), [1_000_000_000n], 400_000_000n],
  ];
  it.each(cases)("%s", (_story, given, amounts, carried) => {
    const plan = planInvoice(given);
    expect(plan.lines.map((line) => line.amountNanos)).toEqual(amounts);
    expect(plan.totalNanos).toBe(amounts.reduce((sum, amount) => sum + amount, 0n));
    expect(plan.carriedOutNanos).toBe(carried);
  });

  it("never loses a nano: over months, totals and the last remainder are the exact charges", () => {
    const months = fc.array(fc.tuple(fc.integer({ min: 0, max: 5_000 }), fc.bigInt({ min: 0n, max: 3n * cent })), {
      maxLength: 24,
      minLength: 1,
    });
    fc.assert(
      fc.property(months, (list) => {
        let carriedInNanos = 0n;
        let exact = 0n;
        let invoiced = 0n;
        for (const [used, feeNanos] of list) {
          const given = facts({ used, feeNanos, carriedInNanos, perThousandNanos: 777_777_000n, free: 17 });
          const plan = planInvoice(given);
          expect(plan.lines.every((line) => line.amountNanos >= 0n && line.amountNanos % cent === 0n)).toBe(true);
          exact += given.usage.amountNanos + feeNanos;
          invoiced += plan.totalNanos;
          carriedInNanos = plan.carriedOutNanos;
          expect(2n * carriedInNanos >= -cent && 2n * carriedInNanos <= cent).toBe(true);
        }
        expect(invoiced + carriedInNanos).toBe(exact);
      }),
      { seed: 2 },
    );
  });

  it.each([
    ["units that no usage event has", { used: 5, usage: { units: 4, amountNanos: 5_000_000n } }],
    ["a charge that is not the price of its units", { used: 5, usage: { units: 5, amountNanos: 4_999_999n } }],
  ])("is never made of %s", (_story, wrong) => {
    expect(() => planInvoice(facts(wrong))).toThrow(/Invariant broken/);
  });
});
