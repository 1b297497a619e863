import type { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../kernel/clock.ts";
import { newId } from "../kernel/ids.ts";
import { silentLog } from "../kernel/log.ts";
import { type Model, loadBundle, openPredictor } from "../models/index.ts";
import type { Store } from "../store/index.ts";
import { sqliteStores, testEpochMs } from "../store/testing/engines.ts";
import { type Serving, deploy, inferenceWorker, labelOf, openServing } from "./index.ts";
import { classAnswers } from "../models/testing/class-answers.ts";
import { registerSmallModel } from "./testing/small-model.ts";

describe("a real model in the inference thread", () => {
  let store: Store;
  let dispose: () => Promise<void>;
  let model: Model;
  let serving: Serving;
  const threads: Worker[] = [];
  const onWorker = (worker: Worker): void => void threads.push(worker);
  beforeAll(async () => {
    ({ store, dispose } = await sqliteStores.open());
    model = await registerSmallModel(store, { nowMs: testEpochMs });
    process.on("worker", onWorker);
    serving = openServing({ store, clock: systemClock, log: silentLog, predictors: inferenceWorker(store) });
  });
  afterAll(async () => {
    process.off("worker", onWorker);
    await serving.close();
    await dispose();
  });

  it("answers what it learned, alone and in a batch, exactly as the model does by itself", async () => {
    const texts = ["you win a free prize", "the meeting notes are attached", "", "免费 奖品", "x".repeat(50_000)];
    const inferred = await Promise.all(texts.map((text) => serving.infer(model.id, text)));
    expect(inferred.slice(0, 2).map(({ output }) => labelOf(output))).toEqual(["spam", "ham"]);
    const predictor = await openPredictor(await loadBundle(store, model.id), { threads: 1 });
    const alone = classAnswers(await predictor.predict(texts));
    await predictor.close();
    for (const [i, { output, computeMs }] of inferred.entries()) {
      const probabilities = "probabilities" in output ? output.probabilities : {};
      expect(Object.keys(probabilities)).toEqual(["ham", "spam"]);
      for (const [k, value] of Object.values(probabilities).entries()) {
        expect(value).toBeCloseTo(alone[i]?.probabilities[k] ?? NaN, 5);
      }
      expect(computeMs).toBeGreaterThan(0);
    }
  });

  it("is deployed by name only if it exists", async () => {
    const [nowMs, endpoint] = [testEpochMs, "spam-filter"];
    const unknown = newId("model", nowMs);
    const refused = { code: "not_found" };
    await expect(deploy(store, { endpoint, model: unknown, role: "champion", nowMs })).rejects.toMatchObject(refused);
    const release = await deploy(store, { endpoint, model: model.id, role: "champion", nowMs });
    expect((await serving.route(endpoint, newId("customer", nowMs), "pred_1")).release.id).toBe(release.id);
  });

  it("survives its thread: what was in flight is refused, the next call is answered", async () => {
    const thread = threads.at(-1);
    const inFlight = serving.infer(model.id, "win ".repeat(10_000));
    await thread?.terminate();
    await expect(inFlight).rejects.toMatchObject({ code: "unavailable", details: { retryAfterSeconds: 1 } });
    const next = await Promise.all(["free money", "lunch at noon"].map((text) => serving.infer(model.id, text)));
    expect(next.map(({ output }) => labelOf(output))).toEqual(["spam", "ham"]);
    expect(threads).toHaveLength(2);
  });

  it("refuses a model that is not there, and goes on", async () => {
    await expect(serving.infer(newId("model", 1), "x")).rejects.toMatchObject({ code: "not_found" });
    expect(labelOf((await serving.infer(model.id, "win")).output)).toBe("spam");
  });
});
