import { dayMs } from "../kernel/clock.ts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeMonth } from "../channel/index.ts";
import { cancelSubscription, grantCredit, settleUnit, simulatePrices } from "../sell/index.ts";
import { openShop, predictionOf } from "../sell/testing/shop.ts";
import type { Store } from "../store/index.ts";
import { describeEachEngine, testEpochMs as now } from "../store/testing/engines.ts";
import { movements, revenueReport } from "./index.ts";

const coin = 10_000_000n;

describe("what recurs", () => {
  it("moves by who came, grew, shrank, left and came back, and nothing else", () => {
    const fees = fc.dictionary(fc.constantFrom("a", "b", "c", "d", "e"), fc.bigInt({ min: 1n, max: 99n }));
    fc.assert(
      fc.property(fees, fees, (was, is) => {
        const [before, after] = [new Map(Object.entries(was)), new Map(Object.entries(is))];
        const told = movements(before, after, new Set([...before.keys(), "a"]));
        const start = [...before.values()].reduce((sum, nanos) => sum + nanos, 0n);
        const more = told.newNanos + told.expansionNanos + told.reactivationNanos;
        expect(start + more - told.contractionNanos - told.churnNanos).toBe(told.recurringNanos);
      }),
      { seed: 4 },
    );
  });
});

describeEachEngine("revenue and simulation", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  beforeAll(async () => void ({ store, dispose } = await stores.open()));
  afterAll(() => dispose());

  it("are told from postings by month, and from recorded usage by draft", async () => {
    const price = { kind: "per_unit", perThousandNanos: 1_000n * coin, freeUnits: 0 } as const;
    const { party } = await openShop(store, {
      price,
      feeNanos: 30n * coin,
      balanceNanos: 200n * coin,
      terms: { kind: "prepaid" },
    });
    const use = (prediction: number, predictions: number, atMs: number) =>
      store.run(settleUnit, {
        party,
        hold: null,
        prediction: predictionOf(prediction),
        quantities: { predictions },
        costNanos: coin,
        model: null,
        release: null,
        atMs,
        nowMs: atMs,
      });
    await use(1, 10, now + dayMs);
    await use(2, 20, now + 40 * dayMs);
    await grantCredit(store, {
      customer: party.customer,
      amountNanos: 5n * coin,
      source: "welcome",
      nowMs: now + 41 * dayMs,
    });
    await cancelSubscription(store, { subscription: party.subscription, nowMs: now + 45 * dayMs });
    await closeMonth(store, { asOfMs: now + 70 * dayMs, graceMs: 0, nowMs: now + 70 * dayMs });
    const { months, cohorts } = await revenueReport(store);
    expect(
      months.map(({ month, feesNanos, usageNanos, deferredNanos, recurring }) => [
        month,
        feesNanos / coin,
        usageNanos / coin,
        deferredNanos / coin,
        recurring.newNanos / coin,
        recurring.recurringNanos / coin,
        recurring.netRetentionBasisPoints,
      ]),
    ).toEqual([
      ["2026-01", 30n, 10n, 160n, 30n, 30n, null],
      ["2026-02", 30n, 20n, 115n, 0n, 30n, 10_000],
    ]);
    expect(cohorts).toEqual([
      { month: "2026-01", currency: "usd", customers: 1, revenueNanos: [40n * coin, 50n * coin] },
    ]);
    const draft = {
      feeNanos: 0n,
      components: [{ unit: "predictions", price: { kind: "flat", amountNanos: 35n * coin } }],
    } as const;
    const told = await simulatePrices(store, { product: party.product, ...draft, fromMs: 0, toMs: now + 60 * dayMs });
    expect(told).toMatchObject({
      nowNanos: 90n * coin,
      draftNanos: 70n * coin,
      costNanos: 2n * coin,
      winners: 1,
      losers: 0,
    });
    await expect(simulatePrices(store, { product: "prod_none", ...draft, fromMs: 0, toMs: 1 })).rejects.toMatchObject({
      code: "not_found",
    });
    const wrong = {
      feeNanos: 0n,
      components: [{ unit: "predictions", price: { kind: "flat", amountNanos: -1n } }],
    } as const;
    await expect(simulatePrices(store, { product: party.product, ...wrong, fromMs: 0, toMs: 1 })).rejects.toMatchObject(
      {
        code: "invalid_request",
      },
    );
  });
});
