import { execFileSync } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, it } from "vitest";
import { systemClock } from "../kernel/clock.ts";
import { must } from "../kernel/errors.ts";
import { exportModel, getModel, loadBundle, openPredictor, renderCard } from "../models/index.ts";
import { type Store, runOneJob } from "../store/index.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { getEvaluation, getRun, startRun, trainJobs } from "./index.ts";
import { importReviews, smallRecipe } from "./testing/reviews.ts";

const clock = systemClock;

describeEachEngine("a recipe that refuses", (stores) => {
  let dispose = async (): Promise<void> => {};
  afterEach(() => dispose());

  const train = async (store: Store, risk: number | null) => {
    const version = await importReviews({ store, clock }, { name: "reviews", count: 1_500 });
    const refuse = risk === null ? null : { risk };
    const recipe = { ...smallRecipe, refuse };
    const run = await startRun(store, { datasetVersion: version.id, recipe, seed: 1, nowMs: clock.now() });
    const handlers = trainJobs({ store, clock, threads: 1 });
    await runOneJob({ store, owner: "w1", now: clock.now, handlers }, run.job);
    return getRun(store, run.id);
  };

  it("leaves a model that says so, in the store and in an exported folder, and a card that tells what it costs", async () => {
    const fresh = await stores.open(clock);
    dispose = fresh.dispose;
    const { store } = fresh;
    const run = await train(store, 0.15);
    if (run.state !== "done") throw new Error(JSON.stringify(run));
    const model = await getModel(store, run.model);
    const bundle = await loadBundle(store, model.id);
    const { threshold } = must(bundle.decision, "a decision is kept");
    const { metrics } = await getEvaluation(store, run.evaluation);
    expect(metrics).toMatchObject({ refusal: { threshold, risk: 0.15 } });
    if (!("refusal" in metrics)) throw new Error("a classifier's metrics");
    expect(metrics.refusal?.coverage.value).toBeGreaterThan(0.5);
    expect(metrics.refusal?.error.low).toBeLessThan(0.15);
    expect(renderCard(bundle.card)).toMatch(/It refuses \("none of these"\)[\s\S]*wrong among the answered/);

    const predictor = await openPredictor(bundle, { threads: 1 });
    const texts = ["lovely fresh warm friendly", "the we it was"];
    const answers = await predictor.predict(texts);
    await predictor.close();
    expect(answers).toMatchObject([{ label: "good", refused: false }, { refused: true }]);
    const folder = path.join(store.folder, "exported");
    expect((await exportModel(store, model.id, folder)).files).toContain("decision.json");
    symlinkSync(path.resolve(import.meta.dirname, "../../node_modules"), path.join(folder, "node_modules"));
    const said = execFileSync("node", ["predict.mjs", texts[1] ?? ""], { cwd: folder, encoding: "utf8" });
    expect(JSON.parse(said)).toMatchObject({ label: expect.stringMatching(/good|bad/), refused: true });
    expect(JSON.parse(readFileSync(path.join(folder, "decision.json"), "utf8"))).toEqual({ threshold, risk: 0.15 });
  });

  it("says why when a risk cannot be kept", async () => {
    const fresh = await stores.open(clock);
    dispose = fresh.dispose;
    const run = await train(fresh.store, 0.001);
    expect(run.state === "failed" && run.reason).toMatch(
      /^A risk of 0.1 % cannot be shown on \d+ validation examples: it takes at least 5,?\d+, all answered rightly\.$/,
    );
  });
});
