import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readExamples } from "../data/index.ts";
import { systemClock } from "../kernel/clock.ts";
import { getModel, listModels, loadBundle, openPredictor } from "../models/index.ts";
import { classAnswers } from "../models/testing/class-answers.ts";
import { type Job, type Store, getJob, runOneJob } from "../store/index.ts";
import { type TestStores, describeEachEngine, sqliteStores } from "../store/testing/engines.ts";
import {
  type Assessment,
  type Recipe,
  type Run,
  cancelRun,
  comparePaired,
  evaluateModel,
  getEvaluation,
  getRun,
  isClassifierAssessment,
  listEvaluations,
  listRuns,
  loadScored,
  quantizeModel,
  renderEvaluation,
  renderRun,
  renderRuns,
  startRun,
  trainJobs,
  watchRun,
  withFireDrill,
} from "./index.ts";
import { importReviews, smallRecipe } from "./testing/reviews.ts";

const clock = systemClock; // jobs beat in real time here

/** A store of its own for each test, and a worker for its runs. */
function bench(stores: TestStores) {
  let dispose = async (): Promise<void> => {};
  afterEach(() => dispose());
  const deps = (store: Store) => ({ store, clock, threads: 1 });
  const start = (store: Store, datasetVersion: Run["datasetVersion"], recipe: Recipe, seed = 1): Promise<Run> =>
    startRun(store, { datasetVersion, recipe, seed, nowMs: clock.now() });
  const work = (store: Store, run: Run, stop?: AbortSignal): Promise<Job | undefined> =>
    runOneJob({ store, owner: "w1", now: clock.now, handlers: trainJobs(deps(store)) }, run.job, stop);
  return {
    deps,
    start,
    work,
    async open(): Promise<Store> {
      const fresh = await stores.open(clock);
      dispose = fresh.dispose;
      return fresh.store;
    },
    async train(store: Store, datasetVersion: Run["datasetVersion"], recipe: Recipe, seed = 1): Promise<Run> {
      const run = await start(store, datasetVersion, recipe, seed);
      await work(store, run);
      return getRun(store, run.id);
    },
  };
}

function ofClassifier<A extends Assessment>(assessment: A) {
  if (isClassifierAssessment(assessment)) return assessment;
  throw new Error("not the assessment of a classifier");
}

function done(run: Run): Extract<Run, { state: "done" }> {
  if (run.state !== "done") throw new Error(`the run ended as ${JSON.stringify(run)}`);
  return run;
}

/** So long that there is time to disturb it. */
const longRecipe: Recipe = {
  ...smallRecipe,
  training: { ...smallRecipe.training, epochs: 120, batch: 4, patience: 120 },
};

describeEachEngine("runs", (stores) => {
  const { deps, open, start, train, work } = bench(stores);

  it("leave a model, its evaluations and curves; the model answers as its evaluation says", async () => {
    const store = await open();
    const version = await importReviews(deps(store), { count: 400 });
    const queued = await start(store, version.id, smallRecipe, 7);
    expect(queued).toMatchObject({ state: "queued", name: "small", seed: 7, recipe: smallRecipe });
    const seen: string[] = [];
    const watched = watchRun(store, queued.id, { everyMs: 20, onChange: ({ state }) => void seen.push(state) });
    while (seen.length === 0) await pause(5);
    await work(store, queued);
    await watched;
    const run = done(await getRun(store, queued.id));
    expect([...new Set(seen)]).toEqual(["queued", "training", "done"]);
    expect(run.curves).toHaveLength(4);
    expect(run.finishedAtMs).not.toBeNull();

    const model = await getModel(store, run.model);
    const lineage = { run: run.id, datasetVersion: version.id, parent: null };
    expect(model).toMatchObject({ name: "small", labels: ["bad", "good"], lineage });
    const evaluation = await getEvaluation(store, run.evaluation);
    const { metrics, baselines } = ofClassifier(evaluation);
    const { accuracy } = metrics;
    expect(model.summary).toMatchObject({ accuracy });
    expect(accuracy.low).toBeGreaterThan(baselines[0]?.accuracy.high ?? 1);
    expect(evaluation.metrics.examples).toBe(version.counts.test);
    const splits = (await listEvaluations(store, { model: model.id })).map(({ split }) => split);
    expect(splits.toSorted()).toEqual(["test", "validation"]);

    const bundle = await loadBundle(store, model.id);
    expect(bundle.card.data).toMatchObject({ dataset: "reviews", number: 1, version: version.id });
    const predictor = await openPredictor(bundle, { threads: 1 });
    const examples = await readExamples(store, version, "test");
    const answers = classAnswers(await predictor.predict(examples.map(({ input }) => input)));
    const right = answers.filter(({ label }, i) => label === examples[i]?.label).length;
    expect(right / examples.length).toBeCloseTo(accuracy.value, 10);
    await predictor.close();
    for (const text of [renderRun(run), renderRuns(await listRuns(store)), renderEvaluation(evaluation)]) {
      for (const line of text.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
    }

    const more = { name: "more", count: 200, labels: ["good", "bad", "mixed"], seed: 2 };
    const subject = {
      model: model.id,
      datasetVersion: (await importReviews(deps(store), more)).id,
      split: "test",
    } as const;
    const elsewhere = await evaluateModel(deps(store), subject);
    const unknown = ofClassifier(elsewhere).metrics.classes.find(({ label }) => label === "mixed");
    expect(unknown).toMatchObject({ recall: { value: 0 } }); // a label the model cannot say
    expect(unknown?.examples).toBeGreaterThan(0);
    expect(await evaluateModel(deps(store), subject)).toEqual(elsewhere); // stored, not computed again
    expect(readdirSync(path.join(store.folder, "work"))).toEqual([]);
  });

  it("leave a model that can be quantized: smaller, evaluated on the same examples, its origin named", async () => {
    const store = await open();
    const version = await importReviews(deps(store), { count: 400 });
    const original = done(await train(store, version.id, smallRecipe));
    const { model, report, comparison } = await quantizeModel(deps(store), { model: original.model });
    expect(report.bytesAfter).toBeLessThan(report.bytesBefore / 2);
    expect(model).toMatchObject({ name: "small-int8", lineage: { parent: original.model, run: null } });
    expect(comparison.n).toBe(version.counts.test);
    expect(Math.abs(comparison.difference.value)).toBeLessThan(0.05);
    const [evaluation] = await listEvaluations(store, { model: model.id });
    expect(evaluation && ofClassifier(evaluation).metrics.accuracy).toEqual(
      model.summary && "accuracy" in model.summary && model.summary.accuracy,
    );
    await expect(quantizeModel(deps(store), { model: model.id })).rejects.toMatchObject({ code: "invalid_data" });
  });

  it("are cancelled while they wait and while they train, and leave nothing", async () => {
    const store = await open();
    const { id } = await importReviews(deps(store), { count: 200 });
    const waiting = await start(store, id, longRecipe);
    expect(await cancelRun(store, waiting.id, clock.now())).toMatchObject({ state: "cancelled", curves: [] });
    const endless = { ...longRecipe, training: { ...longRecipe.training, epochs: 1_000, patience: 1_000 } };
    const training = await start(store, id, endless);
    const working = work(store, training);
    await untilTraining(() => getRun(store, training.id));
    await cancelRun(store, training.id, clock.now());
    await working;
    expect(await getRun(store, training.id)).toMatchObject({ state: "cancelled" });
    expect(await listModels(store)).toEqual([]);
    expect(existsSync(path.join(store.folder, "work", training.id))).toBe(false);
  });

  it("that cannot work say why in one sentence, and are not tried again", async () => {
    const store = await open();
    const few = await importReviews(deps(store), { name: "few", count: 12, labels: ["good", "bad", "mixed"] });
    const run = await train(store, few.id, smallRecipe);
    expect(run).toMatchObject({ state: "failed" });
    expect(run.state === "failed" && run.reason).toMatch(
      /^(Each label needs at least 5 training examples, but there are: "|The \w+ split of version 1 holds no labelled example)/,
    );
    expect((await getJob(store, run.job)).attempts).toBe(1);
    await expect(start(store, "dsv_none", smallRecipe)).rejects.toMatchObject({ code: "not_found" });
    await expect(start(store, few.id, smallRecipe, -1)).rejects.toMatchObject({ code: "invalid_request" });
    await expect(getRun(store, "run_none")).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("runs of one seed, version and recipe", () => {
  const { deps, open, start, train, work } = bench(sqliteStores);
  const digestOf = async (store: Store, run: Run): Promise<string> => (await getModel(store, done(run).model)).digest;

  it("leave the same bytes, also when the child is killed on the way; another seed leaves others", async () => {
    const store = await open();
    const { id } = await importReviews(deps(store), { count: 300 });
    const undisturbed = done(await train(store, id, longRecipe));
    const run = await start(store, id, longRecipe);
    const working = work(store, run);
    expect(await killChild(() => getRun(store, run.id))).toBe(true);
    await working;
    const survivor = done(await getRun(store, run.id));
    expect(await digestOf(store, survivor)).toBe(await digestOf(store, undisturbed));
    expect(survivor.curves).toEqual(undisturbed.curves);
    const other = done(await train(store, id, { ...longRecipe, training: smallRecipe.training }, 2));
    expect(await digestOf(store, other)).not.toBe(await digestOf(store, undisturbed));

    const drill = done(await train(store, id, withFireDrill({ ...longRecipe, training: smallRecipe.training }), 2));
    const scored = async ({ evaluation }: typeof drill) => loadScored(store, await getEvaluation(store, evaluation));
    const comparison = comparePaired(await scored(other), await scored(drill), { seed: 1 });
    expect(comparison.difference.high).toBeLessThan(0); // labels shuffled on purpose are seen
    expect("mcnemarP" in comparison && comparison.mcnemarP).toBeLessThan(0.01);
    expect((await loadBundle(store, drill.model)).card.training?.fireDrill).toMatch(/shuffled on purpose/);
  });

  it("stopped with their process wait for the next one and keep their work", async () => {
    const store = await open();
    const { id } = await importReviews(deps(store), { count: 200 });
    const endless = { ...longRecipe, training: { ...longRecipe.training, epochs: 1_000, patience: 1_000 } };
    const run = await start(store, id, endless);
    const stop = new AbortController();
    const working = work(store, run, stop.signal);
    await untilTraining(() => getRun(store, run.id));
    stop.abort();
    expect(await working).toMatchObject({ state: "queued" });
    expect(await getRun(store, run.id)).toMatchObject({ state: "queued" });
    expect(existsSync(path.join(store.folder, "work", run.id, "train.jsonl"))).toBe(true);
  });
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

async function untilTraining(look: () => Promise<Run>): Promise<void> {
  for (;;) {
    const run = await look();
    if (run.state === "training" && run.progress && run.progress.step > 0) return;
    if (run.state !== "queued" && run.state !== "training") throw new Error(`the run is ${run.state} already`);
    await pause(20);
  }
}

/** Ends this process's training child as a crash would, once it trains. */
async function killChild(look: () => Promise<Run>): Promise<boolean> {
  await untilTraining(look);
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      const parent = / (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) \w/, ""))?.[1];
      if (!command.includes("/train/worker.js") || parent !== String(process.pid)) continue;
      process.kill(Number(pid), "SIGKILL");
      return true;
    } catch {
      continue; // gone by now
    }
  }
  return false;
}
