import { dayMs } from "../kernel/clock.ts";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { verifyLedger } from "../ledger/index.ts";
import type { Store } from "../store/index.ts";
import { describeEachEngine, testEpochMs as now } from "../store/testing/engines.ts";
import {
  type Component,
  type LeaseInput,
  type LeaseOutcome,
  type Party,
  type Quantities,
  type SettleInput,
  admitUnit,
  balanceOfCustomer,
  leaseUnit,
  releaseUnit,
  renewUnit,
  revokeKey,
  settleMany,
  shrinkUnit,
  sweepHolds,
  verifySell,
} from "./index.ts";
import { type LeaseRoom, sizeLease } from "./lease-size.ts";
import { type Offer, openShop, predictionOf } from "./testing/shop.ts";

const milli = 1_000_000n;
const priced = (unit: Component["unit"], nanos: bigint, freeUnits = 0): Component => ({
  unit,
  price: { kind: "per_unit", perThousandNanos: nanos * 1_000n, freeUnits },
});

describe("the size of a lease", () => {
  const room = (change: Partial<LeaseRoom>): LeaseRoom => ({
    components: [priced("requests", milli), priced("output_tokens", 1_000n)],
    reached: {},
    used: {},
    availableNanos: 1_000_000n * milli,
    spendCapNanos: null,
    budgetLeftNanos: null,
    keyLeft: null,
    wanted: { requests: 100, output_tokens: 1_000 },
    least: { requests: 4, output_tokens: 40 },
    ...change,
  });
  const cases: [string, LeaseRoom, Quantities | undefined][] = [
    ["what is wanted, when there is plenty", room({}), { requests: 100, output_tokens: 1_000 }],
    ["an eighth of a balance", room({ availableNanos: 404n * milli }), { requests: 50, output_tokens: 500 }],
    ["an eighth of what a cap leaves", room({ spendCapNanos: 404n * milli }), { requests: 50, output_tokens: 500 }],
    [
      "an eighth of what a budget leaves",
      room({ budgetLeftNanos: 404n * milli }),
      { requests: 50, output_tokens: 500 },
    ],
    ["an eighth of a key's quota", room({ keyLeft: 404 }), { requests: 50, output_tokens: 509 }],
    ["nothing, when an eighth is worth less than four requests", room({ availableNanos: 32n * milli }), undefined],
    ["nothing, when the cap is reached", room({ spendCapNanos: 0n }), undefined],
    [
      "all that is free, whatever there is",
      room({ components: [], availableNanos: 0n }),
      { requests: 100, output_tokens: 1_000 },
    ],
  ];
  it.each(cases)("is %s", (_story, given, size) => {
    expect(sizeLease(given)).toEqual(size);
  });
});

describeEachEngine("a lease", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  let made = 0;
  beforeAll(async () => void ({ store, dispose } = await stores.open()));
  afterAll(() => dispose());
  afterEach(async () => {
    await sweepHolds(store, now + dayMs);
    const checks = [...(await verifyLedger(store, now)), ...(await verifySell(store))];
    const [problem] = checks.flatMap(({ problems }) => problems);
    if (problem) throw new Error(problem);
  });

  const join = async (offer: Offer = {}): Promise<Party> =>
    (await openShop(store, { components: [priced("requests", milli)], ...offer })).party;
  const lease = (party: Party, requests: number, more: Partial<LeaseInput> = {}): Promise<LeaseOutcome> =>
    store.run(leaseUnit, {
      party,
      apart: { key: false, endUser: false, revision: 0 },
      endUser: null,
      lease: null,
      wanted: { requests },
      least: { requests: 1 },
      owner: `lease/${made++}`,
      nowMs: now,
      expiresAtMs: now + limits.leaseTtlMs,
      ...more,
    });
  const holdOf = (outcome: LeaseOutcome): Id<"hold"> => {
    if (outcome.state !== "leased") throw new Error(outcome.state);
    return outcome.hold;
  };
  const usage = (party: Party, hold: Id<"hold"> | null, leased: Quantities | null, used: Quantities): SettleInput => ({
    party,
    hold,
    leased,
    prediction: predictionOf(500_000 + made++),
    quantities: used,
    costNanos: 7n,
    model: "mdl_1",
    release: null,
    atMs: now,
    nowMs: now,
  });
  const settle = (inputs: readonly SettleInput[]) => store.perform(settleMany(inputs));
  const admit = (party: Party, quantities: Quantities = { requests: 1 }) =>
    store.run(admitUnit, { party, quantities, requestKey: `r${made++}`, nowMs: now });

  const falling: Component = {
    unit: "requests",
    price: {
      kind: "graduated",
      tiers: [
        { upToUnits: 100, perThousandNanos: 10n * milli * 1_000n, flatNanos: 0n },
        { upToUnits: null, perThousandNanos: milli * 1_000n, flatNanos: 0n },
      ],
    },
  };
  it.each<[string, (party: Party) => Promise<unknown>]>([
    [
      "released",
      async (party) => {
        const first = await admit(party, { requests: 100 });
        await admit(party, { requests: 50 });
        return store.run(releaseUnit, { hold: first.hold, nowMs: now });
      },
    ],
    [
      "given back in part",
      async (party) => {
        const first = holdOf(await lease(party, 100));
        await admit(party, { requests: 50 });
        return store.run(shrinkUnit, { lease: first, by: { requests: 100 } });
      },
    ],
    [
      "swept",
      async (party) => {
        const early = { party, quantities: { requests: 100 }, requestKey: `r${made++}`, nowMs: now - 30_000 };
        await store.run(admitUnit, { ...early, ttlMs: 1, nowMs: now });
        await admit(party, { requests: 50 });
        return sweepHolds(store, now + 10);
      },
    ],
  ])("when one is %s, those that stay are covered at the dearer units they get", async (_story, work) => {
    const party = await join({ balanceNanos: 100_000n * milli, components: [falling] });
    await work(party);
    expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ heldNanos: 500n * milli });
  });

  it("holds for many requests; each that is settled takes its part, the rest goes back", async () => {
    const party = await join({ balanceNanos: 800n * milli });
    const hold = holdOf(await lease(party, 100));
    expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ heldNanos: 100n * milli });
    const batch = Array.from({ length: 30 }, () => usage(party, hold, { requests: 1 }, { requests: 1 }));
    const settled = await settle(batch);
    expect(settled.map(({ amountNanos }) => amountNanos)).toEqual(batch.map(() => milli));
    expect(await balanceOfCustomer(store, party.customer)).toMatchObject({
      balanceNanos: 770n * milli,
      heldNanos: 70n * milli,
    });
    expect(await store.run(shrinkUnit, { lease: hold, by: { requests: 50 } })).toBe("shrunk");
    expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ heldNanos: 20n * milli });
    expect(await store.run(releaseUnit, { hold, nowMs: now })).toBe("released");
    expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ heldNanos: 0n, dueNanos: 0n });
  });

  it("grows, and ends when nobody renews it", async () => {
    const party = await join({ balanceNanos: 8_000n * milli });
    const hold = holdOf(await lease(party, 100));
    expect(await lease(party, 50, { lease: hold })).toMatchObject({ state: "leased", hold, added: { requests: 50 } });
    expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ heldNanos: 150n * milli });
    const expiresAtMs = now + 3 * limits.leaseTtlMs;
    expect(await store.run(renewUnit, { leases: [hold], expiresAtMs })).toEqual([hold]);
    expect(await sweepHolds(store, expiresAtMs - 1)).toBe(0);
    expect(await sweepHolds(store, expiresAtMs)).toBe(1);
    expect(await store.run(renewUnit, { leases: [hold], expiresAtMs })).toEqual([]);
    expect(await lease(party, 50, { lease: hold })).toEqual({ state: "ended" });
    expect(await store.run(shrinkUnit, { lease: hold, by: { requests: 1 } })).toBe("gone");
  });

  it("takes no more than an eighth, and nothing near the end, where each request is held alone", async () => {
    const party = await join({ balanceNanos: 80n * milli, quotaUnits: 1_000 });
    expect(await lease(party, 100)).toMatchObject({ added: { requests: 10 } });
    expect(await lease(party, 100, { least: { requests: 9 } })).toEqual({ state: "scarce" });
    const outcomes = await Promise.allSettled(Array.from({ length: 90 }, () => admit(party)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(70); // the lease holds ten
  });

  it("is for one period: the next one's requests need another", async () => {
    const party = await join({ balanceNanos: 800n * milli });
    const hold = holdOf(await lease(party, 10));
    const nextMonth = now + 32 * dayMs;
    const expiresAtMs = nextMonth + limits.leaseTtlMs;
    expect(await lease(party, 10, { lease: hold, nowMs: nextMonth, expiresAtMs })).toEqual({ state: "ended" });
  });

  it("is refused to a key that is revoked, and before the subscription starts", async () => {
    const party = await join({ balanceNanos: 800n * milli });
    expect(await lease(party, 10, { nowMs: now - 5 })).toEqual({ state: "scarce" });
    await revokeKey(store, { customer: party.customer, key: party.key, nowMs: now });
    await expect(lease(party, 10)).rejects.toMatchObject({ code: "invalid_key" });
  });

  it("that has expired under its requests: they are billed, from the balance", async () => {
    const party = await join({ balanceNanos: 8n * milli });
    const hold = holdOf(await lease(party, 1));
    await sweepHolds(store, now + limits.leaseTtlMs);
    await settle([usage(party, hold, { requests: 1 }, { requests: 1 })]);
    expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ balanceNanos: 7n * milli, dueNanos: 0n });
  });

  it("counts on a key with a quota: what it holds and what was used", async () => {
    const party = await join({ balanceNanos: 800n * milli, quotaUnits: 80 });
    const hold = holdOf(await lease(party, 100));
    await settle([usage(party, hold, { requests: 4 }, { requests: 3 })]);
    const outcomes = await Promise.allSettled(Array.from({ length: 80 }, () => admit(party)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(70);
  });

  describe("in one batch with other customers, holds and late usage", () => {
    it("charges each what it would be charged alone, in one entry for each customer", async () => {
      const components = [priced("requests", milli, 5), priced("output_tokens", 3_000n, 100)];
      const offer = { components, balanceNanos: 4_000n * milli };
      const parties = [await join(offer), await join(offer), await join({ ...offer, balanceNanos: 1n })];
      const used = (n: number): Quantities => ({ requests: 1, output_tokens: 17 * n });
      const alone = await join(offer);
      const expected: bigint[] = [];
      for (let n = 1; n <= 12; n++) expected.push((await settle([usage(alone, null, null, used(n))]))[0]!.amountNanos);
      const inputs: SettleInput[][] = [];
      for (const [at, party] of parties.entries()) {
        const reserved = { requests: 1, output_tokens: 300 };
        const leased =
          at === 0 ? await lease(party, 10, { wanted: { requests: 10, output_tokens: 3_000 } }) : undefined;
        const own = at === 1 ? await admit(party, reserved) : undefined;
        inputs.push(
          Array.from({ length: 12 }, (_, n) => {
            if (leased) return usage(party, holdOf(leased), reserved, used(n + 1));
            return usage(party, own && n === 0 ? own.hold : null, null, used(n + 1));
          }),
        );
      }
      const mixed = Array.from({ length: 36 }, (_, i) => inputs[i % 3]![Math.floor(i / 3)]!);
      const settled = await settle(mixed);
      for (const of of [0, 1, 2]) {
        expect(settled.filter((_, i) => i % 3 === of).map(({ amountNanos }) => amountNanos)).toEqual(expected);
      }
      const totalNanos = expected.reduce((a, b) => a + b, 0n);
      expect(await balanceOfCustomer(store, parties[0]!.customer)).toMatchObject({
        balanceNanos: 4_000n * milli - totalNanos,
        dueNanos: 0n,
      });
      expect(await balanceOfCustomer(store, parties[2]!.customer)).toMatchObject({
        balanceNanos: 0n,
        dueNanos: totalNanos - 1n,
      });
      expect(
        (await settle(mixed.slice(0, 3).map((input) => ({ ...input, hold: null, leased: null })))).map(
          ({ state }) => state,
        ),
      ).toEqual(["duplicate", "duplicate", "duplicate"]);
    });
  });
});
