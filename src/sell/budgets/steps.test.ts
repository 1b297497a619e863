import fc from "fast-check";
import { expect, it } from "vitest";
import { dayMs } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { type Id, newId } from "../../kernel/ids.ts";
import { type Store, query, sql } from "../../store/index.ts";
import { describeEachEngine, testEpochMs } from "../../store/testing/engines.ts";
import {
  type Party,
  admitUnit,
  authenticate,
  createKey,
  endBudget,
  leaseUnit,
  listBudgets,
  partyFor,
  releaseUnit,
  setBudget,
  settleUnit,
  sweepHolds,
  verifySell,
} from "../index.ts";
import type { Price } from "../price.ts";
import type { PriceTier } from "../prices/graduated.ts";
import { openShop, pepper } from "../testing/shop.ts";

const hourMs = 3_600_000;

const tier = (upToUnits: number | null, coins: bigint, flatCoins = 0n): PriceTier => {
  return { upToUnits, perThousandNanos: coins * 1_000_000_000n, flatNanos: flatCoins * 1_000_000n };
};

/** Free at first, a step, dear, then cheap: each turn moves something between requests that are in flight together. */
const prices: readonly Price[] = [
  { kind: "graduated", tiers: [tier(15, 0n), tier(40, 9n, 50n), tier(null, 1n)] },
  { kind: "volume", tiers: [tier(12, 7n), tier(30, 1n), tier(null, 5n)] },
  { kind: "package", packageUnits: 9, packageNanos: 40_000_000n, freeUnits: 11 },
  {
    kind: "allowance",
    freeUnits: 20,
    rolloverUnitsMax: 0,
    of: { kind: "graduated", tiers: [tier(9, 8n), tier(null, 2n)] },
  },
];

const operation = fc.record({
  kind: fc.constantFrom("admit", "admit", "admit", "admit", "settle", "settle", "settle", "release", "lease", "wait"),
  who: fc.nat({ max: 1 }),
  units: fc.integer({ min: 1, max: 12 }),
  pick: fc.nat({ max: 50 }),
});
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

interface InFlight {
  readonly hold: Id<"hold">;
  readonly party: Party;
  readonly endUser: string;
  readonly askedMs: number;
  /** What it may use at most. */
  readonly units: number;
  readonly isLeased: boolean;
  readonly expiresAtMs: number;
}

interface World {
  readonly store: Store;
  readonly parties: readonly Party[];
  open: InFlight[];
  nowMs: number;
}

/** A key, another, the end users of both, and everybody by the day: each has a hard budget. */
async function openWorld(store: Store, price: Price, amountNanos: bigint): Promise<World> {
  const nowMs = testEpochMs + dayMs - hourMs;
  const { party, secret } = await openShop(store, { price, balanceNanos: 10n ** 12n });
  const { customer } = party;
  const { secret: other, key } = await createKey(store, { customer, name: "other", pepper, nowMs });
  const grant = await authenticate(store, other.reveal(), pepper);
  const parties = [party, partyFor(grant, "spam")];
  expect(secret).not.toBe(other.reveal());
  const of = { customer, mode: "hard", setBy: "operator", nowMs } as const;
  await setBudget(store, { ...of, scope: "key", subject: party.key, every: "month", amountNanos });
  await setBudget(store, { ...of, scope: "key", subject: key.id, every: "total", amountNanos: amountNanos / 2n });
  await setBudget(store, { ...of, scope: "end_user", subject: "*", every: "day", amountNanos: amountNanos / 2n });
  await setBudget(store, { ...of, scope: "customer", every: "day", amountNanos });
  return { store, parties, open: [], nowMs };
}

async function perform(world: World, { kind, who, units, pick }: Operation, n: number): Promise<void> {
  const { store, open, nowMs } = world;
  const party = world.parties[who]!;
  const endUser = ["ann", "bob"][pick % 2]!;
  const quantities = { predictions: units };
  switch (kind) {
    case "admit": {
      const ask = { party, quantities, endUser, requestKey: `r${n}`, nowMs, ttlMs: 2 * hourMs };
      const admitted = await store.run(admitUnit, ask).catch(noRoom);
      if (admitted?.state !== "admitted") return;
      const { hold, expiresAtMs } = admitted;
      open.push({ hold, party, endUser, askedMs: nowMs, units, isLeased: false, expiresAtMs });
      return;
    }
    case "lease": {
      const apart = { key: true, endUser: true, revision: 0 };
      const expiresAtMs = nowMs + 2 * hourMs;
      const ask = { party, apart, endUser, lease: null, owner: `lease/p/${n}`, nowMs, expiresAtMs };
      const leased = await store.run(leaseUnit, { ...ask, wanted: quantities, least: { predictions: 1 } });
      if (leased.state !== "leased") return;
      const of = { hold: leased.hold, party, endUser, askedMs: nowMs, isLeased: true, expiresAtMs };
      for (let left = leased.added.predictions ?? 0; left > 0; left -= 2)
        open.push({ ...of, units: Math.min(2, left) });
      return;
    }
    case "wait":
      world.nowMs += [1, 30, 70][pick % 3]! * 60_000;
      await sweepHolds(store, world.nowMs);
      world.open = open.filter(({ expiresAtMs }) => expiresAtMs > world.nowMs);
      return;
    case "settle":
    case "release": {
      const [request] = open.splice(pick % Math.max(open.length, 1), 1);
      if (!request) return;
      if (kind === "release" && !request.isLeased) {
        await store.run(releaseUnit, { hold: request.hold, nowMs });
        return;
      }
      await settle(world, request, Math.max(1, request.units - (pick % 3)));
    }
  }
}

async function settle({ store, nowMs }: World, request: InFlight, used: number): Promise<void> {
  const { hold, party, endUser, askedMs, units, isLeased } = request;
  await store.run(settleUnit, {
    party,
    hold,
    leased: isLeased ? { predictions: units } : null,
    prediction: newId("prediction", askedMs),
    quantities: { predictions: Math.min(used, units) },
    endUser,
    costNanos: 0n,
    model: null,
    release: null,
    atMs: askedMs,
    nowMs,
  });
}

function noRoom(error: unknown): undefined {
  if (error instanceof Refusal && error.code === "quota_exceeded") return undefined;
  throw error;
}

describeEachEngine("a hard budget at the steps of a price", (stores) => {
  const freeThenDear = prices[0]!;
  const dearThenCheap: Price = { kind: "graduated", tiers: [tier(10, 9n), tier(null, 1n)] };
  it.each<[string, Price, bigint, number, number]>([
    ["has no room for free units that another may use up first", freeThenDear, 100n, 10, 10],
    ["has no room for the flat amount of a tier that another may leave to it", freeThenDear, 49n, 10, 1],
    ["has no room for dear units that another would have had", dearThenCheap, 9n, 10, 2],
  ])("%s", async (_story, price, milli, othersUnits, ownUnits) => {
    const { store, dispose } = await stores.open();
    try {
      const { parties, nowMs } = await openWorld(store, price, milli * 1_000_000n);
      const [own, other] = parties;
      const ask = { nowMs, ttlMs: hourMs / 2, endUser: null };
      const admit = (party: Party, predictions: number, requestKey: string) =>
        store.run(admitUnit, { ...ask, party, quantities: { predictions }, requestKey });
      await endOthers(store, own!.customer, own!.key);
      await admit(other!, othersUnits, "other");
      await expect(admit(own!, ownUnits, "own")).rejects.toMatchObject({ code: "quota_exceeded" });
    } finally {
      await dispose();
    }
  });

  it("is never exceeded, whatever is in flight together and settled in whatever order", async () => {
    const lives = fc.tuple(
      fc.constantFrom(...prices),
      fc.bigInt({ min: 80n, max: 500n }),
      fc.array(operation, { minLength: 20, maxLength: 40, size: "max" }),
    );
    let used = 0;
    const law = fc.asyncProperty(lives, async ([price, coins, operations]) => {
      const { store, dispose } = await stores.open();
      try {
        const world = await openWorld(store, price, coins * 1_000_000n);
        for (const [n, op] of operations.entries()) {
          world.nowMs += 10;
          await perform(world, op, n);
          await assertWithin(store, JSON.stringify(op));
        }
        for (const request of world.open) await settle(world, request, request.units);
        await assertWithin(store, "all is settled");
        const events = await store.perform(query(sql`select id from usage_events where amount_nanos > 0`));
        used += events.length;
        const problems = (await verifySell(store)).flatMap((check) => check.problems);
        expect(problems).toEqual([]);
      } finally {
        await dispose();
      }
    });
    await fc.assert(law, { numRuns: stores.engine === "sqlite" ? 15 : 3, seed: 8, interruptAfterTimeLimit: 15_000 });
    expect(used, "paid answers").toBeGreaterThan(0);
  });
});

/** Only the budget of one key is left. */
async function endOthers(store: Store, customer: Id<"customer">, key: Id<"key">): Promise<void> {
  for (const budget of (await listBudgets(store, { customer })).data)
    if (budget.subject !== key) await endBudget(store, { customer, budget: budget.id, nowMs: testEpochMs });
}

async function assertWithin(store: Store, story: string): Promise<void> {
  const over = await store.perform(
    query(sql`select b.scope, b.every, b.amount_nanos, w.spent_nanos from budget_windows w
      join budgets b on b.id = w.budget where w.spent_nanos > b.amount_nanos`),
  );
  expect(over, story).toEqual([]);
}
