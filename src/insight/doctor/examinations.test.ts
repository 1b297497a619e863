import { afterAll, beforeAll, expect, it } from "vitest";
import { type JobRunner, type Store, query, runOneJob, sql } from "../../store/index.ts";
import { describeEachEngine, testEpochMs } from "../../store/testing/engines.ts";
import { askExamination, cancelExamination, examineJobs, findExamination } from "../index.ts";

const nowMs = testEpochMs + 1_000;
const muchLaterMs = testEpochMs + 60_000;

describeEachEngine("an examination that goes on by itself", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  let runner: JobRunner;
  beforeAll(async () => {
    const opened = await stores.open();
    ({ store, dispose } = opened);
    const now = (): number => muchLaterMs;
    const handlers = examineJobs({ folder: opened.folder, databaseUrl: opened.url }, now);
    runner = { store, now, owner: "doctor", handlers };
  });
  afterAll(() => dispose());

  it("was never made", async () => {
    expect(await findExamination(store)).toEqual({ last: null, running: null, failed: null });
  });

  it("is asked for once, however often, and can be given up", async () => {
    const asked = await askExamination(store, nowMs);
    expect(asked.running).toEqual({ askedAtMs: nowMs, progress: null });
    expect(await askExamination(store, nowMs + 1)).toEqual(asked);
    expect(await cancelExamination(store, nowMs + 2)).toEqual({ last: null, running: null, failed: null });
    expect(await runOneJob(runner, null)).toBeUndefined();
  });

  it("is made by a process of its own, and kept", async () => {
    await askExamination(store, nowMs);
    expect(await runOneJob(runner, null)).toMatchObject({ state: "done", progress: { doing: "models", of: 7 } });
    const { last, running, failed } = await findExamination(store);
    expect([running, failed]).toEqual([null, null]);
    expect(last).toMatchObject({ examinedAtMs: muchLaterMs, counts: { predictions: 0, holds: true } });
    expect(last?.checks.length).toBeGreaterThan(10);
    expect(last?.checks.flatMap(({ problems }) => problems)).toEqual([]);
  });

  it("says what does not hold, beside what was found before while it is not finished", async () => {
    await store.perform(
      query(sql`insert into ledger_accounts (id, kind, owner, currency, balance_nanos, held_nanos)
      values ('acc_1', 'customer', 'cus_1', 'usd', 5, 0)`),
    );
    await askExamination(store, nowMs + 10);
    expect((await findExamination(store)).last?.checks.every(({ problemCount }) => problemCount === 0)).toBe(true);
    await runOneJob(runner, null);
    const { last } = await findExamination(store);
    expect(last?.checks.some(({ problemCount }) => problemCount > 0)).toBe(true);
  });
});
