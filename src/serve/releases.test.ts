import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import type { Store } from "../store/index.ts";
import { describeEachEngine, testEpochMs } from "../store/testing/engines.ts";
import {
  type Deployment,
  type Release,
  deployRelease,
  getEndpoint,
  listEndpoints,
  listReleases,
  retire,
  rollBack,
} from "./index.ts";

describeEachEngine("releases", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  let endpoint = "";
  let endpoints = 0;
  beforeAll(async () => {
    ({ store, dispose } = await stores.open());
  });
  afterAll(() => dispose());
  beforeEach(() => {
    endpoint = `spam-filter-${++endpoints}`;
  });
  let nowMs = testEpochMs;
  const model = (): Id<"model"> => newId("model", ++nowMs);
  const put = (deployment: Omit<Deployment, "endpoint" | "nowMs">): Promise<Release> =>
    store.run(deployRelease, { endpoint, nowMs: ++nowMs, ...deployment });

  it("the first champion makes the endpoint, the second replaces it, and the history tells", async () => {
    const [a, b] = [model(), model()];
    const first = await put({ model: a, role: "champion" });
    const second = await put({ model: b, role: "champion", reason: "proved better" });
    expect(await getEndpoint(store, endpoint)).toMatchObject({
      name: endpoint,
      revision: 2,
      champion: { id: second.id, model: b, previous: first.id, reason: "proved better" },
      challengers: [],
      shadows: [],
    });
    expect(await listReleases(store, { endpoint, limit: 10 })).toMatchObject([
      { id: second.id, state: "champion" },
      { id: first.id, state: "retired", was: "champion", retiredBecause: `replaced by ${second.id}` },
    ]);
    expect((await listEndpoints(store, { limit: 10 })).map(({ name }) => name)).toContain(endpoint);
  });

  it("roll-back walks down the history, one champion a call, and then says there is none", async () => {
    const [a, b, c] = [model(), model(), model()];
    for (const each of [a, b, c]) await put({ model: each, role: "champion" });
    const back = (): Promise<Release> => rollBack(store, { endpoint, nowMs: ++nowMs });
    expect(await back()).toMatchObject({ model: b, state: "champion" });
    expect(await back()).toMatchObject({ model: a, state: "champion", previous: null });
    await expect(back()).rejects.toMatchObject({ code: "conflict" });
    expect((await getEndpoint(store, endpoint)).champion.model).toBe(a);
    expect(await listReleases(store, { endpoint, limit: 10 })).toHaveLength(5);
  });

  it("a challenger that becomes champion leaves its share; one with a new share keeps one release", async () => {
    const [a, b, c] = [model(), model(), model()];
    await put({ model: a, role: "champion" });
    await put({ model: b, role: "challenger", share: 0.1 });
    await put({ model: b, role: "challenger", share: 0.4 });
    await put({ model: c, role: "shadow", share: 0.5 });
    expect(await getEndpoint(store, endpoint)).toMatchObject({
      challengers: [{ model: b, share: 0.4 }],
      shadows: [{ model: c, share: 0.5 }],
    });
    await put({ model: b, role: "champion" });
    expect(await getEndpoint(store, endpoint)).toMatchObject({
      champion: { model: b },
      challengers: [],
      shadows: [{ model: c }],
    });
  });

  it("a challenger and a shadow can be retired, the champion cannot", async () => {
    const champion = await put({ model: model(), role: "champion" });
    const shadow = await put({ model: model(), role: "shadow", share: 1 });
    const end = (release: Id<"release">): Promise<Release> => retire(store, { endpoint, release, nowMs: ++nowMs });
    expect(await end(shadow.id)).toMatchObject({ state: "retired", was: "shadow" });
    await expect(end(shadow.id)).rejects.toMatchObject({ code: "not_found" });
    await expect(end(champion.id)).rejects.toMatchObject({ code: "conflict" });
  });

  const [known, other, third] = [model(), model(), model()];
  const refused: readonly [string, Partial<Deployment>, string][] = [
    ["a challenger of an endpoint that does not exist", { endpoint: "nowhere", role: "challenger" }, "not_found"],
    ["the model that is champion already", { model: known, role: "champion" }, "conflict"],
    ["the champion as its own challenger", { model: known, role: "challenger" }, "conflict"],
    ["a share of nothing", { role: "challenger", share: 0 }, "invalid_request"],
    ["a share of more than everything", { role: "shadow", share: 1.01 }, "invalid_request"],
    ["a share that is no number", { role: "challenger", share: NaN }, "invalid_request"],
    ["a champion with a share", { role: "champion", share: 0.5 }, "invalid_request"],
    ["challengers that together take more than everybody", { role: "challenger", share: 0.6 }, "conflict"],
    ["a name in capitals", { endpoint: "Spam", role: "champion" }, "invalid_request"],
    ["a name with a slash", { endpoint: "a/b", role: "champion" }, "invalid_request"],
    ["a name that is too long", { endpoint: "a".repeat(64), role: "champion" }, "invalid_request"],
  ];
  it("refuses, and changes nothing", async () => {
    await put({ model: known, role: "champion" });
    await put({ model: other, role: "challenger", share: 0.5 });
    const before = await listReleases(store, { endpoint, limit: 10 });
    const outcomes: unknown[] = [];
    for (const [story, wrong] of refused) {
      const deployment: Deployment = { endpoint, model: third, role: "champion", nowMs: ++nowMs, ...wrong };
      const told = await store.run(deployRelease, deployment).catch((error: unknown) => error);
      outcomes.push([story, told instanceof Refusal ? told.code : told]);
    }
    expect(outcomes).toEqual(refused.map(([story, , code]) => [story, code]));
    expect(await listReleases(store, { endpoint, limit: 10 })).toEqual(before);
    expect((await listEndpoints(store, { limit: 1 })).map(({ name }) => name)).toEqual([endpoint]);
  });

  it("of twenty concurrent deployments each replaces the one before: always one champion, an unbroken chain", async () => {
    await put({ model: model(), role: "champion" });
    await Promise.all(Array.from({ length: 20 }, () => put({ model: model(), role: "champion" })));
    const history = await listReleases(store, { endpoint, limit: 100 });
    expect(history.filter(({ state }) => state === "champion")).toHaveLength(1);
    for (let i = 0; i < 20; i++) await rollBack(store, { endpoint, nowMs: ++nowMs });
    expect((await getEndpoint(store, endpoint)).champion.model).toBe(history.at(-1)?.model);
  });

  it("of two first deployments at once one makes the endpoint; the other has its turn or is told", async () => {
    const outcomes = await Promise.allSettled([
      put({ model: model(), role: "champion" }),
      put({ model: model(), role: "champion" }),
    ]);
    expect(outcomes.some(({ status }) => status === "fulfilled")).toBe(true);
    const named = (await listEndpoints(store, { limit: 100 })).filter(({ name }) => name === endpoint);
    expect(named).toHaveLength(1);
  });
});
