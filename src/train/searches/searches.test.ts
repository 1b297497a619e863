import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readExamples } from "../../data/index.ts";
import { systemClock } from "../../kernel/clock.ts";
import { type Job, type Store, runOneJob } from "../../store/index.ts";
import { type TestStores, describeEachEngine, sqliteStores } from "../../store/testing/engines.ts";
import {
  type Search,
  type SearchWanted,
  cancelSearch,
  getRun,
  getSearch,
  listSearches,
  listTrials,
  renderSearch,
  renderSearches,
  searchJobs,
  startSearch,
} from "../index.ts";
import { importReviews, smallRecipe } from "../testing/reviews.ts";
import { killChild, until } from "../testing/disturb.ts";

const clock = systemClock; // jobs beat in real time here

function bench(stores: TestStores) {
  let dispose = async (): Promise<void> => {};
  afterEach(() => dispose());
  const deps = (store: Store) => ({ store, clock, threads: 1 });
  const work = (store: Store, search: Search, stop?: AbortSignal): Promise<Job | undefined> =>
    runOneJob({ store, owner: "w1", now: clock.now, handlers: searchJobs(deps(store)) }, search.job, stop);
  const start = (
    store: Store,
    datasetVersion: Search["datasetVersion"],
    wanted: SearchWanted,
    trains = false,
  ): Promise<Search> => startSearch(store, { datasetVersion, wanted, seed: 3, trains, nowMs: clock.now() });
  return {
    deps,
    work,
    start,
    async open(): Promise<Store> {
      const fresh = await stores.open(clock);
      dispose = fresh.dispose;
      return fresh.store;
    },
    async search(store: Store, version: Search["datasetVersion"], wanted: SearchWanted, trains = false) {
      const search = await start(store, version, wanted, trains);
      const job = await work(store, search);
      expect(job).toMatchObject({ error: null });
      return done(await getSearch(store, search.id));
    },
  };
}

function done(search: Search): Extract<Search, { state: "done" }> {
  if (search.state !== "done") throw new Error(`the search ended as ${JSON.stringify(search)}`);
  for (const line of renderSearch(search).split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
  return search;
}

describeEachEngine("searches", (stores) => {
  const { deps, open, search, start } = bench(stores);

  it("cross-validate, and find hyperparameters that become a run", async () => {
    const store = await open();
    const { id } = await importReviews(deps(store), { count: 400 });
    const folds = await search(store, id, { kind: "cross-validation", recipe: smallRecipe, folds: 3 });
    if (folds.outcome.kind !== "cross-validation") throw new Error("another kind");
    expect(folds.outcome.folds).toHaveLength(3);
    expect(folds.outcome.error.value).toBeLessThan(0.3);
    expect(folds.outcome.error.high).toBeGreaterThan(folds.outcome.error.value);

    const minutes = 0.05;
    const found = await search(store, id, { kind: "hyperparameters", recipe: smallRecipe, minutes }, true);
    if (found.outcome.kind !== "hyperparameters") throw new Error("another kind");
    expect(found.outcome.errorBefore).not.toBeNull();
    expect(found.outcome.error).toBeLessThanOrEqual(found.outcome.errorBefore ?? 0);
    expect(await getRun(store, found.run ?? "")).toMatchObject({
      state: "queued",
      recipe: found.outcome.best,
      seed: 3,
    });
    expect((await listSearches(store)).map(({ id: one }) => one)).toEqual([found.id, folds.id]);
    expect(renderSearches(await listSearches(store))).toContain("hyperparameters");
    expect(readdirSync(path.join(store.folder, "work"))).toEqual([]);
  });

  it("refuse what cannot be searched", async () => {
    const store = await open();
    const { id } = await importReviews(deps(store), { count: 60 });
    const cannot = async (wanted: SearchWanted, trains = false): Promise<void> => {
      await expect(start(store, id, wanted, trains)).rejects.toMatchObject({ code: "invalid_request" });
    };
    await cannot({ kind: "cross-validation", recipe: smallRecipe, folds: 1 });
    await cannot({ kind: "hyperparameters", recipe: smallRecipe, minutes: 0 });
    await cannot({ kind: "learning-curve", recipe: { ...smallRecipe, fire_drill: "shuffle_labels" } });
    await cannot({ kind: "learning-curve", recipe: smallRecipe }, true);
    await expect(getSearch(store, "srch_none")).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("a search", () => {
  const { deps, open, search, start, work } = bench(sqliteStores);

  it("that is killed and stopped goes on where it was, never reads the test split, and ends the same", async () => {
    const store = await open();
    const version = await importReviews(deps(store), { count: 300 });
    const wanted: SearchWanted = { kind: "cross-validation", recipe: longRecipe, folds: 3 };
    const undisturbed = await search(store, version.id, wanted);

    const disturbed = await start(store, version.id, wanted);
    const stop = new AbortController();
    const working = work(store, disturbed, stop.signal);
    await until(async () => (await listTrials(store, disturbed.id)).length === 1);
    const pool = readFileSync(path.join(store.folder, "work", disturbed.id, "pool.jsonl"), "utf8");
    const test = await readExamples(store, version, "test");
    expect(test.length).toBeGreaterThan(20);
    expect(test.filter(({ id, input }) => pool.includes(id) || pool.includes(JSON.stringify(input)))).toEqual([]);
    expect(await killChild("/searches/worker.js")).toBe(true); // a crash in the second fold: its checkpoint goes on
    await until(async () => (await listTrials(store, disturbed.id)).length === 2);
    stop.abort(); // the whole process goes
    expect(await working).toMatchObject({ state: "queued" });
    const before = await listTrials(store, disturbed.id);
    await work(store, disturbed);
    const after = await listTrials(store, disturbed.id);
    expect(after.slice(0, before.length)).toEqual(before); // ended trials are not repeated
    const errors = ({ outcome }: Search & { state: "done" }) =>
      outcome.kind === "cross-validation" ? outcome.folds.map(({ error, loss }) => [error, loss]) : [];
    expect(errors(done(await getSearch(store, disturbed.id)))).toEqual(errors(undisturbed));
    expect(existsSync(path.join(store.folder, "work", disturbed.id))).toBe(false);
  });

  it("is cancelled while it trains, and leaves nothing", async () => {
    const store = await open();
    const { id } = await importReviews(deps(store), { count: 200 });
    const endless = { ...longRecipe, training: { ...longRecipe.training, epochs: 1_000, patience: 1_000 } };
    const running = await start(store, id, { kind: "cross-validation", recipe: endless });
    const working = work(store, running);
    await until(async () => {
      const now = await getSearch(store, running.id);
      return now.state === "searching" && now.progress !== null;
    });
    await cancelSearch(store, running.id, clock.now());
    await working;
    expect(await getSearch(store, running.id)).toMatchObject({ state: "cancelled" });
    expect(existsSync(path.join(store.folder, "work", running.id))).toBe(false);
  });
});

/** So long that there is time to disturb it. */
const longRecipe = {
  ...smallRecipe,
  training: { ...smallRecipe.training, epochs: 20, batch: 8, patience: 20 },
};
