import { afterAll, beforeAll, expect, it } from "vitest";
import { openDesk } from "../feedback/testing/desk.ts";
import { recordFeedback } from "../feedback/index.ts";
import { newId } from "../kernel/ids.ts";
import { settleUnit } from "../sell/index.ts";
import { openShop } from "../sell/testing/shop.ts";
import type { Store } from "../store/index.ts";
import { describeEachEngine, testEpochMs } from "../store/testing/engines.ts";
import { today } from "./index.ts";

const hourMs = 3_600_000;
const coin = 10_000_000n;

describeEachEngine("the wheel at a glance", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  beforeAll(async () => void ({ store, dispose } = await stores.open()));
  afterAll(() => dispose());

  it("is still where nothing happened", async () => {
    const seen = await today(store, { sinceMs: testEpochMs, nowMs: testEpochMs + hourMs });
    expect(seen).toEqual({
      sinceMs: testEpochMs,
      examples: { total: 0, added: 0, datasets: 0 },
      runs: { waiting: 0, training: 0, done: 0, failed: 0 },
      models: { total: 0, live: 0 },
      calls: { total: 0, byHour: [0] },
      revenue: [],
      feedback: { total: 0, disputed: 0 },
      queue: 0,
      overdueInvoices: 0,
      failedTurns: 0,
      lastPromotion: null,
    });
  });

  it("counts what happened since an instant, by hour, and nothing from before it", async () => {
    const price = { kind: "per_unit", perThousandNanos: 1_000n * coin, freeUnits: 0 } as const;
    const { party } = await openShop(store, { price, balanceNanos: 200n * coin });
    const use = (predictions: number, atMs: number) =>
      store.run(settleUnit, {
        party,
        hold: null,
        prediction: newId("prediction", atMs),
        quantities: { predictions },
        costNanos: coin,
        model: null,
        release: null,
        atMs,
        nowMs: atMs,
      });
    const sinceMs = testEpochMs + 10 * hourMs;
    await use(7, sinceMs - 1);
    await use(2, sinceMs);
    await use(3, sinceMs + 2 * hourMs);
    await use(4, sinceMs + 2 * hourMs + 1);
    const seen = await today(store, { sinceMs, nowMs: sinceMs + 3 * hourMs });
    expect(seen.calls).toEqual({ total: 3, byHour: [1, 0, 2] });
    expect(seen.revenue).toEqual([{ currency: "usd", amountNanos: 9n * coin }]);
  });

  it("counts feedback, the queue it fills, and models that answer", async () => {
    const desk = await openDesk(store);
    const customer = await desk.customer();
    const answer = await desk.predict(customer, "win a prize");
    const signal = { kind: "boolean", value: false } as const;
    await recordFeedback(store, { customer, prediction: answer.id, signal, source: "user", nowMs: desk.now() });
    const seen = await today(store, { sinceMs: testEpochMs, nowMs: testEpochMs + hourMs });
    expect(seen.feedback).toEqual({ total: 1, disputed: 1 });
    expect(seen.queue).toBe(1);
    expect(seen.models).toEqual({ total: 1, live: 0 });
  });
});
