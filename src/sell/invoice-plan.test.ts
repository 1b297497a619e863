import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { type InvoiceFacts, type PeriodFacts, planInvoice } from "./invoice-plan.ts";
import { type Price, priceOf } from "./price.ts";

const cent = 10_000_000n;
type Change = Partial<Omit<InvoiceFacts, "period">> &
  Partial<Pick<PeriodFacts, "feeNanos" | "feePart" | "addons" | "coupons" | "usage">> & {
    used?: number;
    late?: number;
    perThousandNanos?: bigint;
    free?: number;
    price?: Price;
  };
const facts = (change: Change): InvoiceFacts => {
  const { used = 0, late = 0, perThousandNanos = 1_000_000_000n, free = 0 } = change;
  const price = change.price ?? { kind: "per_unit", perThousandNanos, freeUnits: free };
  return {
    currency: change.currency ?? "usd",
    items: change.items ?? [],
    tax: change.tax ?? { treatment: "none" },
    carriedInNanos: change.carriedInNanos ?? 0n,
    period: {
      product: "Spam filter",
      plan: "Basic",
      feeNanos: change.feeNanos ?? 0n,
      feePart: change.feePart ?? null,
      components: [{ unit: "predictions", price }],
      used: { predictions: used },
      late: { predictions: late },
      usage: change.usage ?? { units: used, amountNanos: priceOf(price, used) },
      addons: change.addons ?? [],
      coupons: change.coupons ?? [],
    },
  };
};
const vat = { country: "DE", name: "VAT", partsPerMillion: 190_000, fromMs: 0 };
const half = { kind: "percent", partsPerMillion: 500_000 } as const;
const off = (amountNanos: bigint) => ({ kind: "amount", amountNanos, currency: "usd" }) as const;
const item = { service: "labelling", description: "January", quantity: 20, unitNanos: 15n * cent } as const;
const volume: Price = {
  kind: "volume",
  tiers: [
    { upToUnits: 100, perThousandNanos: 1_000_000_000n, flatNanos: 0n },
    { upToUnits: null, perThousandNanos: 500_000_000n, flatNanos: 0n },
  ],
};

describe("an invoice", () => {
  const cases: [string, InvoiceFacts, bigint[], bigint][] = [
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
    [
      "an add-on stands after the fee",
      facts({ feeNanos: cent, addons: [{ name: "Seats", quantity: 2, part: null, chargeNanos: 4n * cent }] }),
      [cent, 4n * cent, 0n],
      0n,
    ],
    ["an item stands after the usage", facts({ items: [item] }), [0n, 300n * cent], 0n],
    [
      "a coupon takes its share of all but items",
      facts({ feeNanos: 8n * cent, items: [item], coupons: [{ code: "HALF", discount: half }] }),
      [8n * cent, 0n, -4n * cent, 300n * cent],
      0n,
    ],
    [
      "the next coupon its share of the rest, and never more than that",
      facts({
        feeNanos: 8n * cent,
        coupons: [
          { code: "HALF", discount: half },
          { code: "TEN", discount: off(10n * cent) },
        ],
      }),
      [8n * cent, 0n, -4n * cent, -4n * cent],
      0n,
    ],
    ["a coupon on nothing has no line", facts({ coupons: [{ code: "HALF", discount: half }] }), [0n], 0n],
    [
      "half of a cent off is carried, the line is whole coins",
      facts({ feeNanos: cent, coupons: [{ code: "HALF", discount: half }] }),
      [cent, 0n, -cent],
      5_000_000n,
    ],
    [
      "tax on top has a line",
      facts({ feeNanos: 100n * cent, tax: { treatment: "charged", rate: vat } }),
      [100n * cent, 0n, 19n * cent],
      0n,
    ],
    [
      "tax within has none",
      facts({ feeNanos: 119n * cent, tax: { treatment: "included", rate: vat } }),
      [119n * cent, 0n],
      0n,
    ],
    ["volume: the cheaper tier is known at the end", facts({ used: 110, price: volume }), [6n * cent], -5_000_000n],
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
          exact += (given.period?.usage.amountNanos ?? 0n) + feeNanos;
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
