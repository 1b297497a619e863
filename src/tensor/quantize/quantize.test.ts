import { expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { dense, embeddingBag } from "../model/layers.ts";
import { exportOnnx } from "../model/export.ts";
import { defineModel } from "../model/model.ts";
import { openSession, value } from "../runtime/runtime.ts";
import { drawn, foreignOnnx, node } from "../testing/foreign.ts";
import { batchOf, classes, type Example, examples, rows } from "../testing/models.ts";
import { padBags } from "../training/batch.ts";
import { fit } from "../training/fit.ts";
import { classification } from "../training/objective.ts";
import { adam } from "../training/optimizers.ts";
import { constantRate } from "../training/schedules.ts";
import { quantize } from "./quantize.ts";

const model = defineModel("classifier", (scope) => {
  const bag = embeddingBag(scope, "words", { rows, width: 32 });
  const hidden = dense(scope, "hidden", bag, { units: 256, activation: "relu" });
  const logits = dense(scope, "classes", hidden, { units: classes });
  return { logits, probabilities: logits.softmax() };
});

async function answers(onnx: Uint8Array, list: readonly Example[]): Promise<Float32Array> {
  const session = await openSession(onnx);
  const { probabilities } = await session.run(padBags(list.map(({ bag }) => bag)));
  await session.release();
  return probabilities!.data as Float32Array;
}

test("a trained model: a quarter of the size, the same answers but for a percent", async () => {
  const [training, held] = [examples(400, 1), examples(200, 2)];
  const run = { model, objective: classification({ classes }), optimizer: adam(), schedule: constantRate(0.01) };
  const { weights } = await fit({ ...run, train: () => [batchOf(training)], epochs: 30, seed: 1, clock: systemClock });
  const onnx = exportOnnx(model, weights, { outputs: ["probabilities"] });
  const { onnx: small, report } = quantize(onnx, { sizeMin: 512 });

  expect(report.quantized.map(({ name, as }) => `${name}: ${as}`)).toEqual([
    "words: table",
    "hidden.kernel: product",
    "classes.kernel: product",
  ]);
  expect(report.kept).toEqual([]);
  expect(report).toMatchObject({ bytesBefore: onnx.length, bytesAfter: small.length });
  expect(small.length / onnx.length).toBeLessThan(0.4); // biases, scales and names of so small a model weigh as much

  const [before, after] = [await answers(onnx, held), await answers(small, held)];
  const distance = before.reduce((most, p, i) => Math.max(most, Math.abs(p - after[i]!)), 0);
  expect(distance).toBeLessThan(0.03);
  expect(distance).toBeGreaterThan(0);
  const best = (data: Float32Array, i: number): number =>
    [0, 1, 2].reduce((top, k) => (data[i * 3 + k]! > data[i * 3 + top]! ? k : top), 0);
  expect(held.filter((_, i) => best(before, i) !== best(after, i)).length).toBeLessThanOrEqual(2);
});

test("Gemm with a transposed weight, a shared input, and what stays as it is", async () => {
  const onnx = foreignOnnx({
    inputs: { x: ["float32", "n", 40] },
    initializers: [drawn("w", [50, 40]), drawn("v", [40, 50]), drawn("c", [50]), drawn("k", [50, 3, 10])],
    nodes: [
      node("Gemm", ["x", "w", "c"], ["a"], { transB: 1 }),
      node("MatMul", ["x", "v"], ["b"]),
      node("Add", ["a", "b"], ["y"]),
      node("ReduceSum", ["k"], ["s"], { keepdims: 0 }),
      node("Mul", ["y", "s"], ["z"]),
    ],
    outputs: ["z"],
  });
  const { onnx: small, report } = quantize(onnx);
  expect(report.quantized.map(({ name }) => name)).toEqual(["w", "v"]);
  expect(report.kept).toEqual([{ name: "k", shape: [50, 3, 10], reason: "has 3 axes" }]);
  const x = value(
    Float32Array.from({ length: 80 }, (_, i) => Math.sin(i)),
    [2, 40],
  );
  const [before, after] = await Promise.all(
    [onnx, small].map(async (bytes) => {
      const session = await openSession(bytes);
      const { z } = await session.run({ x });
      await session.release();
      return z!.data as Float32Array;
    }),
  );
  const scale = Math.max(...Array.from(before!, Math.abs));
  for (const [i, wanted] of before!.entries()) expect(Math.abs(after![i]! - wanted) / scale).toBeLessThan(0.02);
});

test("what cannot be quantized is refused, with the reason", () => {
  const graph = (
    nodes: Parameters<typeof foreignOnnx>[0]["nodes"],
    initializers = [drawn("w", [40, 40])],
  ): Uint8Array => foreignOnnx({ inputs: { x: ["float32", "n", 40] }, initializers, nodes, outputs: ["y"] });
  const product = graph([node("MatMul", ["x", "w"], ["y"])]);
  expect(() => quantize(quantize(product).onnx)).toThrow(/quantized already: node ".*" is DynamicQuantizeLinear/);
  expect(() => quantize(product, { sizeMin: 5000 })).toThrow("no array has 5000 numbers or more");
  expect(() => quantize(graph([node("Einsum", ["x", "w"], ["y"], { equation: "ij,jk" })]))).toThrow(
    '"w" is read by Einsum',
  );
  const elsewhere = { ...drawn("w", [40, 40]), rawData: new Uint8Array(), dataLocation: 1 };
  expect(() => quantize(graph([node("MatMul", ["x", "w"], ["y"])], [elsewhere]))).toThrow('"w" lies in another file');
  expect(() => quantize(graph([node("Gather", ["w", "x"], ["y"])]), { tables: false })).toThrow('"w" is a table');
});
