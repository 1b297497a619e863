import { dayMs } from "../../kernel/clock.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Id } from "../../kernel/ids.ts";
import type { Store } from "../../store/index.ts";
import { query } from "../../store/index.ts";
import { describeEachEngine, testEpochMs as now } from "../../store/testing/engines.ts";
import {
  type Level,
  type Party,
  type SettleInput,
  closePeriod,
  levelFormOf,
  levelFrom,
  listEvents,
  listThresholds,
  removeThreshold,
  setThreshold,
  settleMany,
  settleUnit,
} from "../index.ts";
import { type Offer, openShop, usageOf } from "../testing/shop.ts";
import { type Measured, measure } from "./level.ts";
import { planCrossed } from "./watched.ts";

const coin = 10_000_000n;
const price = { kind: "per_unit", perThousandNanos: 1_000n * coin, freeUnits: 10 } as const; // a coin each, ten are free
const terms = { kind: "postpaid", creditLimitNanos: 1_000_000n * coin } as const;
const share = { kind: "allowance", unit: "predictions", partsPerMillion: 800_000 } as const;
const units = (count: number): Level => ({ kind: "units", unit: "predictions", units: count });

describe("how far a period is", () => {
  const of = (predictions: number): Measured => {
    return { components: [{ unit: "predictions", price }], spendCapNanos: 50n * coin, used: { predictions } };
  };
  it.each<[story: string, level: Level, used: number, limit: bigint, reached: bigint]>([
    ["units are counted, free or not", units(7), 7, 7n, 7n],
    ["a share of the free units", share, 8, 8n, 8n],
    ["a share is rounded up", { ...share, partsPerMillion: 250_000 }, 2, 3n, 2n],
    ["more than the free units", { ...share, partsPerMillion: 1_200_000 }, 12, 12n, 12n],
    ["what usage costs, free units not", { kind: "spend", amountNanos: 5n * coin }, 15, 5n * coin, 5n * coin],
    ["a share of the cap", { kind: "cap", partsPerMillion: 500_000 }, 34, 25n * coin, 24n * coin],
  ])("%s", (_story, level, used, limit, reached) => {
    expect(measure(level, of(used))).toEqual({ limit, reached });
    expect(levelFrom(levelFormOf(level))).toEqual(level);
  });

  it("what a period does not have is no level of it, and is watched on", () => {
    const bare: Measured = { components: [], spendCapNanos: null, used: { predictions: 99 } };
    expect(measure({ kind: "cap", partsPerMillion: 1 }, bare)).toBeUndefined();
    const watched = [{ id: "uth_1", level: levelFormOf(share) }];
    expect(planCrossed(JSON.stringify(watched), bare)).toEqual({ crossed: [], left: watched });
  });

  it.each([
    { kind: "units", unit: "predictions", units: 0 },
    { kind: "spend", amount: "0" },
    { kind: "cap", percent: "0" },
  ] as const)("a level of nothing is refused: $kind", (form) => {
    expect(() => levelFrom(form)).toThrow(expect.objectContaining({ code: "invalid_request" }));
  });
});

describeEachEngine("thresholds of usage", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  let count = 0;
  beforeAll(async () => void ({ store, dispose } = await stores.open()));
  afterAll(() => dispose());

  const shop = async (offer: Offer = {}): Promise<Party> =>
    (await openShop(store, { price, terms, spendCapNanos: 100n * coin, ...offer })).party;
  const usage = (party: Party, predictions: number, atMs = now + dayMs): SettleInput =>
    usageOf(party, ++count, { predictions, atMs });
  const use = (party: Party, predictions: number, atMs?: number) =>
    store.run(settleUnit, usage(party, predictions, atMs));
  const set = ({ subscription }: Party, level: Level, setBy: "team" | "customer" = "team") =>
    setThreshold(store, { subscription, level, setBy, nowMs: now });
  /** What was told, oldest first: `threshold reached/limit`. */
  async function told({ customer }: Party): Promise<string[]> {
    const { data } = await listEvents(store, { customer, kind: "usage.threshold" });
    return data.toReversed().map(({ data: of }) => {
      const [reached, limit] = [of["reached_units"] ?? of["reached_nanos"], of["limit_units"] ?? of["limit_nanos"]];
      return `${(of["level"] as { kind: string }).kind} ${reached as string}/${limit as string}`;
    });
  }

  it("is told when a settlement reaches it, once, and again in the next period", async () => {
    const party = await shop();
    await set(party, share);
    await use(party, 7);
    expect(await told(party)).toEqual([]);
    await use(party, 1);
    expect(await told(party)).toEqual(["allowance 8/8"]);
    await use(party, 5);
    await use(party, 5, now + 32 * dayMs);
    expect(await told(party)).toHaveLength(1);
    await use(party, 4, now + 33 * dayMs);
    expect(await told(party)).toEqual(["allowance 8/8", "allowance 9/8"]);
  });

  it("one settlement may pass several, and a batch of settlements tells each once", async () => {
    const party = await shop();
    for (const level of [units(5), share, { kind: "spend", amountNanos: 3n * coin } as const]) await set(party, level);
    await store.perform(settleMany([usage(party, 4), usage(party, 4), usage(party, 9), usage(party, 1)]));
    expect((await told(party)).sort()).toEqual(["allowance 18/8", "spend 80000000/30000000", "units 18/5"]);
  });

  it("a repeated settlement tells nothing again", async () => {
    const party = await shop();
    await set(party, units(3));
    const input = usage(party, 3);
    await store.run(settleUnit, input);
    await store.run(settleUnit, input);
    expect(await told(party)).toEqual(["units 3/3"]);
  });

  it("settlements at the same time tell once", async () => {
    const party = await shop();
    await set(party, { kind: "cap", partsPerMillion: 100_000 });
    await Promise.all(Array.from({ length: 30 }, () => use(party, 1)));
    expect(await told(party)).toEqual([`cap ${10n * coin}/${10n * coin}`]);
  });

  it("late usage reaches the threshold of the period that takes it", async () => {
    const party = await shop();
    await set(party, units(3));
    await use(party, 2, now + 32 * dayMs);
    const close = { subscription: party.subscription, asOfMs: now + 32 * dayMs, graceMs: 0, nowMs: now + 32 * dayMs };
    const silent = function* () {
      yield* query({ parts: ["select 1 as told"], params: [] });
    };
    await store.perform(closePeriod(close, silent));
    await use(party, 1, now + dayMs);
    expect(await told(party)).toEqual(["units 3/3"]);
  });

  it("set in the middle of a period, it is told with the next use", async () => {
    const party = await shop();
    await use(party, 9);
    await set(party, units(5));
    expect(await told(party)).toEqual([]);
    await use(party, 1);
    expect(await told(party)).toEqual(["units 10/5"]);
  });

  it("removed, it is told no more, in periods that are open already too", async () => {
    const party = await shop();
    await use(party, 1, now + 32 * dayMs);
    const { id } = await set(party, units(3));
    await removeThreshold(store, { threshold: id });
    await use(party, 5);
    await use(party, 5, now + 32 * dayMs);
    expect(await told(party)).toEqual([]);
    expect(await listThresholds(store, party.subscription)).toEqual([]);
  });

  it("what is refused changes nothing", async () => {
    const bare = { price: { kind: "per_unit", perThousandNanos: coin, freeUnits: 0 }, spendCapNanos: null } as const;
    const party = await shop(bare);
    const refusals: [() => Promise<unknown>, string][] = [
      [() => set(party, share), "invalid_request"],
      [() => set(party, { kind: "cap", partsPerMillion: 1 }), "invalid_request"],
      [() => removeThreshold(store, { threshold: "uth_none" }), "not_found"],
      [() => setThreshold(store, { subscription: "sub_none", level: share, setBy: "team", nowMs: now }), "not_found"],
    ];
    for (const [work, code] of refusals) await expect(work()).rejects.toMatchObject({ code });
    expect(await listThresholds(store, party.subscription)).toEqual([]);
    for (let n = 1; n <= 20; n++) await set(party, units(n));
    await expect(set(party, units(7))).rejects.toMatchObject({ code: "conflict" });
    await expect(set(party, units(21))).rejects.toMatchObject({ code: "conflict" });
  });

  it("a customer removes what it has set, not the team's, and nothing of another customer", async () => {
    const [mine, theirs] = [await shop(), await shop()];
    const own = await set(mine, units(5), "customer");
    const team = await set(mine, units(6));
    const remove = (threshold: Id<"usageThreshold">, { customer }: Party) =>
      removeThreshold(store, { threshold, customer });
    await expect(remove(own.id, theirs)).rejects.toMatchObject({ code: "not_found" });
    await expect(remove(team.id, theirs)).rejects.toMatchObject({ code: "not_found" });
    await expect(remove(team.id, mine)).rejects.toMatchObject({ code: "forbidden" });
    await remove(own.id, mine);
    expect((await listThresholds(store, mine.subscription)).map(({ id }) => id)).toEqual([team.id]);
  });
});
