import { describe, expect, test } from "vitest";
import { seededRandom } from "../../kernel/random.ts";
import { gradients } from "../graph/gradient.ts";
import { constant, input, type Tensor } from "../graph/tensor.ts";
import { toOnnx } from "../graph/to-onnx.ts";
import { topological } from "../graph/topological.ts";
import { Scope } from "../model/model.ts";
import { readOnnx, writeOnnx } from "../onnx/file.ts";
import { openSession, value } from "../runtime/runtime.ts";
import { bertLike, drawn, fusedBert, ints, node, simpleOnnx } from "../testing/foreign.ts";
import { expectSameAnswers } from "../testing/imported.ts";
import { importOnnx } from "./import-onnx.ts";

const ids = value(BigInt64Array.of(3n, 1n, 19n, 0n, 7n, 7n, 2n, 5n), [2, 4]);
const mask = value(BigInt64Array.of(1n, 1n, 1n, 0n, 1n, 1n, 1n, 1n), [2, 4]);

describe("a graph that was read in computes what it computed", () => {
  test.each([11, 17] as const)("a BERT-like block of operator set %i", async (opset) => {
    await expect(expectSameAnswers(bertLike(opset), { input_ids: ids, attention_mask: mask })).resolves.toBeUndefined();
  });

  test.each([false, true])("what ONNX Runtime's optimizer makes of BERT, causal: %s", async (causal) => {
    const bytes = fusedBert(causal);
    const feeds = {
      input_ids: value(Int32Array.of(3, 1, 19, 0, 7, 7, 2, 5), [2, 4]),
      attention_mask: value(Int32Array.of(1, 1, 1, 0, 1, 1, 1, 1), [2, 4]),
    };
    await expect(expectSameAnswers(bytes, feeds)).resolves.toBeUndefined();
  });
});

describe("gradients of an imported graph agree with central differences", () => {
  const graphs: readonly (readonly [string, Uint8Array, "int64" | "int32"])[] = [
    ["a BERT-like block, old form", bertLike(11), "int64"],
    ["a BERT-like block", bertLike(17), "int64"],
    ["fused attention", fusedBert(false), "int32"],
  ];
  test.each(graphs)("%s", async (_, bytes, type) => {
    const graph = importOnnx(bytes);
    const scope = new Scope("train");
    const shape = ["batch", "length"];
    const feeds = { input_ids: input("input_ids", shape, type), attention_mask: input("attention_mask", shape, type) };
    const [output] = Object.values(graph.apply(scope, "g", feeds));
    const weightings = constant(Float32Array.from({ length: 8 }, (_, i) => Math.cos(i)));
    const loss = (output as Tensor).mul(weightings).sum();
    const leaves = new Map(
      topological([loss]).flatMap((leaf) => ("name" in leaf.with ? [[leaf.with.name, leaf] as const] : [])),
    );
    const names = scope.parameters.map(({ name }) => name);
    const slopes = gradients(
      loss,
      names.map((name) => leaves.get(name)!),
    );
    const session = await openSession(
      toOnnx({
        name: "t",
        outputs: { loss, ...Object.fromEntries(names.map((name, i) => [`d ${name}`, slopes[i]!])) },
      }),
    );
    const weights = new Map(
      [...graph.weightsAs("g")].map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]),
    );
    const at = (data: readonly number[]) =>
      value(type === "int64" ? BigInt64Array.from(data, BigInt) : Int32Array.from(data), [2, 4]);
    const fed = { input_ids: at([3, 1, 19, 0, 7, 7, 2, 5]), attention_mask: at([1, 1, 1, 0, 1, 1, 1, 1]) };
    const all = () =>
      session.run({
        ...fed,
        ...Object.fromEntries([...weights].map(([name, { shape, data }]) => [name, value(data, shape)])),
      });
    const slope = await all();
    const draw = seededRandom(3);
    for (const name of names) {
      const { data } = weights.get(name)!;
      const scale = Math.max(...Array.from(slope[`d ${name}`]!.data as Float32Array, Math.abs), 0.05);
      for (let k = 0; k < 3; k++) {
        const i = draw.below(data.length);
        const [before, h] = [data[i]!, 5e-3];
        const [up, down] = [before + h, before - h];
        data[i] = up;
        const above = Number((await all())["loss"]!.data[0]);
        data[i] = down;
        const below = Number((await all())["loss"]!.data[0]);
        data[i] = before;
        expect(
          Math.abs(Number(slope[`d ${name}`]!.data[i]) - (above - below) / (2 * h)) / scale,
          `${name}[${i}]`,
        ).toBeLessThan(0.02);
      }
    }
    await session.release();
  });
});

function halfInput(): Uint8Array {
  const model = readOnnx(simpleOnnx([node("Neg", ["x"], ["y"])]));
  const inputs = [{ name: "x", type: { tensorType: { elementType: 10, shape: undefined } } }];
  return writeOnnx({ ...model, graph: { ...model.graph!, inputs } });
}

describe("what is not read is refused by name", () => {
  const half = { ...drawn("w", [4]), dataType: 10 };
  const outside = { ...drawn("w", [4]), dataLocation: 1 };
  const refused: readonly (readonly [string, Uint8Array, RegExp])[] = [
    [
      "a quantized product",
      simpleOnnx([
        node("DynamicQuantizeLinear", ["x"], ["a", "b", "c"]),
        node("MatMulInteger", ["a", "w", "c"], ["y"]),
      ]),
      /quantized: node "\/a" is DynamicQuantizeLinear/,
    ],
    [
      "quantized attention",
      simpleOnnx([node("com.microsoft:QAttention", ["x"], ["y"])]),
      /quantized: node "\/y" is com.microsoft.QAttention/,
    ],
    [
      "an operation nobody knows",
      simpleOnnx([node("Einsum", ["x"], ["y"], { equation: "i" })]),
      /node "\/y" \(Einsum\) is not supported/,
    ],
    ["half precision", simpleOnnx([node("Mul", ["x", "w"], ["y"])], [half]), /"w" has the ONNX type float16/],
    ["an input of half precision", halfInput(), /input "x" has the ONNX type float16/],
    ["weights in another file", simpleOnnx([node("Mul", ["x", "w"], ["y"])], [outside]), /"w" lies in another file/],
    [
      "a shape that only data tell",
      simpleOnnx([
        node("ReduceSum", ["x"], ["s"], { keepdims: 0 }),
        node("Cast", ["s"], ["i"], { to: 7 }),
        node("Expand", ["x", "i"], ["y"]),
      ]),
      /node "\/y" \(Expand\) depends on a shape/,
    ],
    [
      "inputs that do not fit",
      simpleOnnx([node("MatMul", ["x", "w"], ["y"])], [drawn("w", [3, 2])]),
      /node "\/y" \(MatMul\) does not fit its inputs/,
    ],
    [
      "a range without end",
      simpleOnnx(
        [node("Range", ["from", "to", "step"], ["r"]), node("Add", ["x", "r"], ["y"])],
        [ints("from", [0], []), ints("to", [1e12], []), ints("step", [1], [])],
      ),
      /node "\/r" \(Range\) counts 1000000000000 numbers/,
    ],
    ["an old operator set", simpleOnnx([node("Neg", ["x"], ["y"])], [], 6), /operator set 6/],
    ["no ONNX file", new Uint8Array([1, 2, 3]), /not an ONNX file/],
  ];
  test.each(refused)("%s", (_, bytes, message) => {
    expect(() => importOnnx(bytes)).toThrow(message);
  });
});
