import { afterAll, beforeAll, expect, it } from "vitest";
import { openDesk } from "../../feedback/testing/desk.ts";
import { manualClock } from "../../kernel/clock.ts";
import { type Store, query, sql } from "../../store/index.ts";
import { type TestStores, describeEachEngine, testEpochMs } from "../../store/testing/engines.ts";
import { type RetentionKind, changeRetention, listRetention, previewRetention, sweepRetention } from "../index.ts";

const dayMs = 86_400_000;
const auditDays = 400;

describeEachEngine("what is kept for a time", (stores: TestStores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  const nowMs = testEpochMs + 1_000 * dayMs;
  beforeAll(async () => {
    ({ store, dispose } = await stores.open(manualClock(testEpochMs)));
    const desk = await openDesk(store);
    const customer = await desk.customer();
    await desk.predict(customer, "an old text"); // of the epoch, a thousand days ago
    for (const [i, ageDays] of [1, 50, 500].entries()) {
      const at = nowMs - ageDays * dayMs;
      await store.perform(
        query(sql`insert into request_failures (minute_ms, endpoint, product, customer, code, requests)
        values (${at}, ${""}, ${""}, ${""}, ${"invalid_key"}, ${1})`),
      );
      await store.perform(
        query(sql`insert into gateway_captures
          (prediction, product, customer, door, request, answer, created_at_ms)
        values (${`pred_${i}`}, ${"prod_1"}, ${"cus_1"}, ${"chat"}, ${"{}"}, ${"{}"}, ${at})`),
      );
    }
  });
  afterAll(() => dispose());

  const count = async (table: string): Promise<number> =>
    (await store.perform(query<{ n: number }>({ parts: [`select count(*) as n from ${table}`], params: [] })))[0]?.n ??
    0;
  const texts = () => count("predictions where input_text is not null");
  const set = (kind: RetentionKind, days: number | null | undefined) => changeRetention(store, { kind, days, nowMs });
  const sweep = () => sweepRetention(store, { auditDays, nowMs });

  it("goes by the defaults first: texts and captures stay, counts of failures go after 400 days", async () => {
    expect(await listRetention(store, { auditDays: 90 })).toEqual([
      { kind: "audit_events", days: 90, isChanged: false, daysDefault: 90 },
      { kind: "request_failures", days: 400, isChanged: false, daysDefault: 400 },
      { kind: "captures", days: null, isChanged: false, daysDefault: null },
      { kind: "prediction_texts", days: null, isChanged: false, daysDefault: null },
    ]);
    await sweep();
    expect([await count("request_failures"), await count("gateway_captures"), await texts()]).toEqual([2, 3, 1]);
  });

  it("what an owner says is told before, done by the sweep, and only to what it names", async () => {
    const predictions = await count("predictions");
    expect((await previewRetention(store, { kind: "captures", days: 30, nowMs })).removes).toBe(2);
    expect((await previewRetention(store, { kind: "prediction_texts", days: 30, nowMs })).removes).toBe(1);
    await set("captures", 30);
    await set("prediction_texts", 30);
    await sweep();
    expect([await count("request_failures"), await count("gateway_captures"), await texts()]).toEqual([2, 1, 0]);
    expect(await count("predictions")).toBe(predictions); // what was billed stays, without its text
    await set("captures", undefined);
    expect((await listRetention(store, { auditDays }))[2]).toMatchObject({ days: null, isChanged: false });
  });

  it("a longer time brings nothing back and removes nothing; a shorter one goes on", async () => {
    await set("request_failures", 3_000);
    await sweep();
    expect(await count("request_failures")).toBe(2);
    await set("request_failures", 10);
    await sweep();
    expect(await count("request_failures")).toBe(1);
  });

  it.each([
    ["audit_events", 29],
    ["audit_events", 0],
    ["captures", -1],
    ["request_failures", 3_651],
    ["prediction_texts", 1.5],
    ["prediction_texts", Number.NaN],
  ] as const)("%s are not kept %d days", async (kind, days) => {
    await expect(set(kind, days)).rejects.toMatchObject({ code: "invalid_request" });
    await expect(previewRetention(store, { kind, days, nowMs })).rejects.toMatchObject({ code: "invalid_request" });
  });
});
