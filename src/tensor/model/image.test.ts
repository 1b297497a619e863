import { describe, expect, test } from "vitest";
import { manualClock } from "../../kernel/clock.ts";
import { seededRandom } from "../../kernel/random.ts";
import { averagePool, globalAveragePool, maxPool } from "../graph/convolution.ts";
import { openSession, value } from "../runtime/runtime.ts";
import { memoryCheckpoint } from "../testing/models.ts";
import type { Batch } from "../training/batch.ts";
import { fit, type FitProgress } from "../training/fit.ts";
import { classification } from "../training/objective.ts";
import { adam } from "../training/optimizers.ts";
import { constantRate } from "../training/schedules.ts";
import { conv1d, conv2d, flatten } from "./convolution.ts";
import { exportOnnx } from "./export.ts";
import { dense } from "./layers.ts";
import { buildModel, defineModel } from "./model.ts";
import { batchNorm, groupNorm, layerNorm } from "./normalization.ts";

/** A small convolutional network with every layer of its kind. */
const model = defineModel("image", (scope) => {
  const x = scope.input("x", ["batch", 1, 6, 6]);
  const first = conv2d(scope, "first", x, { filters: 4, kernel: 3, padding: "same", bias: false });
  const pooled = maxPool(batchNorm(scope, "norm", first, { momentum: 0.5 }).relu(), { kernel: 2 }); // [batch, 4, 3, 3]
  const second = conv2d(scope, "second", pooled, { filters: 6, kernel: 2, stride: 1, activation: "silu" }); // [batch, 6, 2, 2]
  const grouped = groupNorm(scope, "groups", second, { groups: 2 });
  const flat = flatten(averagePool(grouped, { kernel: 2, stride: 1 })).add(globalAveragePool(grouped)); // [batch, 6]
  const logits = dense(scope, "classes", layerNorm(scope, "last", flat), { units: 2 });
  return { logits, probabilities: logits.softmax() };
});

/** Noise, in class 1 with a bright bar, whose mean is far from 0. */
function images(count: number, seed: number): Batch {
  const random = seededRandom(seed);
  const labels = Int32Array.from({ length: count }, () => random.below(2));
  const x = Float32Array.from({ length: count * 36 }, (_, i) => {
    const [label, row] = [labels[Math.floor(i / 36)], Math.floor((i % 36) / 6)];
    return 3 + random.normal() + (label === 1 && row === 2 ? 2 : 0);
  });
  return { size: count, values: { x, labels } };
}

const training = [images(32, 1), images(32, 2), images(20, 3)];
const held = images(50, 4);
const options = {
  model,
  objective: classification({ classes: 2 }),
  optimizer: adam(),
  schedule: constantRate(0.02),
  train: () => training,
  validation: () => [held],
  epochs: 8,
  seed: 1,
  clock: manualClock(0),
};

describe("layers over images", () => {
  test("shapes and parameters", () => {
    const built = buildModel(model, "train");
    expect(built.outputs["logits"]?.shape).toEqual(["batch", 2]);
    expect(built.parameters.map(({ name, shape }) => [name, ...shape])).toEqual([
      ["first.kernel", 4, 1, 3, 3],
      ["norm.scale", 4],
      ["norm.bias", 4],
      ["norm.mean", 4],
      ["norm.variance", 4],
      ["second.kernel", 6, 4, 2, 2],
      ["second.bias", 6],
      ["groups.scale", 6],
      ["groups.bias", 6],
      ["last.scale", 6],
      ["last.bias", 6],
      ["classes.kernel", 6, 2],
      ["classes.bias", 2],
    ]);
    expect(built.updates.map(({ name }) => name)).toEqual(["norm.mean", "norm.variance"]);
    expect(buildModel(model, "evaluate").updates).toEqual([]);
  });

  test("conv1d keeps an open length with padding `same`", () => {
    const text = defineModel("text", (scope) => {
      const x = scope.input("x", ["batch", 8, "length"]);
      return { y: conv1d(scope, "c", x, { filters: 3, kernel: 5, padding: "same", activation: "relu" }).mean([2]) };
    });
    expect(buildModel(text, "train").outputs["y"]?.shape).toEqual(["batch", 3]);
  });

  test("learn, and the exported file computes what evaluation computes, with the running statistics", async () => {
    const { weights, curves, bestEpoch } = await fit(options);
    const validation = curves[bestEpoch - 1]?.validation;
    expect(validation?.["accuracy"]).toBeGreaterThan(0.95);
    const mean = weights.get("norm.mean")?.data ?? [];
    expect(Math.max(...mean.map(Math.abs))).toBeGreaterThan(0.5); // it followed the data's mean
    const session = await openSession(exportOnnx(model, weights, { outputs: ["probabilities"] }));
    const { probabilities } = await session.run({ x: value(held.values?.["x"] as Float32Array, [50, 1, 6, 6]) });
    const labels = held.values?.["labels"] as Int32Array;
    const likelihoods = [...labels].map((label, i) => Math.log(Number(probabilities?.data[i * 2 + label])));
    const loss = -likelihoods.reduce((sum, x) => sum + x, 0) / labels.length;
    expect(loss).toBeCloseTo(validation?.loss ?? Number.NaN, 5);
    await session.release();
  });

  test("a run stopped in the middle resumes to the identical statistics", async () => {
    const few = { ...options, epochs: 3 };
    const whole = await fit(few);
    const store = memoryCheckpoint();
    const stop = new AbortController();
    const onProgress = ({ step }: FitProgress): void => void (step === 4 && stop.abort());
    const resumable = { ...few, checkpoint: { store, everySteps: 1 } };
    await expect(fit({ ...resumable, onProgress, signal: stop.signal })).rejects.toMatchObject({ code: "cancelled" });
    const resumed = await fit(resumable);
    expect(resumed.weights.get("norm.variance")).toEqual(whole.weights.get("norm.variance"));
    expect(resumed.weights).toEqual(whole.weights);
    expect(resumed.curves).toEqual(whole.curves);
  });
});
