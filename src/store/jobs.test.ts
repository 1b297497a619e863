import { afterEach, describe, expect, it } from "vitest";
import { manualClock } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import { type JobHandler, type Store, cancelJob, enqueueJob, getJob, runOneJob } from "./index.ts";
import { claimJob } from "./jobs.ts";
import { describeEachEngine, testEpochMs } from "./testing/engines.ts";

describeEachEngine("jobs", (stores) => {
  const clock = manualClock(testEpochMs);
  let dispose = async (): Promise<void> => {};
  afterEach(() => dispose());
  const open = async (): Promise<Store> => {
    const fresh = await stores.open(clock);
    dispose = fresh.dispose;
    return fresh.store;
  };
  const runner = (store: Store, handler: JobHandler, owner = "w1") => ({
    store,
    owner,
    now: clock.now,
    handlers: { count: handler },
  });
  const enqueue = (store: Store) => enqueueJob(store, { kind: "count", payload: { to: 3 }, nowMs: clock.now() });

  it("runs once and keeps its result and last progress", async () => {
    const store = await open();
    const id = await enqueue(store);
    const ended = await runOneJob(
      runner(store, async ({ job, progress }) => {
        progress({ at: 3 });
        return { counted: (job.payload as { to: number }).to };
      }),
      null,
    );
    expect(ended).toMatchObject({ id, state: "done", result: { counted: 3 }, progress: { at: 3 }, attempts: 1 });
    expect(
      await runOneJob(
        runner(store, async () => null),
        null,
      ),
    ).toBeUndefined();
  });

  it("is held by one of twenty workers that ask at once", async () => {
    const store = await open();
    await enqueue(store);
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        store.run(claimJob, { kinds: ["count"], only: null, owner: `w${i}`, nowMs: clock.now() }),
      ),
    );
    expect(claims.filter(Boolean)).toHaveLength(1);
  });

  describe("after a failure", () => {
    it("waits longer each time and gives up with the reason", async () => {
      const store = await open();
      const id = await enqueue(store);
      const failing = runner(store, () => Promise.reject(new Error("disk full")));
      expect(await runOneJob(failing, null)).toMatchObject({ state: "queued", error: "disk full" });
      expect(await runOneJob(failing, null)).toBeUndefined(); // not yet
      clock.advance(1_000);
      expect(await runOneJob(failing, null)).toMatchObject({ state: "queued" });
      clock.advance(4_000);
      expect(await runOneJob(failing, null)).toMatchObject({ id, state: "failed", error: "disk full", attempts: 3 });
    });
    it("that is a refusal does not try again", async () => {
      const store = await open();
      await enqueue(store);
      const refusing = runner(store, () => Promise.reject(new Refusal("invalid_data", "one class only")));
      expect(await runOneJob(refusing, null)).toMatchObject({ state: "failed", error: "one class only" });
    });
  });

  it("whose worker died is taken again after its lease, until no attempt is left", async () => {
    const store = await open();
    const id = await enqueue(store);
    for (let attempt = 1; attempt <= limits.jobAttemptsMax; attempt++) {
      const claim = { kinds: ["count"], only: null, owner: `dead-${attempt}`, nowMs: clock.now() };
      expect(await store.run(claimJob, claim)).toMatchObject({ id, attempts: attempt });
      expect(await store.run(claimJob, { ...claim, owner: "eager" })).toBeUndefined();
      clock.advance(limits.jobLeaseMs + 1);
    }
    expect(await store.run(claimJob, { kinds: ["count"], only: null, owner: "w", nowMs: clock.now() })).toBeUndefined();
    expect(await getJob(store, id)).toMatchObject({
      state: "failed",
      error: "The worker died and no attempt is left.",
    });
  });

  it("cancelled while it waits never runs", async () => {
    const store = await open();
    const id = await enqueue(store);
    expect(await cancelJob(store, id, clock.now())).toMatchObject({ state: "cancelled" });
    expect(
      await runOneJob(
        runner(store, async () => null),
        null,
      ),
    ).toBeUndefined();
  });

  it("stopped with its process goes back to the queue", async () => {
    const store = await open();
    await enqueue(store);
    const stop = new AbortController();
    const ended = await runOneJob(
      runner(store, ({ signal }) => {
        stop.abort();
        return Promise.reject(new Error(signal.aborted ? "stopped" : "not stopped"));
      }),
      null,
      stop.signal,
    );
    expect(ended).toMatchObject({ state: "queued", error: null });
  });
});
