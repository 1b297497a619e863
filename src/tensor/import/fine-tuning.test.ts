import { describe, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { dense } from "../model/layers.ts";
import { exportOnnx } from "../model/export.ts";
import { buildModel, defineModel, type Model } from "../model/model.ts";
import { openSession, systemRuntime, value } from "../runtime/runtime.ts";
import { bertLike } from "../testing/foreign.ts";
import type { Batch } from "../training/batch.ts";
import { fit } from "../training/fit.ts";
import { classification } from "../training/objective.ts";
import { adamW } from "../training/optimizers.ts";
import { constantRate } from "../training/schedules.ts";
import { openStepper } from "../training/stepper.ts";
import { type ApplyOptions, importOnnx } from "./import-onnx.ts";

const encoder = importOnnx(bertLike(17));

const classifier = (options: ApplyOptions): Model =>
  defineModel("classifier", (scope) => {
    const type = scope.mode === "export" ? "int64" : "int32";
    const ids = scope.input("input_ids", ["batch", "length"], { type });
    const mask = scope.input("attention_mask", ["batch", "length"], { type });
    const { last_hidden_state: hidden } = encoder.apply(
      scope,
      "encoder",
      { input_ids: ids, attention_mask: mask },
      options,
    );
    const logits = dense(scope, "classes", hidden!.mean([1]), { units: 2 });
    return { logits };
  });

/** Whether an odd id comes first. */
const batch: Batch = {
  size: 4,
  values: {
    input_ids: Int32Array.of(3, 1, 2, 4, 5, 6, 7, 8, 9, 2, 2, 2),
    attention_mask: new Int32Array(12).fill(1),
    labels: Int32Array.of(1, 0, 1, 1),
  },
};

const trainedNames = (options: ApplyOptions): string[] =>
  buildModel(classifier(options), "train")
    .parameters.filter(({ trained }) => trained)
    .map(({ name }) => name);

async function trained(options: ApplyOptions) {
  const model = classifier(options);
  const run = { model, objective: classification({ classes: 2 }), optimizer: adamW(), schedule: constantRate(0.05) };
  return fit({ ...run, train: () => [batch], epochs: 12, seed: 1, clock: systemClock });
}

describe("which weights are trained", () => {
  test("all, none, or those that a name chooses", () => {
    const all = trainedNames({});
    expect(all).toContain("encoder.embeddings.word_embeddings.weight");
    expect(all).toContain("encoder.onnx::MatMul_query");
    expect(trainedNames({ train: "none" })).toEqual(["classes.kernel", "classes.bias"]);
    expect(trainedNames({ train: { match: /norm\.bias$/u } })).toEqual([
      "encoder.encoder.layer.0.norm.bias",
      "classes.kernel",
      "classes.bias",
    ]);
  });

  test("the last layers: weights without a name of their own belong to the layer around them", () => {
    expect(encoder.layers).toBe(1);
    const last = trainedNames({ train: { last: 1 } });
    expect(last).toContain("encoder.onnx::MatMul_query");
    expect(last).not.toContain("encoder.embeddings.word_embeddings.weight");
    expect(trainedNames({ train: { last: 0 } })).toEqual(["classes.kernel", "classes.bias"]);
  });

  test("frozen weights stay as they are, others learn", async () => {
    const { weights, curves } = await trained({ train: { last: 1 } });
    const before = encoder.weightsAs("encoder");
    const same = (name: string): boolean => String(weights.get(name)?.data) === String(before.get(name)?.data);
    expect(same("encoder.embeddings.word_embeddings.weight")).toBe(true);
    expect(same("encoder.onnx::MatMul_query")).toBe(false);
    expect(curves.at(-1)!.train.loss).toBeLessThan(curves[0]!.train.loss / 2);
  });

  test("what is frozen has no gradient and no optimizer state", async () => {
    const runtime = systemRuntime();
    const sizes = await Promise.all(
      (["all", "none"] as const).map(async (train) => {
        const options = { model: classifier({ train }), objective: classification({ classes: 2 }), optimizer: adamW() };
        const { memory } = await openStepper({ ...options, runtime, seed: 1 });
        return memory.dense.values.length;
      }),
    );
    await runtime.close();
    expect(sizes[1]).toBe(32); // 8 · 2 weights and 2 biases of the head, each padded to 16
    expect(sizes[0]).toBeGreaterThan(600);
  });
});

describe("low-rank adapters", () => {
  const options: ApplyOptions = { lora: { rank: 2, alpha: 4, match: /query|last/u } };

  test("stand beside the products that a name chooses, and begin without effect", async () => {
    const names = trainedNames(options);
    expect(names).toEqual([
      "encoder.onnx::MatMul_query.down",
      "encoder.onnx::MatMul_query.up",
      "encoder.onnx::MatMul_last.down",
      "encoder.onnx::MatMul_last.up",
      "classes.kernel",
      "classes.bias",
    ]);
    const runtime = systemRuntime();
    const losses = await Promise.all(
      [options, {}].map(async (chosen) => {
        const run = { model: classifier(chosen), objective: classification({ classes: 2 }), optimizer: adamW() };
        return (await (await openStepper({ ...run, runtime, seed: 1 })).evaluate(batch)).loss;
      }),
    );
    await runtime.close();
    expect(losses[0]).toBeCloseTo(losses[1]!, 6);
  });

  test("are folded into one ordinary file that answers as the unmerged model", async () => {
    const { weights } = await trained(options);
    const run = {
      model: classifier(options),
      objective: classification({ classes: 2 }),
      optimizer: adamW(),
      from: weights,
    };
    const runtime = systemRuntime();
    const { loss } = await (await openStepper({ ...run, runtime, seed: 1 })).evaluate(batch);
    await runtime.close();

    const session = await openSession(exportOnnx(classifier(options), weights));
    const feed = (name: string) => value(BigInt64Array.from(batch.values![name]!, BigInt), [4, 3]);
    const { logits } = await session.run({ input_ids: feed("input_ids"), attention_mask: feed("attention_mask") });
    expect(session.inputs.map(({ name }) => name)).toEqual(["input_ids", "attention_mask"]);
    await session.release();
    const labels = batch.values!["labels"]!;
    const losses = Array.from(labels, (label, i) => {
      const row = [Number(logits!.data[2 * i]), Number(logits!.data[2 * i + 1])];
      return Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)) - row[label]!;
    });
    expect(losses.reduce((sum, x) => sum + x, 0) / 4).toBeCloseTo(loss, 4);
    expect(loss).toBeLessThan(0.4);
  });
});

test("weights to begin with may be those of a part of the model", async () => {
  const head = { shape: [8, 2], data: new Float32Array(16).fill(0.5) };
  const options = { model: classifier({}), objective: classification({ classes: 2 }), optimizer: adamW() };
  const runtime = systemRuntime();
  const { memory } = await openStepper({ ...options, runtime, seed: 1, from: new Map([["classes.kernel", head]]) });
  const of = (name: string) => memory.dense.parameters.find(({ declaration }) => declaration.name === name)!.value;
  expect(of("classes.kernel")[3]).toBe(0.5);
  expect(Array.from(of("encoder.onnx::MatMul_query"))).toEqual(
    Array.from(encoder.weightsAs("encoder").get("encoder.onnx::MatMul_query")!.data),
  );
  const wrong = new Map([["classes.kernel", { shape: [2], data: new Float32Array(2) }]]);
  await expect(openStepper({ ...options, runtime, seed: 1, from: wrong })).rejects.toThrow("has 2 numbers, not 16");
  await expect(openStepper({ ...options, runtime, seed: 1, from: new Map() })).rejects.toThrow("not of this model");
  await runtime.close();
});
