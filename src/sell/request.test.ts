import { dayMs } from "../kernel/clock.ts";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Refusal } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { verifyLedger } from "../ledger/index.ts";
import { type Store, sql, query } from "../store/index.ts";
import { describeEachEngine, testEpochMs as now } from "../store/testing/engines.ts";
import {
  type Admission,
  type Party,
  type SettleInput,
  type Settlement,
  addRateCard,
  admitUnit,
  balanceOfCustomer,
  getSubscription,
  getUsageEvent,
  receivePayment,
  releaseUnit,
  revokeKey,
  settleUnit,
  sweepHolds,
  usageByDay,
  usageByPeriod,
  verifySell,
} from "./index.ts";
import { openShop, predictionOf } from "./testing/shop.ts";

const milli = 1_000_000n; // a thousandth of a dollar: the test price of a unit
const perUnit = (freeUnits: number) => ({ kind: "per_unit", perThousandNanos: 1_000n * milli, freeUnits }) as const;

describeEachEngine("the paid request", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  let firstPrediction = 0;
  beforeAll(async () => void ({ store, dispose } = await stores.open()));
  afterAll(() => dispose());
  beforeEach(() => void (firstPrediction += 1_000));
  afterEach(async () => {
    await sweepHolds(store, now + dayMs);
    const checks = [...(await verifyLedger(store, now)), ...(await verifySell(store))];
    const [problem] = checks.flatMap(({ problems }) => problems);
    if (problem) throw new Error(problem);
  });

  const admit = (party: Party, requestKey: string, units = 1, nowMs = now): Promise<Admission> =>
    store.run(admitUnit, { party, quantities: { predictions: units }, requestKey, nowMs });
  const settle = (
    party: Party,
    hold: Id<"hold"> | null,
    n: number,
    { units = 1, ...more }: Partial<SettleInput> & { readonly units?: number } = {},
  ): Promise<Settlement> =>
    store.run(settleUnit, {
      party,
      hold,
      prediction: predictionOf(firstPrediction + n),
      quantities: { predictions: units },
      costNanos: 0n,
      model: "mdl_1",
      release: "rel_1",
      atMs: now,
      nowMs: now,
      ...more,
    });
  const refusals = (outcomes: readonly PromiseSettledResult<unknown>[]): string[] =>
    outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [(outcome.reason as Refusal).code] : []));

  describe("admission", () => {
    it("lets exactly 10 of 50 parallel requests pass on a balance for 10", async () => {
      const { party } = await openShop(store, { balanceNanos: 10n * milli });
      const outcomes = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => admit(party, `r${i}`)));
      expect(refusals(outcomes)).toEqual(Array.from({ length: 40 }, () => "insufficient_credit"));
      expect(await balanceOfCustomer(store, party.customer)).toMatchObject({
        heldNanos: 10n * milli,
        availableNanos: 0n,
      });
    });

    it("lets exactly 10 of 50 parallel requests pass on a key's quota of 10", async () => {
      const { party } = await openShop(store, { balanceNanos: 100n * milli, quotaUnits: 10 });
      const outcomes = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => admit(party, `r${i}`)));
      expect(refusals(outcomes)).toEqual(Array.from({ length: 40 }, () => "quota_exceeded"));
    });

    it("lets exactly 10 of 50 parallel requests pass under a spend cap for 10", async () => {
      const { party } = await openShop(store, { balanceNanos: 100n * milli, spendCapNanos: 10n * milli });
      const outcomes = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => admit(party, `r${i}`)));
      expect(refusals(outcomes)).toEqual(Array.from({ length: 40 }, () => "quota_exceeded"));
      const refused = await admit(party, "one more").catch((error: unknown) => error);
      expect(refused).toMatchObject({ details: { retryAfterSeconds: 31 * 86_400 } });
    });

    it("lets parallel copies of one request pass once", async () => {
      const { party } = await openShop(store, { balanceNanos: 1n * milli });
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => admit(party, "the same")));
      expect(outcomes.filter(({ state }) => state === "admitted")).toHaveLength(1);
      expect(new Set(outcomes.map(({ hold }) => hold)).size).toBe(1);
      expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ heldNanos: 1n * milli });
    });

    it("needs no balance while units are free", async () => {
      const { party } = await openShop(store, { price: perUnit(2) });
      expect(await admit(party, "a")).toMatchObject({ amountNanos: 0n });
      expect(await admit(party, "b")).toMatchObject({ amountNanos: 0n });
      await expect(admit(party, "c")).rejects.toMatchObject({ code: "insufficient_credit" });
    });

    it.each<[string, number]>([
      ["no unit", 0],
      ["a negative number", -1],
      ["half a unit", 0.5],
      ["more than a request may use", 1_000_001],
    ])("refuses %s", async (_story, units) => {
      const { party } = await openShop(store, { balanceNanos: 100n * milli });
      await expect(admit(party, "a", units)).rejects.toMatchObject({ code: "invalid_request" });
    });

    it("refuses a revoked key at once, also to who still holds its grant", async () => {
      const { party } = await openShop(store, { balanceNanos: 100n * milli });
      await admit(party, "a");
      await revokeKey(store, { customer: party.customer, key: party.key, nowMs: now });
      await expect(admit(party, "b")).rejects.toMatchObject({ code: "invalid_key" });
    });

    it("refuses before the subscription starts", async () => {
      const { party } = await openShop(store, { balanceNanos: 100n * milli });
      await expect(admit(party, "early", 1, now - 1)).rejects.toMatchObject({ code: "not_entitled" });
    });
  });

  describe("free units that go to who settles first", () => {
    it("never let the rest overspend: the one in flight is covered before others are admitted", async () => {
      const { party } = await openShop(store, { price: perUnit(1), balanceNanos: 1n * milli });
      const free = await admit(party, "free");
      const paid = await admit(party, "paid");
      expect(await settle(party, paid.hold, 1)).toMatchObject({ amountNanos: 0n });
      await expect(admit(party, "third")).rejects.toMatchObject({ code: "insufficient_credit" });
      expect(await settle(party, free.hold, 2)).toMatchObject({ amountNanos: 1n * milli });
      expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ balanceNanos: 0n, dueNanos: 0n });
    });

    it("cost the same in whatever order settlements, releases and late usage come", async () => {
      const orders = fc.sample(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }), {
        numRuns: 4,
        seed: 3,
      });
      for (const order of orders) {
        const { party } = await openShop(store, { price: perUnit(7), balanceNanos: 100n * milli });
        const admitted: Admission[] = [];
        for (let i = 0; i < 8; i++) admitted.push(await admit(party, `r${i}`, i + 1));
        const prediction = (i: number): number => i + 100 * (1 + orders.indexOf(order));
        for (const i of order) {
          const { hold } = admitted[i]!;
          if (i === 7) await store.run(releaseUnit, { hold, nowMs: now });
          else await settle(party, i === 6 ? null : hold, prediction(i), { units: i + 1 });
        }
        await store.run(releaseUnit, { hold: admitted[6]!.hold, nowMs: now });
        const balance = await balanceOfCustomer(store, party.customer);
        expect(balance).toMatchObject({ balanceNanos: (100n - 28n + 7n) * milli, heldNanos: 0n });
      }
    });
  });

  describe("settlement", () => {
    it("charges once however often and however parallel it is asked", async () => {
      const { party } = await openShop(store, { balanceNanos: 10n * milli });
      const { hold } = await admit(party, "a");
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, (_, i) => settle(party, i % 3 === 0 ? null : hold, 1)),
      );
      expect(outcomes.filter(({ state }) => state === "settled")).toHaveLength(1);
      expect(new Set(outcomes.map(({ usageEvent }) => usageEvent)).size).toBe(1);
      await store.run(releaseUnit, { hold, nowMs: now });
      expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ balanceNanos: 9n * milli, heldNanos: 0n });
    });

    it("gives back what was reserved and not used", async () => {
      const { party } = await openShop(store, { balanceNanos: 10n * milli, quotaUnits: 10 });
      const { hold } = await admit(party, "a", 10);
      expect(await settle(party, hold, 1, { units: 3 })).toMatchObject({ amountNanos: 3n * milli });
      await admit(party, "b", 7);
      await expect(admit(party, "c")).rejects.toMatchObject({ code: "quota_exceeded" });
    });

    it("records what was delivered even when its hold has expired and the balance is gone: that part is due", async () => {
      const { party } = await openShop(store, { balanceNanos: 3n * milli });
      const slow = await admit(party, "slow", 3);
      expect(await sweepHolds(store, now + 60_000)).toBe(1);
      await settle(party, (await admit(party, "quick", 2)).hold, 1, { units: 2 });
      expect(await settle(party, slow.hold, 2, { units: 3 })).toMatchObject({
        state: "settled",
        amountNanos: 3n * milli,
      });
      expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ balanceNanos: 0n, dueNanos: 2n * milli });
      await receivePayment(store, {
        customer: party.customer,
        amountNanos: 5n * milli,
        reference: "top up",
        nowMs: now,
      });
      expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ balanceNanos: 3n * milli, dueNanos: 0n });
    });

    it("charges more than was reserved when more was used, and takes it from the balance", async () => {
      const { party } = await openShop(store, { balanceNanos: 10n * milli });
      const { hold } = await admit(party, "a", 2);
      expect(await settle(party, hold, 1, { units: 5 })).toMatchObject({ amountNanos: 5n * milli });
      expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ balanceNanos: 5n * milli, heldNanos: 0n });
    });

    it("keeps the rate card of its period, though a newer one is in force", async () => {
      const { party } = await openShop(store, { balanceNanos: 10n * milli });
      const { rateCard } = await settle(party, null, 1);
      const { plan } = await getSubscription(store, party.subscription);
      const dearer = [{ unit: "predictions", price: { ...perUnit(0), perThousandNanos: 2_000n * milli } }] as const;
      const next = await addRateCard(store, {
        plan,
        feeNanos: 0n,
        components: dearer,
        effectiveAtMs: now + 1,
        nowMs: now,
      });
      const later = now + dayMs;
      expect(await settle(party, null, 2, { atMs: later, nowMs: later })).toMatchObject({
        rateCard,
        amountNanos: milli,
      });
      const nextMonth = now + 32 * dayMs;
      const settled = await settle(party, null, 3, { atMs: nextMonth, nowMs: nextMonth });
      expect(settled).toMatchObject({ rateCard: next.id, amountNanos: 2n * milli });
      const tooLate = addRateCard(store, {
        plan,
        feeNanos: 0n,
        components: dearer,
        effectiveAtMs: now + 2,
        nowMs: now,
      });
      await expect(tooLate).rejects.toMatchObject({ code: "conflict" });
    });
  });

  describe("the sweeper", () => {
    it("returns money and units of everything that was never settled, also after a crash", async () => {
      const { party } = await openShop(store, { balanceNanos: 200n * milli, quotaUnits: 200 });
      await Promise.all(Array.from({ length: 150 }, (_, i) => admit(party, `r${i}`)));
      expect(await sweepHolds(store, now + 59_999)).toBe(0);
      expect(await sweepHolds(store, now + 60_000)).toBe(150);
      expect(await sweepHolds(store, now + 60_000)).toBe(0);
      expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ availableNanos: 200n * milli });
      expect(await admit(party, "r1", 200)).toMatchObject({ state: "admitted" });
    });
  });

  describe("what a customer can read", () => {
    it("is their usage by day and period, and nobody else's", async () => {
      const { party } = await openShop(store, { balanceNanos: 100n * milli, price: perUnit(1) });
      const other = await openShop(store, { balanceNanos: 100n * milli });
      const days = [now, now + 3_600_000, now + dayMs, now + 33 * dayMs];
      for (const [i, atMs] of days.entries()) await settle(party, null, i, { atMs, nowMs: atMs, units: 2 });
      await settle(other.party, null, 9);
      const { customer, product } = party;
      expect(await usageByDay(store, { customer, fromMs: now, toMs: now + 2 * dayMs })).toEqual([
        { day: "2026-01-01", product, events: 2, units: 4, amountNanos: 3n * milli },
        { day: "2026-01-02", product, events: 1, units: 2, amountNanos: 2n * milli },
      ]);
      const periods = await usageByPeriod(store, { customer });
      expect(periods.data.map(({ state, events, units, amountNanos }) => [state, events, units, amountNanos])).toEqual([
        ["open", 1, 2, 1n * milli],
        ["open", 3, 6, 5n * milli],
      ]);
      expect(await getUsageEvent(store, { customer, prediction: predictionOf(firstPrediction + 2) })).toMatchObject({
        quantities: { predictions: 2 },
      });
      const foreign = getUsageEvent(store, { customer, prediction: predictionOf(firstPrediction + 9) });
      await expect(foreign).rejects.toMatchObject({ code: "not_found" });
    });
  });

  it("finds what was tampered with", async () => {
    const { party } = await openShop(store, { balanceNanos: 100n * milli });
    await settle(party, (await admit(party, "a")).hold, 1);
    await store.perform(
      query(
        sql`update usage_events set units = 2, quantities = '{"predictions":2}' where customer = ${party.customer}`,
      ),
    );
    const problems = (await verifySell(store)).filter((check) => check.problemCount > 0).map((check) => check.name);
    expect(problems).toEqual(["charges of a period are the price of its units", "keys count their usage events"]);
    await store.perform(
      query(
        sql`update usage_events set units = 1, quantities = '{"predictions":1}' where customer = ${party.customer}`,
      ),
    );
  });
});
