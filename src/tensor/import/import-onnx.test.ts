import { describe, expect, test } from "vitest";
import { seededRandom } from "../../kernel/random.ts";
import { gradients } from "../graph/gradient.ts";
import { constant, input, type Tensor } from "../graph/tensor.ts";
import { toOnnx } from "../graph/to-onnx.ts";
import { exportOnnx } from "../model/export.ts";
import { defineModel, Scope } from "../model/model.ts";
import { openSession, value, type Values } from "../runtime/runtime.ts";
import { bertLike, drawn, floats, type ForeignOptions, foreignOnnx, ints, node } from "../testing/foreign.ts";
import { importOnnx } from "./import-onnx.ts";

async function run(bytes: Uint8Array, feeds: Values): Promise<Values> {
  const session = await openSession(bytes);
  const known = new Set(session.inputs.map(({ name }) => name));
  const outputs = await session.run(Object.fromEntries(Object.entries(feeds).filter(([name]) => known.has(name))));
  await session.release();
  return outputs;
}

/** The graph read in and written out again, with the file's own dimension names but one for each axis. */
function again(bytes: Uint8Array): Uint8Array {
  const graph = importOnnx(bytes);
  const model = defineModel("again", (scope) => {
    const feeds = graph.inputs.map(({ name, type, shape }) => {
      const dims = shape.map((dim, axis) => (typeof dim === "number" ? dim : (["batch", "length"][axis] ?? dim)));
      return [name, scope.input(name, dims, { type })] as const;
    });
    return graph.apply(scope, "g", Object.fromEntries(feeds));
  });
  return exportOnnx(model, graph.weightsAs("g"));
}

async function expectEqual(bytes: Uint8Array, feeds: Values): Promise<void> {
  const [original, ours] = [await run(bytes, feeds), await run(again(bytes), feeds)];
  for (const [name, { dims, data }] of Object.entries(original)) {
    expect(ours[name]?.dims, name).toEqual(dims);
    for (const [i, wanted] of data.entries())
      expect(Number(ours[name]?.data[i]), `${name}[${i}]`).toBeCloseTo(Number(wanted), 4);
  }
}

const ids = value(BigInt64Array.of(3n, 1n, 19n, 0n, 7n, 7n, 2n, 5n), [2, 4]);
const mask = value(BigInt64Array.of(1n, 1n, 1n, 0n, 1n, 1n, 1n, 1n), [2, 4]);
const x234 = value(
  Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)),
  [2, 3, 4],
);
const random = (name: string, dims: readonly number[]) => drawn(name, dims);

/** One foreign graph from x [batch, length, 4] (and w, where it is named) to y. */
const simple = (
  nodes: ForeignOptions["nodes"],
  initializers: ForeignOptions["initializers"] = [],
  opset = 17,
): Uint8Array => foreignOnnx({ opset, inputs: { x: ["float32", "n", "m", 4] }, initializers, nodes, outputs: ["y"] });

describe("a graph that was read in computes what it computed", () => {
  const eye = [
    ints("four", [4]),
    ints("minus", [-1]),
    ints("zero", [0]),
    ints("one", [1]),
    ints("two", [2]),
    ints("far", [2 ** 40]),
  ];
  const cases: readonly (readonly [string, Uint8Array])[] = [
    [
      "Gemm with transposes and factors",
      simple(
        [
          node("Reshape", ["x", "flat"], ["r"]),
          node("Gemm", ["r", "w", "b"], ["y"], { transB: 1, alpha: { float: 0.5 }, beta: { float: 2 } }),
        ],
        [ints("flat", [-1, 4]), random("w", [3, 4]), random("b", [3])],
      ),
    ],
    [
      "rows flattened and put back",
      simple(
        [
          node("Shape", ["x"], ["s"]),
          node("Slice", ["s", "zero", "two"], ["lead"]),
          node("Reshape", ["x", "flat"], ["r"]),
          node("MatMul", ["r", "w"], ["p"]),
          node("Concat", ["lead", "two"], ["t"], { axis: 0 }),
          node("Reshape", ["p", "t"], ["y"]),
        ],
        [...eye, ints("flat", [-1, 4]), random("w", [4, 2])],
      ),
    ],
    ["Softmax of an old operator set, over two axes", simple([node("Softmax", ["x"], ["y"])], [], 11)],
    ["LogSoftmax of an old operator set", simple([node("LogSoftmax", ["x"], ["y"], { axis: 2 })], [], 9)],
    [
      "reductions whose axes are attributes",
      simple(
        [
          node("ReduceSum", ["x"], ["s"], { axes: [1], keepdims: 0 }),
          node("ReduceMean", ["s"], ["m"], { axes: [-1] }),
          node("Add", ["s", "m"], ["y"]),
        ],
        [],
        11,
      ),
    ],
    [
      "reductions whose axes are inputs",
      simple(
        [
          node("ReduceSum", ["x", "one"], ["s"], { keepdims: 0 }),
          node("ReduceMean", ["s", "minus"], ["m"]),
          node("ReduceL2", ["s", "minus"], ["l"]),
          node("Add", ["l", "m"], ["y"]),
        ],
        eye,
        18,
      ),
    ],
    ["Slice by attributes", simple([node("Slice", ["x"], ["y"], { axes: [2], starts: [1], ends: [-1] })], [], 9)],
    [
      "Slice with a step, backwards",
      simple([node("Slice", ["x", "minus", "low", "two", "minus"], ["y"])], [...eye, ints("low", [-100])]),
    ],
    [
      "the first places of a dimension that is not known",
      simple([node("Slice", ["x", "zero", "two", "one"], ["y"])], eye),
    ],
    [
      "Split in equal parts, Concat, Squeeze",
      simple(
        [
          node("Split", ["x"], ["a", "b"], { axis: 2 }),
          node("Concat", ["b", "a", "b"], ["c"], { axis: -1 }),
          node("Unsqueeze", ["c", "one"], ["u"]),
          node("Squeeze", ["u", "one"], ["y"]),
        ],
        eye,
      ),
    ],
    [
      "Split by attribute, Flatten",
      simple(
        [
          node("Split", ["x"], ["a", "b"], { axis: 2, split: [1, 3] }),
          node("Mul", ["b", "a"], ["c"]),
          node("Flatten", ["c"], ["y"], { axis: 2 }),
        ],
        [],
        11,
      ),
    ],
    [
      "Gather of one place on any axis",
      simple(
        [node("Gather", ["x", "first"], ["g"], { axis: 1 }), node("Gather", ["g", "places"], ["y"], { axis: -1 })],
        [ints("first", [0], []), ints("places", [-1, 0, 2], [3, 1])],
      ),
    ],
    [
      "Expand and Where by computed shapes",
      simple(
        [
          node("Shape", ["x"], ["s"]),
          node("ConstantOfShape", ["three"], ["ones"], { value: { tensor: ints("", [1]) } }),
          node("Mul", ["ones", "minus"], ["minuses"]),
          node("Equal", ["s", "minuses"], ["open"]),
          node("Where", ["open", "ones", "s"], ["t"]),
          node("Expand", ["v", "t"], ["e"]),
          node("Greater", ["x", "e"], ["c"]),
          node("Where", ["c", "x", "low"], ["y"]),
        ],
        [...eye, ints("three", [3]), floats("v", [0.1, -0.2, 0.3, 0], [4]), floats("low", [-7], [])],
      ),
    ],
    [
      "a scale from the size of a dimension",
      simple(
        [
          node("Shape", ["x"], ["s"]),
          node("Slice", ["s", "minus", "far"], ["d"]),
          node("Cast", ["d"], ["f"], { to: 1 }),
          node("Sqrt", ["f"], ["r"]),
          node("Div", ["one.f", "r"], ["k"]),
          node("Mul", ["x", "k"], ["y"]),
        ],
        [...eye, floats("one.f", [1], [])],
      ),
    ],
    [
      "the size of a dimension as a number",
      simple(
        [
          node("Shape", ["x"], ["s"]),
          node("Gather", ["s", "second"], ["d"]),
          node("Cast", ["d"], ["f"], { to: 1 }),
          node("Div", ["x", "f"], ["y"]),
        ],
        [ints("second", [1], [])],
      ),
    ],
    [
      "functions of one number",
      simple(
        [
          node("Sigmoid", ["x"], ["a"]),
          node("Tanh", ["a"], ["b"]),
          node("Exp", ["b"], ["c"]),
          node("Log", ["c"], ["d"]),
          node("Neg", ["d"], ["e"]),
          node("Abs", ["e"], ["f"]),
          node("Sqrt", ["f"], ["g"]),
          node("Erf", ["g"], ["h"]),
          node("Relu", ["h"], ["i"]),
          node("Reciprocal", ["i"], ["j"]),
          node("Clip", ["j", "low", "high"], ["k"]),
          node("Floor", ["k"], ["l"]),
          node("Sum", ["l", "k", "x"], ["y"]),
        ],
        [floats("low", [0.5], []), floats("high", [2.5], [])],
      ),
    ],
    [
      "powers",
      simple(
        [
          node("Pow", ["x", "three"], ["a"]),
          node("Pow", ["x", "two"], ["b"]),
          node("Pow", ["b", "half"], ["c"]),
          node("Add", ["a", "c"], ["d"]),
          node("Max", ["d", "b"], ["e"]),
          node("Min", ["e", "c"], ["y"]),
        ],
        [floats("two", [2], []), floats("three", [3], []), floats("half", [0.5], [])],
      ),
    ],
    [
      "Gelu in both forms, root mean square norm",
      simple(
        [
          node("Gelu", ["x"], ["a"]),
          node("Gelu", ["x"], ["b"], { approximate: "tanh" }),
          node("Add", ["a", "b"], ["c"]),
          node("LpNormalization", ["c"], ["d"]),
          node("LayerNormalization", ["d", "w"], ["y"]),
        ],
        [random("w", [4])],
        20,
      ),
    ],
    [
      "constants in nodes",
      simple([
        node("Constant", [], ["w"], { value: { tensor: random("", [4, 2]) } }),
        node("Constant", [], ["k"], { value_float: { float: 0.25 } }),
        node("MatMul", ["x", "w"], ["p"]),
        node("Mul", ["p", "k"], ["q"]),
        node("Dropout", ["q"], ["y"]),
      ]),
    ],
    [
      "ONNX Runtime's fused activations",
      simple(
        [
          node("com.microsoft:BiasGelu", ["x", "b"], ["a"]),
          node("com.microsoft:FastGelu", ["a", "b"], ["c"]),
          node("com.microsoft:QuickGelu", ["c"], ["d"], { alpha: { float: 1.702 } }),
          node("com.microsoft:Gelu", ["d"], ["e"]),
          node("com.microsoft:FusedMatMul", ["e", "w"], ["y"], { transB: 1, alpha: { float: 0.5 } }),
        ],
        [random("b", [4]), random("w", [3, 4])],
      ),
    ],
    [
      "SkipLayerNormalization and the sum it gives",
      simple(
        [
          node("com.microsoft:SkipLayerNormalization", ["x", "x", "g", "b", "c"], ["n", "", "", "s"], {
            epsilon: { float: 1e-5 },
          }),
          node("Add", ["n", "s"], ["y"]),
        ],
        [random("g", [4]), random("b", [4]), random("c", [4])],
      ),
    ],
  ];
  test.each(cases)("%s", async (_, bytes) => {
    await expect(expectEqual(bytes, { x: x234 })).resolves.toBeUndefined();
  });

  test("a row of ids: positions counted from a mask, comparisons, a causal triangle", async () => {
    const bytes = foreignOnnx({
      inputs: { attention_mask: ["int64", "b", "l"] },
      initializers: [
        ints("axis", [1], []),
        ints("zero", [0], []),
        ints("one", [1], []),
        ints("a0", [0]),
        ints("a1", [1]),
        drawn("table", [9, 3]),
      ],
      nodes: [
        node("CumSum", ["attention_mask", "axis"], ["sum"]),
        node("Mul", ["sum", "attention_mask"], ["kept"]),
        node("Add", ["kept", "one"], ["places"]),
        node("Gather", ["table", "places"], ["rows"]),
        node("Shape", ["attention_mask"], ["s"]),
        node("Gather", ["s", "one"], ["l"]),
        node("Range", ["zero", "l", "one"], ["r"]),
        node("Unsqueeze", ["r", "a1"], ["column"]),
        node("Unsqueeze", ["r", "a0"], ["row"]),
        node("LessOrEqual", ["row", "column"], ["seen"]),
        node("Equal", ["row", "column"], ["same"]),
        node("Not", ["same"], ["other"]),
        node("And", ["seen", "other"], ["before"]),
        node("Cast", ["before"], ["triangle"], { to: 1 }),
        node("MatMul", ["triangle", "rows"], ["y"]),
      ],
      outputs: ["y"],
    });
    await expect(expectEqual(bytes, { attention_mask: mask })).resolves.toBeUndefined();
  });

  test.each([11, 17] as const)("a BERT-like block of operator set %i", async (opset) => {
    await expect(expectEqual(bertLike(opset), { input_ids: ids, attention_mask: mask })).resolves.toBeUndefined();
  });

  test.each([false, true])("what ONNX Runtime's optimizer makes of BERT, causal: %s", async (causal) => {
    const bytes = fusedBert(causal);
    const feeds = {
      input_ids: value(Int32Array.of(3, 1, 19, 0, 7, 7, 2, 5), [2, 4]),
      attention_mask: value(Int32Array.of(1, 1, 1, 0, 1, 1, 1, 1), [2, 4]),
    };
    await expect(expectEqual(bytes, feeds)).resolves.toBeUndefined();
  });
});

function fusedBert(causal: boolean): Uint8Array {
  return foreignOnnx({
    inputs: { input_ids: ["int32", "b", "l"], attention_mask: ["int32", "b", "l"] },
    initializers: [
      drawn("words", [20, 8]),
      drawn("places", [10, 8]),
      drawn("scale", [8]),
      drawn("shift", [8]),
      drawn("qkv", [8, 24]),
      drawn("qkv.bias", [24]),
      drawn("out", [8, 8]),
      drawn("out.bias", [8]),
    ],
    nodes: [
      node(
        "com.microsoft:EmbedLayerNormalization",
        ["input_ids", "", "words", "places", "", "scale", "shift", "attention_mask"],
        ["e", "lengths"],
        { epsilon: { float: 1e-6 } },
      ),
      node("com.microsoft:Attention", ["e", "qkv", "qkv.bias", causal ? "attention_mask" : "lengths"], ["a"], {
        num_heads: 2,
        ...(causal ? { unidirectional: 1 } : {}),
      }),
      node("MatMul", ["a", "out"], ["o"]),
      node("com.microsoft:SkipLayerNormalization", ["o", "e", "scale", "shift", "out.bias"], ["y"], {
        epsilon: { float: 1e-6 },
      }),
    ],
    outputs: ["y"],
  });
}

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
    const inGraph = reachable(loss);
    const names = scope.parameters.map(({ name }) => name);
    const slopes = gradients(
      loss,
      names.map((name) => inGraph.get(name)!),
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

function reachable(root: Tensor): Map<string, Tensor> {
  const found = new Map<string, Tensor>();
  const seen = new Set<Tensor>();
  const visit = (tensor: Tensor): void => {
    if (seen.has(tensor)) return;
    seen.add(tensor);
    if (tensor.kind === "parameter" && "name" in tensor.with) found.set(tensor.with.name, tensor);
    tensor.inputs.forEach(visit);
  };
  visit(root);
  return found;
}

describe("what is not read is refused by name", () => {
  const half = { ...drawn("w", [4]), dataType: 10 };
  const outside = { ...drawn("w", [4]), dataLocation: 1 };
  const refused: readonly (readonly [string, Uint8Array, RegExp])[] = [
    [
      "a quantized product",
      simple([node("DynamicQuantizeLinear", ["x"], ["a", "b", "c"]), node("MatMulInteger", ["a", "w", "c"], ["y"])]),
      /quantized: node "\/a" is DynamicQuantizeLinear/,
    ],
    [
      "quantized attention",
      simple([node("com.microsoft:QAttention", ["x"], ["y"])]),
      /quantized: node "\/y" is com.microsoft.QAttention/,
    ],
    [
      "an operation nobody knows",
      simple([node("Einsum", ["x"], ["y"], { equation: "i" })]),
      /node "\/y" \(Einsum\) is not supported/,
    ],
    ["half precision", simple([node("Mul", ["x", "w"], ["y"])], [half]), /"w" has the ONNX type float16/],
    ["weights in another file", simple([node("Mul", ["x", "w"], ["y"])], [outside]), /"w" lies in another file/],
    [
      "a shape that only data tell",
      simple([
        node("ReduceSum", ["x"], ["s"], { keepdims: 0 }),
        node("Cast", ["s"], ["i"], { to: 7 }),
        node("Expand", ["x", "i"], ["y"]),
      ]),
      /node "\/y" \(Expand\) depends on a shape/,
    ],
    [
      "inputs that do not fit",
      simple([node("MatMul", ["x", "w"], ["y"])], [drawn("w", [3, 2])]),
      /node "\/y" \(MatMul\) does not fit its inputs/,
    ],
    ["an old operator set", simple([node("Neg", ["x"], ["y"])], [], 6), /operator set 6/],
    ["no ONNX file", new Uint8Array([1, 2, 3]), /not an ONNX file/],
  ];
  test.each(refused)("%s", (_, bytes, message) => {
    expect(() => importOnnx(bytes)).toThrow(message);
  });
});
