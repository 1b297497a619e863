import { describe, expect, test } from "vitest";
import { value } from "../runtime/runtime.ts";
import { drawn, floats, foreignOnnx, ints, node, simpleOnnx } from "../testing/foreign.ts";
import { expectSameAnswers } from "../testing/imported.ts";

const mask = value(BigInt64Array.of(1n, 1n, 1n, 0n, 1n, 1n, 1n, 1n), [2, 4]);
const x234 = value(
  Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)),
  [2, 3, 4],
);

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
      simpleOnnx(
        [
          node("Reshape", ["x", "flat"], ["r"]),
          node("Gemm", ["r", "w", "b"], ["y"], { transB: 1, alpha: { float: 0.5 }, beta: { float: 2 } }),
        ],
        [ints("flat", [-1, 4]), drawn("w", [3, 4]), drawn("b", [3])],
      ),
    ],
    [
      "rows flattened and put back",
      simpleOnnx(
        [
          node("Shape", ["x"], ["s"]),
          node("Slice", ["s", "zero", "two"], ["lead"]),
          node("Reshape", ["x", "flat"], ["r"]),
          node("MatMul", ["r", "w"], ["p"]),
          node("Concat", ["lead", "two"], ["t"], { axis: 0 }),
          node("Reshape", ["p", "t"], ["y"]),
        ],
        [...eye, ints("flat", [-1, 4]), drawn("w", [4, 2])],
      ),
    ],
    ["Softmax of an old operator set, over two axes", simpleOnnx([node("Softmax", ["x"], ["y"])], [], 11)],
    ["LogSoftmax of an old operator set", simpleOnnx([node("LogSoftmax", ["x"], ["y"], { axis: 2 })], [], 9)],
    [
      "reductions whose axes are attributes",
      simpleOnnx(
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
      simpleOnnx(
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
    ["Slice by attributes", simpleOnnx([node("Slice", ["x"], ["y"], { axes: [2], starts: [1], ends: [-1] })], [], 9)],
    [
      "Slice with a step, backwards",
      simpleOnnx([node("Slice", ["x", "minus", "low", "two", "minus"], ["y"])], [...eye, ints("low", [-100])]),
    ],
    [
      "the first places of a dimension that is not known",
      simpleOnnx([node("Slice", ["x", "zero", "two", "one"], ["y"])], eye),
    ],
    [
      "Split in equal parts, Concat, Squeeze",
      simpleOnnx(
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
      simpleOnnx(
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
      simpleOnnx(
        [node("Gather", ["x", "first"], ["g"], { axis: 1 }), node("Gather", ["g", "places"], ["y"], { axis: -1 })],
        [ints("first", [0], []), ints("places", [-1, 0, 2], [3, 1])],
      ),
    ],
    [
      "Expand and Where by computed shapes",
      simpleOnnx(
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
      simpleOnnx(
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
      simpleOnnx(
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
      simpleOnnx(
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
      simpleOnnx(
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
      simpleOnnx(
        [
          node("Gelu", ["x"], ["a"]),
          node("Gelu", ["x"], ["b"], { approximate: "tanh" }),
          node("Add", ["a", "b"], ["c"]),
          node("LpNormalization", ["c"], ["d"]),
          node("LayerNormalization", ["d", "w"], ["y"]),
        ],
        [drawn("w", [4])],
        20,
      ),
    ],
    [
      "constants in nodes",
      simpleOnnx([
        node("Constant", [], ["w"], { value: { tensor: drawn("", [4, 2]) } }),
        node("Constant", [], ["k"], { value_float: { float: 0.25 } }),
        node("MatMul", ["x", "w"], ["p"]),
        node("Mul", ["p", "k"], ["q"]),
        node("Dropout", ["q"], ["y"]),
      ]),
    ],
    [
      "ONNX Runtime's fused activations",
      simpleOnnx(
        [
          node("com.microsoft:BiasGelu", ["x", "b"], ["a"]),
          node("com.microsoft:FastGelu", ["a", "b"], ["c"]),
          node("com.microsoft:QuickGelu", ["c"], ["d"], { alpha: { float: 1.702 } }),
          node("com.microsoft:Gelu", ["d"], ["e"]),
          node("com.microsoft:FusedMatMul", ["e", "w"], ["y"], { transB: 1, alpha: { float: 0.5 } }),
        ],
        [drawn("b", [4]), drawn("w", [3, 4])],
      ),
    ],
    [
      "SkipLayerNormalization and the sum it gives",
      simpleOnnx(
        [
          node("com.microsoft:SkipLayerNormalization", ["x", "x", "g", "b", "c"], ["n", "", "", "s"], {
            epsilon: { float: 1e-5 },
          }),
          node("Add", ["n", "s"], ["y"]),
        ],
        [drawn("g", [4]), drawn("b", [4]), drawn("c", [4])],
      ),
    ],
  ];
  test.each(cases)("%s", async (_, bytes) => {
    await expect(expectSameAnswers(bytes, { x: x234 })).resolves.toBeUndefined();
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
    await expect(expectSameAnswers(bytes, { attention_mask: mask })).resolves.toBeUndefined();
  });
});
