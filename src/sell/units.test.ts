import { dayMs } from "../kernel/clock.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyLedger } from "../ledger/index.ts";
import { type Store, query, sql } from "../store/index.ts";
import { describeEachEngine, testEpochMs as now } from "../store/testing/engines.ts";
import {
  type Component,
  type NewPlan,
  type Quantities,
  admitUnit,
  balanceOfCustomer,
  closePeriod,
  createPlan,
  settleUnit,
  sweepHolds,
  usageByPeriod,
  verifySell,
} from "./index.ts";
import { type Offer, openShop, predictionOf } from "./testing/shop.ts";
import { answersIn, assertQuantities, countsOf, formatQuantities, parseQuantities } from "./units.ts";

const nano = 1_000n; // a price per 1,000 that makes one unit a nano
const cent = 10_000_000n;
const priced = (unit: Component["unit"], nanos: bigint, freeUnits = 0): Component => ({
  unit,
  price: { kind: "per_unit", perThousandNanos: nanos * nano, freeUnits },
});
const chat = [priced("requests", cent), priced("input_tokens", 1_000n, 100), priced("output_tokens", 4_000n)];

describe("quantities", () => {
  it("are written in one order, without zeros", () => {
    const quantities = { output_tokens: 7, requests: 1, input_tokens: 0 };
    expect(formatQuantities(quantities)).toBe('{"requests":1,"output_tokens":7}');
    expect(countsOf(parseQuantities(formatQuantities(quantities)))).toEqual([
      { unit: "requests", count: 1 },
      { unit: "output_tokens", count: 7 },
    ]);
    expect(answersIn({ ...quantities, predictions: 2 })).toBe(3);
  });

  it.each<[string, Quantities]>([
    ["nothing", {}],
    ["only zeros", { requests: 0 }],
    ["less than nothing", { requests: 1, output_tokens: -1 }],
    ["half a token", { output_tokens: 0.5 }],
    ["more than a request may use", { output_tokens: 1_000_001 }],
    ["a unit that nobody meters", { prayers: 1 } as Quantities],
  ])("are refused when they are %s", (_story, quantities) => {
    expect(() => assertQuantities(quantities)).toThrow(expect.objectContaining({ code: "invalid_request" }));
  });
});

describeEachEngine("a plan that prices several units", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  let predictions = 0;
  beforeAll(async () => void ({ store, dispose } = await stores.open()));
  afterAll(() => dispose());

  const join = async (offer: Offer = {}) => (await openShop(store, { components: chat, ...offer })).party;
  type Party = Awaited<ReturnType<typeof join>>;
  const admit = (party: Party, quantities: Quantities) =>
    store.run(admitUnit, { party, quantities, requestKey: `r${predictions++}`, nowMs: now });
  const settle = (party: Party, hold: `hold_${string}` | null, quantities: Quantities) =>
    store.run(settleUnit, {
      party,
      hold,
      prediction: predictionOf(predictions++),
      quantities,
      costNanos: 5n,
      model: null,
      release: null,
      atMs: now,
      nowMs: now,
    });

  it("holds the most that a request may use, and charges what it used", async () => {
    const party = await join({ balanceNanos: 10n * cent });
    const held = await admit(party, { requests: 1, input_tokens: 300, output_tokens: 1_000 });
    expect(held).toMatchObject({ amountNanos: cent + 200_000n + 4_000_000n });
    const settled = await settle(party, held.hold, { requests: 1, input_tokens: 120, output_tokens: 10 });
    expect(settled).toMatchObject({ amountNanos: cent + 20_000n + 40_000n });
    expect(await balanceOfCustomer(store, party.customer)).toMatchObject({
      balanceNanos: 9n * cent - 60_000n,
      heldNanos: 0n,
    });
  });

  it("counts a unit that has no price, for nothing", async () => {
    const party = await join({ balanceNanos: cent });
    await settle(party, null, { requests: 1, seconds: 12 });
    const [period] = (await usageByPeriod(store, { customer: party.customer })).data;
    expect(period).toMatchObject({ units: 1, quantities: { requests: 1, seconds: 12 }, amountNanos: cent });
  });

  it("caps what all units cost together", async () => {
    const party = await join({ balanceNanos: 100n * cent, spendCapNanos: 2n * cent });
    await admit(party, { requests: 1, output_tokens: 2_400 });
    const second = admit(party, { requests: 1, output_tokens: 101 });
    await expect(second).rejects.toMatchObject({ code: "quota_exceeded" });
    await expect(admit(party, { output_tokens: 100 })).resolves.toMatchObject({ state: "admitted" });
  });

  it("takes what was used beyond its hold from the balance, without touching what others hold", async () => {
    const party = await join({ balanceNanos: 3n * cent });
    const [one, two] = [await admit(party, { requests: 1 }), await admit(party, { requests: 1 })];
    await settle(party, one.hold, { requests: 1, output_tokens: 10_000 });
    expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ dueNanos: 3n * cent, heldNanos: cent });
    await settle(party, two.hold, { requests: 1 });
  });

  it("has a line for each of them on the invoice, whose roundings are carried from line to line", async () => {
    const party = await join({ balanceNanos: 100n * cent });
    await settle(party, null, { requests: 2, input_tokens: 4_100, output_tokens: 1_000 });
    const asOfMs = now + 40 * dayMs;
    const silent = function* () {
      yield* query(sql`select 1 as told`);
    };
    const outcome = await store.perform(
      closePeriod({ subscription: party.subscription, asOfMs, nowMs: asOfMs }, silent),
    );
    const lines = outcome.state === "issued" ? outcome.invoice.lines : [];
    expect(lines.map(({ unit, units, exactNanos, amountNanos }) => [unit, units, exactNanos, amountNanos])).toEqual([
      ["requests", 2, 2n * cent, 2n * cent],
      ["input_tokens", 4_100, 4_000_000n, 0n],
      ["output_tokens", 1_000, 8_000_000n, cent],
    ]);
    expect(lines.map(({ description }) => description.split(": ")[1])).toEqual([
      "2 requests",
      "4,100 input tokens, 100 of them free",
      "1,000 output tokens",
    ]);
  });

  it.each<[string, readonly Component[]]>([
    ["two prices for a unit", [priced("requests", 1n), priced("requests", 2n)]],
    ["a unit that nobody meters", [priced("prayers" as "requests", 1n)]],
  ])("is refused with %s", async (_story, components) => {
    const plan = { product: (await join()).product, name: "wrong", currency: "usd", feeNanos: 0n, nowMs: now } as const;
    const work = createPlan(store, { ...plan, components } satisfies NewPlan);
    await expect(work).rejects.toMatchObject({ code: "invalid_request", details: { param: "unit" } });
  });

  it("leaves books that all checks find right", async () => {
    await sweepHolds(store, now + dayMs);
    const checks = [...(await verifyLedger(store, now)), ...(await verifySell(store))];
    expect(checks.flatMap(({ problems }) => problems)).toEqual([]);
  });
});
