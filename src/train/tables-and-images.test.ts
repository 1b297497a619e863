import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, expect, it } from "vitest";
import { type Kind, createDataset, importFiles, readExamples } from "../data/index.ts";
import { systemClock } from "../kernel/clock.ts";
import type { Id } from "../kernel/ids.ts";
import { dataUrlOf } from "../kernel/picture.ts";
import { seededRandom } from "../kernel/random.ts";
import { exportModel, loadBundle, openPredictor } from "../models/index.ts";
import { classAnswers } from "../models/testing/class-answers.ts";
import { type Store, runOneJob } from "../store/index.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { type Metrics, getEvaluation, getRun, parseRecipe, recipeFor, startRun, trainJobs } from "./index.ts";

const clock = systemClock;
const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));

/** Flats: the rent follows size, city and an unknown; half of a column is missing. */
function flats(count: number): string {
  const random = seededRandom(4);
  const lines = Array.from({ length: count }, () => {
    const [size, city] = [20 + random.below(100), random.below(3)];
    const rent = 8 * size + 200 * city + 60 * random.normal();
    const floor = random.next() < 0.5 ? "" : random.below(9);
    return `${size},${["Ulm", "Bonn", "Köln"][city]},${floor},${rent.toFixed(2)},${rent > 850 ? "dear" : "cheap"}`;
  });
  return ["size,city,floor,rent,class", ...lines].join("\n");
}

/** Noise with a bright bar, upright or lying. */
function bars(count: number): string {
  const random = seededRandom(5);
  const lines = Array.from({ length: count }, (_, i) => {
    const at = 2 + random.below(8);
    const isBar = (p: number): boolean => (i % 2 === 0 ? p % 12 : Math.floor(p / 12)) === at;
    const data = Uint8Array.from({ length: 144 }, (_, p) => random.below(100) + (isBar(p) ? 150 : 0));
    const image = dataUrlOf({ width: 12, height: 12, channels: 1, data });
    return JSON.stringify({ image, label: i % 2 === 0 ? "upright" : "lying" });
  });
  return lines.join("\n");
}

describeEachEngine("tables and images", (stores) => {
  const nothing = async (): Promise<void> => {};
  let dispose = nothing;
  afterEach(async () => {
    await dispose();
    dispose = nothing;
  });

  const open = async (): Promise<Store> => {
    const fresh = await stores.open(clock);
    dispose = fresh.dispose;
    return fresh.store;
  };
  const importing = async (store: Store, kind: Kind, file: string, content: string, more: object = {}) => {
    await createDataset({ store, clock }, { name: kind, kind });
    const full = path.join(store.folder, file);
    writeFileSync(full, content);
    return (await importFiles({ store, clock }, { dataset: kind, path: full, ...more })).version;
  };
  const train = async (store: Store, datasetVersion: Id<"datasetVersion">, recipe: object) => {
    const wanted = { datasetVersion, recipe: parseRecipe(recipe), seed: 1, nowMs: clock.now() };
    const queued = await startRun(store, wanted);
    await runOneJob(
      { store, owner: "w1", now: clock.now, handlers: trainJobs({ store, clock, threads: 1 }) },
      queued.job,
    );
    const ended = await getRun(store, queued.id);
    if (ended.state !== "done") throw new Error(`the run ended as ${JSON.stringify(ended)}`);
    return { model: ended.model, evaluation: await getEvaluation(store, ended.evaluation) };
  };
  /** What an exported folder answers by itself. */
  const alone = async (store: Store, model: Id<"model">, input: string): Promise<Record<string, unknown>> => {
    const folder = mkdtempSync(path.join(store.folder, "export-"));
    await exportModel(store, model, path.join(folder, "model"));
    symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
    const { stdout } = await run(process.execPath, [path.join(folder, "model", "predict.mjs"), input]);
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const table = { architecture: "table-mlp", members: 4, training: { epochs: 30 } };

  it("a table of classes: better than chance, its own baselines, exported, refuses what is no row", async () => {
    const store = await open();
    const more = { label: "class", columns: ["size", "city", "floor"] };
    const version = await importing(store, "table", "flats.csv", flats(700), more);
    const recipe = { name: "t", task: "table-classification", ...table, refuse: { risk: 0.4 } };
    const { model, evaluation } = await train(store, version.id, recipe);
    expect(evaluation.baselines.map(({ name }) => name)).toEqual([
      "majority class",
      "logistic regression",
      "gradient-boosted trees",
    ]);
    expect(evaluation.metrics).toMatchObject({ areaUnderCurve: { value: expect.any(Number) as number } });
    expect((evaluation.metrics as Metrics).areaUnderCurve?.value).toBeGreaterThan(0.93);
    expect((evaluation.metrics as Metrics).refusal).toMatchObject({ risk: 0.4 });
    const predictor = await openPredictor(await loadBundle(store, model), { threads: 1 });
    const { input } = (await readExamples(store, version, "test"))[0]!;
    const [answer, wrong] = await predictor.predict([input, "a text"]);
    expect(wrong).toEqual({ invalid: "The input is no row: give a JSON object with the columns." });
    const [classes] = classAnswers([answer!]);
    expect(await alone(store, model, input)).toMatchObject({
      probabilities: { dear: expect.closeTo(classes!.probabilities[1]!, 5) as number },
      refused: expect.any(Boolean) as boolean,
    });
    await predictor.close();
    const misfit = { name: "m", task: "text-classification", architecture: "embedding-bag" };
    await expect(train(store, version.id, misfit)).rejects.toThrow(
      'The recipe is for text-classification, but "table" holds rows of a table whose label is a class.',
    );
  }, 120_000);

  it("a table of numbers: errors with intervals beside the mean's and the trees'", async () => {
    const store = await open();
    const more = { label: "rent", columns: ["size", "city", "floor"], target: "number" };
    const version = await importing(store, "table", "flats.csv", flats(700), more);
    expect(version.labels).toEqual([]);
    const { model, evaluation } = await train(store, version.id, { name: "r", task: "table-regression", ...table });
    const value = (name: string, figures: readonly { name: string; estimate: { value: number } }[]): number =>
      figures.find((figure) => figure.name === name)!.estimate.value;
    if (!("figures" in evaluation.metrics)) throw new Error("figures");
    const [mean, trees] = evaluation.baselines as unknown as { name: string; figures: never[] }[];
    expect([mean!.name, trees!.name]).toEqual(["mean", "gradient-boosted trees"]);
    expect(value("R²", evaluation.metrics.figures)).toBeGreaterThan(0.85);
    expect(value("RMSE", evaluation.metrics.figures)).toBeLessThan(value("RMSE", mean!.figures) / 2);
    const { value: rent } = await alone(store, model, '{"size":100,"city":"Köln","floor":null}');
    expect(() => parseRecipe({ name: "r", task: "table-regression", ...table, refuse: { risk: 0.1 } })).toThrow(
      /recipe\.refuse: a number is never refused/,
    );
    expect(rent).toBeGreaterThan(950);
    expect(rent).toBeLessThan(1_450);
  }, 120_000);

  it("images: learned, exported with the decoder, a file in place of a data URL", async () => {
    const store = await open();
    const version = await importing(store, "image", "bars.jsonl", bars(300));
    const recipe = {
      name: "i",
      task: "image-classification",
      architecture: "image-cnn",
      filters: [8, 8],
      units: 16,
      augmentation: { shift: 1, rotation: 5 },
      training: { epochs: 8, batch: 32, rate: 0.01 },
      refuse: { risk: 0.5 },
    };
    const { model, evaluation } = await train(store, version.id, recipe);
    expect(evaluation.baselines.map(({ name }) => name)).toEqual(["majority class", "nearest mean image"]);
    expect((evaluation.metrics as Metrics).accuracy.value).toBeGreaterThan(0.9);
    expect((evaluation.metrics as Metrics).refusal).toMatchObject({ risk: 0.5 });
    const [example] = await readExamples(store, version, "test");
    const file = path.join(store.folder, "one.png");
    writeFileSync(file, Buffer.from(example!.input.split(",")[1]!, "base64"));
    const answers = await alone(store, model, file);
    expect(answers).toEqual(await alone(store, model, example!.input));
    expect(Object.keys(answers["probabilities"] as object)).toEqual(["lying", "upright"]);
    expect(readFileSync(file).subarray(1, 4).toString()).toBe("PNG");
  }, 120_000);

  it("every kind of dataset has a recipe to begin with", () => {
    const shape = { columns: [], label: "x", group: undefined };
    expect([
      recipeFor({ kind: "text", table: undefined }),
      recipeFor({ kind: "image", table: undefined }),
      recipeFor({ kind: "table", table: { ...shape, target: "class" } }),
      recipeFor({ kind: "table", table: { ...shape, target: "number" } }),
    ]).toEqual(["text-classification", "image-classification", "table-classification", "table-regression"]);
  });
});
