import { afterAll, beforeAll, expect, it } from "vitest";
import { dayMs } from "../kernel/clock.ts";
import { newId } from "../kernel/ids.ts";
import { seededRandom } from "../kernel/random.ts";
import { type Party, settleUnit } from "../sell/index.ts";
import { openShop } from "../sell/testing/shop.ts";
import { type Prediction, recordPredictions } from "../serve/index.ts";
import { type Store, query, sql } from "../store/index.ts";
import { describeEachEngine, testEpochMs as epochMs } from "../store/testing/engines.ts";
import { keepDays } from "./keep-days.ts";
import { pivotReport, revenueReport, wheelReport } from "./index.ts";

const priceNanos = 1_000_000n;
const costNanos = 12_000n;

describeEachEngine("sums of days", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  beforeAll(async () => void ({ store, dispose } = await stores.open()));
  afterAll(() => dispose());

  const forget = async (): Promise<void> => {
    for (const table of ["insight_days", "insight_day_money", "insight_day_answers"])
      await store.perform(query({ parts: [`delete from ${table}`], params: [] }));
  };

  it("are what the postings say, kept or not, also when something comes late to a kept day", async () => {
    const random = seededRandom(5);
    const buyers = [await openShop(store), await openShop(store)].map(({ party }) => party);
    const said = new Map<string, number>();
    const range = { fromMs: epochMs + dayMs / 2, toMs: epochMs + 6.25 * dayMs };
    for (let round = 1; round <= 4; round++) {
      for (let i = 0; i < 6; i++) {
        const buyer = random.below(2);
        const atMs = epochMs + random.below(6 * dayMs); // any day, also one whose sums are kept
        await answer(store, buyers[buyer], atMs, i % 5 === 4);
        if (atMs < range.fromMs || i % 5 === 4) continue;
        const name = `${Math.max(range.fromMs, atMs - (atMs % dayMs))} ${buyers[buyer]?.customer}`;
        said.set(name, (said.get(name) ?? 0) + 1);
      }
      await keepDays(store, epochMs + (round + 2) * dayMs);
      const pivot = { ...range, step: "day", by: ["time", "customer"] } as const;
      const told = [await pivotReport(store, pivot), await wheelReport(store, range), await revenueReport(store)];
      const [days] = told;
      expect(
        new Map((days as Awaited<ReturnType<typeof pivotReport>>).map((row) => [`${row.fromMs} ${row.customer}`, row])),
      ).toEqual(
        new Map(
          [...said].map(([name, n]) => [
            name,
            expect.objectContaining({
              predictions: n,
              revenueNanos: BigInt(n) * priceNanos,
              costNanos: BigInt(n) * costNanos,
            }),
          ]),
        ),
      );
      const whole = await pivotReport(store, { ...range, step: "day", by: [] });
      expect(whole.map(({ predictions }) => predictions)).toEqual([[...said.values()].reduce((sum, n) => sum + n, 0)]);
      await forget();
      const anew = [await pivotReport(store, pivot), await wheelReport(store, range), await revenueReport(store)];
      expect(told).toEqual(anew);
      await keepDays(store, epochMs + (round + 2) * dayMs);
    }
  });

  it("are kept once, and again only when a day has more than then; today's are not kept", async () => {
    const nowMs = epochMs + 9 * dayMs;
    expect(await keepDays(store, nowMs)).toBeGreaterThan(0);
    expect(await keepDays(store, nowMs)).toBe(0);
    const { party } = await openShop(store);
    await answer(store, party, epochMs + 2 * dayMs, false);
    await answer(store, party, nowMs, false);
    expect(await keepDays(store, nowMs)).toBe(1);
    expect(await keepDays(store, nowMs, () => true)).toBe(0);
  });

  it("are not touched by reports, which read aside", async () => {
    const range = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
    expect((await wheelReport(store.aside, range)).rows.length).toBeGreaterThan(1);
    const { count } = (
      await store.perform(query<{ count: number }>(sql`select count(*) as count from insight_days`))
    )[0] ?? { count: 0 };
    expect(count).toBe(9);
  });
});

/** A paid answer, or a shadow, which nobody pays. */
async function answer(store: Store, party: Party | undefined, atMs: number, isShadow: boolean): Promise<void> {
  if (!party) throw new Error("there is a buyer");
  const id = newId("prediction", atMs);
  const [model, release] = [who.model, who.release];
  const prediction: Prediction = {
    id,
    endpoint: "spam",
    release,
    model,
    customer: party.customer,
    key: party.key,
    request: newId("request", atMs),
    idempotencyKey: null,
    bodyHash: "b",
    inputHash: "i",
    inputText: null,
    output: { value: 1 },
    shadowOf: isShadow ? id : null,
    latencyMs: 1,
    costNanos,
    createdAtMs: atMs,
  };
  const quantities = { predictions: 1 };
  const usage = { party, hold: null, prediction: id, quantities, costNanos, model, release, atMs, nowMs: atMs };
  await store.perform(recordPredictions([prediction]));
  if (!isShadow) await store.run(settleUnit, usage);
}

const who = { model: newId("model", epochMs), release: newId("release", epochMs) };
