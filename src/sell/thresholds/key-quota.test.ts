import { afterAll, beforeAll, expect, it } from "vitest";
import fc from "fast-check";
import type { Store } from "../../store/index.ts";
import { describeEachEngine, testEpochMs as now } from "../../store/testing/engines.ts";
import {
  type Party,
  type SettleInput,
  getKey,
  listEvents,
  revokeKey,
  setKeyThresholds,
  settleMany,
  settleUnit,
} from "../index.ts";
import { openShop, usageOf } from "../testing/shop.ts";

describeEachEngine("thresholds of a key's quota", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  let count = 0;
  beforeAll(async () => void ({ store, dispose } = await stores.open()));
  afterAll(() => dispose());

  const terms = { kind: "postpaid", creditLimitNanos: 1_000_000_000_000n } as const;
  const shop = async (quotaUnits: number | null = 10): Promise<Party> =>
    (await openShop(store, { terms, quotaUnits })).party;
  const usage = (party: Party, predictions: number): SettleInput => usageOf(party, ++count, { predictions });
  const use = (party: Party, predictions: number) => store.run(settleUnit, usage(party, predictions));
  const set = (
    { customer, key }: Pick<Party, "customer" | "key">,
    percents: readonly string[],
    setBy: "team" | "customer" = "team",
  ) => setKeyThresholds(store, { customer, key, percents, setBy });
  /** What was told of this key, by share: `percent: reached of quota`. */
  async function told({ customer, key }: Party): Promise<string[]> {
    const { data } = await listEvents(store, { customer, kind: "usage.threshold" });
    const own = data.filter(({ data: of }) => of["key"] === key);
    const told = own.map(({ data: of }) => {
      const { percent } = of["level"] as { percent: string };
      return `${percent}: ${String(of["reached_units"])} of ${String(of["quota_units"])}`;
    });
    return told.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  }

  it("are told once, when a settlement reaches them", async () => {
    const party = await shop();
    await set(party, ["100", "50"]);
    await use(party, 4);
    expect(await told(party)).toEqual([]);
    await use(party, 1);
    expect(await told(party)).toEqual(["50: 5 of 10"]);
    await use(party, 5);
    await use(party, 1); // usage that was not admitted here may go beyond
    expect(await told(party)).toEqual(["50: 5 of 10", "100: 10 of 10"]);
    const { quotaThresholds } = await getKey(store, party);
    expect(quotaThresholds.map((one) => [one.partsPerMillion, one.told])).toEqual([
      [500_000, true],
      [1_000_000, true],
    ]);
  });

  it("one settlement passes several; a batch, a repetition and company tell each once", async () => {
    const party = await shop(100);
    await set(party, ["1", "2", "33.3333", "90"]);
    const [again, ...others] = Array.from({ length: 7 }, () => usage(party, 5));
    if (!again) throw new Error("there is one");
    await store.perform(settleMany([again, ...others]));
    await store.run(settleUnit, again);
    await Promise.all(Array.from({ length: 20 }, () => use(party, 3)));
    expect(await told(party)).toHaveLength(4);
    expect((await told(party)).slice(0, 3)).toEqual(["1: 35 of 100", "2: 35 of 100", "33.3333: 35 of 100"]);
  });

  it("each side has its own list; what stays in it is not told again, what is passed is told with the next use", async () => {
    const party = await shop();
    await set(party, ["20"]);
    await use(party, 3);
    await set(party, ["20", "30"]);
    await set(party, ["20"], "customer");
    await use(party, 1);
    expect(await told(party)).toEqual(["20: 3 of 10", "20: 4 of 10", "30: 4 of 10"]);
    await set(party, []);
    const { quotaThresholds } = await getKey(store, party);
    expect(quotaThresholds).toEqual([{ partsPerMillion: 200_000, setBy: "customer", told: true }]);
  });

  it("nobody else's key is changed, and nothing is told of it", async () => {
    const [mine, theirs] = [await shop(), await shop()];
    await set(theirs, ["10"]);
    await expect(set({ customer: mine.customer, key: theirs.key }, ["20"])).rejects.toMatchObject({
      code: "not_found",
    });
    await use(mine, 9);
    expect([await told(mine), await told(theirs)]).toEqual([[], []]);
    await use(theirs, 1);
    expect(await told(theirs)).toEqual(["10: 1 of 10"]);
  });

  it.each<[story: string, quota: number | null, percents: readonly string[], code: string]>([
    ["a key without a quota", null, ["50"], "invalid_request"],
    ["a share of nothing", 10, ["0"], "invalid_request"],
    ["too many", 10, Array.from({ length: 21 }, (_, i) => String(i + 1)), "conflict"],
  ])("refused: %s", async (_story, quota, percents, code) => {
    const party = await shop(quota);
    await expect(set(party, percents)).rejects.toMatchObject({ code });
    expect((await getKey(store, party)).quotaThresholds).toEqual([]);
  });

  it("a revoked key's last usage is told of too", async () => {
    const party = await shop();
    await set(party, ["50"]);
    await revokeKey(store, { customer: party.customer, key: party.key, nowMs: now });
    await use(party, 5);
    expect(await told(party)).toEqual(["50: 5 of 10"]);
  });

  it("law: told is exactly what was reached, each once, at the settlement that reached it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 200 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 150 }), { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 5 }),
        async (quota, percents, uses) => {
          const party = await shop(quota);
          await set(party, percents.map(String));
          const expected: string[] = [];
          const left = new Set(percents.toSorted((a, b) => a - b));
          let used = 0;
          for (const each of uses) {
            await use(party, each);
            used += each;
            for (const percent of left) {
              if (used * 100 < percent * quota) continue;
              left.delete(percent);
              expected.push(`${percent}: ${used} of ${quota}`);
            }
          }
          const byShare = (a: string, b: string): number => Number.parseInt(a, 10) - Number.parseInt(b, 10);
          expect(await told(party)).toEqual(expected.toSorted(byShare));
        },
      ),
      { numRuns: 15, seed: 11 },
    );
  });
});
