import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Clock, manualClock } from "../kernel/clock.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Log, silentLog } from "../kernel/log.ts";
import type { Store } from "../store/index.ts";
import { sqliteStores, testEpochMs } from "../store/testing/engines.ts";
import { type Serving, deployRelease, labelOf, openServing } from "./index.ts";
import { type WordModel, type WordModels, wordModels } from "./testing/word-models.ts";

describe("serving", () => {
  let store: Store;
  let dispose: () => Promise<void>;
  let clock: Clock & { advance(ms: number): void };
  let models: Map<Id<"model">, WordModel>;
  let predictors: WordModels;
  let serving: Serving;
  let logged: string[];
  let endpoint: string;
  let endpoints = 0;
  const customer = newId("customer", 1);
  const log: Log = { ...silentLog, error: (_facts, message) => void logged.push(message) };

  beforeAll(async () => {
    ({ store, dispose } = await sqliteStores.open());
  });
  afterAll(() => dispose());
  beforeEach(() => {
    clock = manualClock(testEpochMs);
    endpoint = `e-${++endpoints}`;
    models = new Map();
    predictors = wordModels(models);
    logged = [];
    serving = openServing({ store, clock, log, predictors });
  });
  afterEach(async () => {
    await serving.close();
  });

  const add = (model: WordModel): Id<"model"> => {
    clock.advance(1);
    const id = newId("model", clock.now());
    models.set(id, model);
    return id;
  };
  const put = (model: Id<"model">, role: "champion" | "challenger" | "shadow" = "champion"): Promise<unknown> => {
    clock.advance(1);
    return store.run(deployRelease, { endpoint, model, role, nowMs: clock.now() });
  };
  const ask = async (text: string): Promise<{ model: Id<"model">; label: string }> => {
    const { release } = await serving.route(endpoint, customer, "pred_1");
    return { model: release.model, label: labelOf((await serving.infer(release.model, text)).output) };
  };

  it("answers with every label's probability and this text's part of the compute time", async () => {
    const model = add({ word: "win" });
    await put(model);
    const inference = await serving.infer(model, "win a car");
    expect(inference).toEqual({
      output: { label: "spam", probability: 0.75, probabilities: { ham: 0.25, spam: 0.75 } },
      computeMs: 1,
      batchSize: 1,
    });
  });

  it("does not know an endpoint that nobody deployed to", async () => {
    await expect(serving.route(endpoint, customer, "pred_1")).rejects.toMatchObject({ code: "not_found" });
  });

  it("runs a lone text at once and what arrives meanwhile in batches of at most the limit", async () => {
    const model = add({ word: "win", delayMs: 5 });
    const texts = Array.from({ length: 70 }, (_, i) => (i % 3 === 0 ? `win ${i}` : `${i}`));
    const labels = await Promise.all(texts.map(async (text) => labelOf((await serving.infer(model, text)).output)));
    expect(labels).toEqual(texts.map((text) => (text.includes("win") ? "spam" : "ham")));
    expect(predictors.batches[0]).toBe(1);
    expect(Math.max(...predictors.batches)).toBe(limits.inferenceBatchMax);
    expect(serving.stats()).toEqual({
      loadedModels: 1,
      waiting: 0,
      batches: predictors.batches.length,
      inferences: 70,
    });
  });

  it("refuses with Retry-After when too many wait, and serves those who did", async () => {
    const model = add({ word: "win", delayMs: 1 });
    const outcomes = await Promise.allSettled(
      Array.from({ length: limits.inferenceQueueMax + 50 }, () => serving.infer(model, "win")),
    );
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused.length).toBeGreaterThanOrEqual(49);
    for (const { reason } of refused) {
      expect(reason).toMatchObject({ code: "unavailable", details: { retryAfterSeconds: 1 } });
    }
    expect(outcomes.length - refused.length).toBeGreaterThanOrEqual(limits.inferenceQueueMax);
  });

  it("does not compute for a caller who left while waiting", async () => {
    const model = add({ word: "win", delayMs: 10 });
    const leaving = new AbortController();
    const first = serving.infer(model, "win");
    const second = serving.infer(model, "win", { signal: leaving.signal });
    leaving.abort();
    await expect(second).rejects.toMatchObject({ code: "cancelled" });
    expect(labelOf((await first).output)).toBe("spam");
    expect(predictors.batches).toEqual([1]);
  });

  it("a batch that fails fails its callers and nobody after them", async () => {
    const model = add({ word: "win", failsOn: "poison" });
    await expect(serving.infer(model, "poison")).rejects.toThrow("cannot read that");
    expect(labelOf((await serving.infer(model, "win")).output)).toBe("spam");
  });

  it("a model that takes texts refuses a row or an image, whatever is in it, and takes what came as plain text", async () => {
    const model = add({ word: "win" });
    const asked = (kind: "row" | "image" | "text") => serving.infer(model, '{"a":1}', { kind });
    await expect(asked("row")).rejects.toMatchObject({
      code: "invalid_request",
      message: "This endpoint takes a text, not a row of a table (an object with its columns).",
      details: { param: "input" },
    });
    await expect(asked("image")).rejects.toThrow("This endpoint takes a text, not an image");
    expect(labelOf((await asked("text")).output)).toBe("ham");
  });

  it("notices another process's deployment after a quiet time, its own at once", async () => {
    const [a, b, c] = [add({ word: "win" }), add({ word: "win" }), add({ word: "win" })];
    await put(a);
    expect((await ask("x")).model).toBe(a);
    await put(b);
    expect((await ask("x")).model).toBe(a);
    clock.advance(limits.routeStaleMs);
    expect((await ask("x")).model).toBe(b);
    await put(c);
    serving.forget(endpoint);
    expect((await ask("x")).model).toBe(c);
  });

  it("under constant traffic nobody waits while another process's new model loads", async () => {
    const [a, b] = [add({ word: "win" }), add({ word: "win" })];
    await put(a);
    await ask("x");
    await put(b);
    clock.advance(limits.routeCacheMs);
    expect((await ask("x")).model).toBe(a);
    await new Promise((resolve) => void setTimeout(resolve, 20));
    expect((await ask("x")).model).toBe(b);
  });

  it("in a swap, what is in flight ends on the old model and nobody waits or fails", async () => {
    const [old, fresh] = [add({ word: "win", delayMs: 20 }), add({ word: "lose" })];
    await put(old);
    const { release } = await serving.route(endpoint, customer, "pred_1");
    const inFlight = Array.from({ length: 5 }, () => serving.infer(release.model, "win"));
    await put(fresh);
    serving.forget(endpoint);
    expect(await ask("lose")).toEqual({ model: fresh, label: "spam" });
    expect((await Promise.all(inFlight)).map(({ output }) => labelOf(output))).toEqual(Array(5).fill("spam"));
  });

  it("keeps the old route when the new model is damaged, and says so", async () => {
    const [good, damaged] = [add({ word: "win" }), add({ word: "win", failsToLoad: true })];
    await put(good);
    expect((await ask("win")).model).toBe(good);
    await put(damaged);
    serving.forget(endpoint);
    expect(await ask("win")).toEqual({ model: good, label: "spam" });
    expect(logged).toEqual(["a release cannot be loaded; the earlier one answers on"]);
    models.set(damaged, { word: "win" });
    serving.forget(endpoint);
    expect((await ask("win")).model).toBe(damaged);
  });

  it("keeps a bounded number of models, and closes one only when nobody uses it", async () => {
    const first = add({ word: "win", delayMs: 20 });
    const slow = serving.infer(first, "win");
    const others = Array.from({ length: limits.loadedModelsMax + 2 }, () => add({ word: "win" }));
    for (const model of others) await serving.infer(model, "win");
    expect(serving.stats().loadedModels).toBe(limits.loadedModelsMax);
    expect(predictors.open.has(first)).toBe(true);
    expect(labelOf((await slow).output)).toBe("spam");
    await serving.close();
    expect(predictors.open.size).toBe(0);
  });
});
