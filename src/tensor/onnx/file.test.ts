import { describe, expect, test } from "vitest";
import { Refusal } from "../../kernel/errors.ts";
import { gradients } from "../graph/gradient.ts";
import { constant, input, parameter, softmaxCrossEntropy } from "../graph/tensor.ts";
import { toOnnx } from "../graph/to-onnx.ts";
import { openSession, value } from "../runtime/runtime.ts";
import { readOnnx, writeOnnx } from "./file.ts";
import { onnxPart } from "./part.ts";
import type { ModelProto } from "./schema.ts";
import { Reader, Writer } from "./wire.ts";

/** A training graph with an initializer, named dimensions, several attribute types and several outputs. */
function trainingGraph(): Uint8Array {
  const w = parameter("w", [3, 2]);
  const logits = input("x", ["batch", 3])
    .matmul(w)
    .add(constant([0.5, -0.5]))
    .gelu()
    .relu();
  const loss = softmaxCrossEntropy(logits, input("labels", ["batch"], "int32").oneHot(2), input("k", ["batch"]), 0.1);
  return toOnnx({ name: "training", outputs: { loss, dw: gradients(loss, [w])[0] ?? loss } });
}

describe("ONNX files", () => {
  test("written, read and written again they are byte-identical", () => {
    const bytes = trainingGraph();
    const again = writeOnnx(readOnnx(bytes));
    expect(Buffer.compare(again, bytes)).toBe(0);
    expect(readOnnx(again)).toEqual(readOnnx(bytes));
  });

  test("reading gives back what was built", () => {
    const { graph, irVersion, opsets, producerName } = readOnnx(trainingGraph());
    expect([irVersion, opsets, producerName]).toEqual([9, [{ domain: "", version: 20 }], "millrace"]);
    expect(graph?.inputs.map(({ name }) => name)).toEqual(["x", "w", "labels", "k"]);
    expect(graph?.inputs[0]?.type?.tensorType?.shape?.dims).toEqual([
      { value: 0, name: "batch" },
      { value: 3, name: "" },
    ]);
    expect(graph?.outputs.map(({ name }) => name)).toEqual(["loss", "dw"]);
    const gemm = graph?.nodes.find(({ opType }) => opType === "Gemm");
    expect(gemm?.attributes.map(({ name, i }) => [name, i])).toEqual([
      ["transA", 1],
      ["transB", 0],
    ]);
  });

  test("what was read and written still runs", async () => {
    const session = await openSession(writeOnnx(readOnnx(trainingGraph())));
    const { loss } = await session.run({
      x: value(new Float32Array(6).fill(1), [2, 3]),
      w: value(new Float32Array(6).fill(0), [3, 2]),
      labels: value(Int32Array.of(0, 1)),
      k: value(Float32Array.of(1, 1)),
    });
    expect(Number(loss?.data[0])).toBeGreaterThan(0);
    await session.release();
  });

  test("a part has what its output needs and nothing else, and runs", async () => {
    const shared = input("x", ["batch", 3]).matmul(parameter("w", [3, 2]));
    const beside = input("y", ["batch", 2]);
    const whole = toOnnx({
      name: "whole",
      outputs: { sum: shared.add(beside), half: shared.mul(constant([0.5, 0.5])) },
      weights: new Map([["w", { shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) }]]),
    });
    const part = onnxPart(whole, "half");
    const { graph } = readOnnx(part);
    expect(graph?.inputs.map(({ name }) => name)).toEqual(["x"]);
    expect(graph?.outputs.map(({ name }) => name)).toEqual(["half"]);
    expect(graph?.nodes.map(({ opType }) => opType)).not.toContain("Add");
    const session = await openSession(part);
    const { half } = await session.run({ x: value(Float32Array.of(1, 0, 1), [1, 3]) });
    expect([...(half?.data ?? [])]).toEqual([3, 4]);
    await session.release();
    expect(() => onnxPart(whole, "quarter")).toThrow(
      new Refusal("not_found", "The ONNX file has no output `quarter`."),
    );
  });

  test("equal nodes and constants are written once, unused ones not at all", () => {
    const x = input("x", [2]);
    const { graph } = readOnnx(
      toOnnx({ name: "g", outputs: { y: x.exp().add(x.exp()).mul(1), z: x.mul(3).add(x.mul(3)) } }),
    );
    const count = (opType: string) => graph?.nodes.filter((node) => node.opType === opType).length;
    expect([count("Exp"), count("Mul"), graph?.initializers.length]).toEqual([1, 1, 1]);
  });

  test("packed and unpacked numbers, negative ones, and fields of the future are read", () => {
    const out = new Writer();
    out.nested(7, (graph) => {
      graph.nested(5, (tensor) => {
        tensor.nested(1, (dims) => (dims.varint(2n), dims.varint(3n))); // packed
        tensor.tag(7, 0);
        tensor.varint(-5n); // unpacked, negative
        tensor.nested(4, (data) => data.bytes(new Uint8Array(Float32Array.of(1.5, -2).buffer)));
      });
    });
    out.tag(999, 1);
    out.bytes(new Uint8Array(8));
    out.tag(998, 5);
    out.bytes(new Uint8Array(4));
    out.nested(997, (unknown) => unknown.varint(1n));
    out.tag(996, 0);
    out.varint(7n);
    out.tag(1, 0);
    out.varint(9n);
    const tensor = readOnnx(out.finish()).graph?.initializers[0];
    expect(tensor).toMatchObject({ dims: [2n, 3n], int64Data: [-5n], floatData: [1.5, -2] });
  });

  const model: ModelProto = readOnnx(trainingGraph());
  const damaged: readonly (readonly [string, Uint8Array])[] = [
    ["an empty file", new Uint8Array()],
    ["text", Buffer.from("not a model at all")],
    ["a file cut short", trainingGraph().subarray(0, 300)],
    ["a model without a graph", writeOnnx({ ...model, graph: undefined })],
    ["a number that does not end", new Uint8Array(20).fill(0xff)],
  ];
  test.each(damaged)("%s is refused", (_, bytes) => {
    expect(() => readOnnx(bytes)).toThrow(Refusal);
    expect(() => readOnnx(bytes)).toThrow("not an ONNX file");
  });

  test("the runtime's own reading agrees: a file it cannot load is refused too", async () => {
    await expect(openSession(Buffer.from("nonsense"))).rejects.toMatchObject({ code: "invalid_data" });
  });
});

describe("varints", () => {
  test.each([0n, 1n, 127n, 128n, 300n, 2n ** 62n, -1n, -(2n ** 63n)])("%s survives", (number) => {
    const out = new Writer();
    out.varint(number);
    expect(new Reader(out.finish()).varint()).toBe(number);
  });
});
