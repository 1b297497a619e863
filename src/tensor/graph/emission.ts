import { invariant } from "../../kernel/errors.ts";
import type { Emitter } from "./to-onnx.ts";
import { dataTypes } from "../onnx/schema.ts";
import type { OpKind, PerInput } from "./operations.ts";
import { elements, type Shape, shapeText, sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Writes the ONNX nodes of one tensor and returns the name of its value; `inputs` are the names of its inputs. */
export type EmissionRule<K extends OpKind> = (y: Tensor<K>, inputs: PerInput<K, string>, emit: Emitter) => string;

export const emissionRuleOf = <K extends OpKind>(kind: K): EmissionRule<K> => emission[kind];

/** The rule of an operation that is one ONNX node without attributes. */
const plain =
  (opType: string) =>
  (_: Tensor, inputs: readonly string[], emit: Emitter): string =>
    emit.node(opType, inputs);

const isStatic = (shape: Shape): shape is number[] => shape.every((dim) => typeof dim === "number");
/** The scalar 1, which changes neither numbers nor shape. */
const isOne = ({ kind, rank, with: attributes }: Tensor): boolean =>
  kind === "constant" && rank === 0 && "data" in attributes && Number(attributes.data[0]) === 1;
const swapLast = (rank: number): number[] => [...Array(rank - 2).keys(), rank - 1, rank - 2];

function reduce(opType: string) {
  return (y: Tensor<"reduceSum" | "reduceMean">, [x]: readonly [string], emit: Emitter): string => {
    const { axes, keepDims } = y.with;
    if (axes.length === 0) return x;
    const all = axes.length === y.inputs[0].rank;
    return emit.node(opType, all ? [x] : [x, emit.ints(axes)], { keepdims: keepDims ? 1 : 0 });
  };
}

/** Reshape's target: 0 copies the dimension at the same place, -1 stands for the only one that is left open. */
function reshapeTarget(from: Shape, to: Shape): number[] {
  const target = to.map((dim, i) => (typeof dim === "number" ? dim : dim === from[i] ? 0 : -1));
  invariant(
    target.filter((dim) => dim === -1).length <= 1,
    `${shapeText(from)} to ${shapeText(to)} leaves one dimension open at most`,
  );
  return target;
}

/** The ONNX nodes of each operation, all of the standard operator set. */
export const emission: { readonly [K in OpKind]: EmissionRule<K> } = {
  input: (y, _, emit) => emit.graphInput(y.with.name, y.shape, y.type),
  parameter: (y, _, emit) => emit.parameter(y.with.name, y.shape),
  constant: (y, _, emit) => emit.constant(y.with.data, y.with.shape),
  add: plain("Add"),
  sub: plain("Sub"),
  mul: ({ inputs: [left, right] }, [x, y], emit) => {
    if (isOne(right)) return x; // the gradient of a loss by itself
    return isOne(left) ? y : emit.node("Mul", [x, y]);
  },
  div: plain("Div"),
  pow: plain("Pow"),
  neg: plain("Neg"),
  exp: plain("Exp"),
  log: plain("Log"),
  sqrt: plain("Sqrt"),
  erf: plain("Erf"),
  tanh: plain("Tanh"),
  sigmoid: plain("Sigmoid"),
  relu: plain("Relu"),
  gelu: plain("Gelu"),
  positive: (_, [x], emit) => emit.node("HardSigmoid", [x], { alpha: { float: 3e38 }, beta: { float: 0 } }),
  matmul: ({ inputs: [left, right], with: { transposeX, transposeY } }, [x, y], emit) => {
    if (!transposeX && !transposeY) return emit.node("MatMul", [x, y]); // with a following Add, the runtime makes it a Gemm
    if (left.rank === 2 && right.rank === 2) {
      return emit.node("Gemm", [x, y], { transA: transposeX ? 1 : 0, transB: transposeY ? 1 : 0 });
    }
    const turned = (side: string, rank: number) => emit.node("Transpose", [side], { perm: swapLast(rank) });
    return emit.node("MatMul", [transposeX ? turned(x, left.rank) : x, transposeY ? turned(y, right.rank) : y]);
  },
  reshape: (y, [x], emit) => {
    const target = reshapeTarget(y.inputs[0].shape, y.shape);
    const zeroIsSize = elements(y.shape).known === 0;
    return emit.node("Reshape", [x, emit.ints(target)], zeroIsSize ? { allowzero: 1 } : {});
  },
  transpose: (y, [x], emit) => emit.node("Transpose", [x], { perm: y.with.permutation }),
  expand: (y, [x, like], emit) => {
    const shape = isStatic(y.shape) ? emit.ints(y.shape) : emit.node("Shape", [like]);
    return emit.node("Expand", [x, shape]);
  },
  reduceSum: reduce("ReduceSum"),
  reduceMean: reduce("ReduceMean"),
  count: ({ inputs: [x], with: { axes } }, [name], emit) => {
    const dims = axes.map((axis) => x.dim(axis));
    if (isStatic(dims)) return emit.scalar(sizeOf(dims));
    const sizes = emit.node("Gather", [emit.node("Shape", [name]), emit.ints(axes)]);
    return emit.node("Cast", [emit.node("ReduceProd", [sizes], { keepdims: 0 })], { to: dataTypes.float32 });
  },
  softmax: (y, [x], emit) => emit.node("Softmax", [x], { axis: y.with.axis }),
  logSoftmax: (y, [x], emit) => emit.node("LogSoftmax", [x], { axis: y.with.axis }),
  softmaxCrossEntropy: (y, [logits, targets, weights], emit) => {
    const { labelSmoothing, classes } = y.with;
    const smooth = emitSmoothed(targets, labelSmoothing, classes, emit);
    const likelihood = emit.node("Mul", [emit.node("LogSoftmax", [logits], { axis: 1 }), smooth]);
    const share = emit.node("Div", [weights, emit.node("ReduceSum", [weights], { keepdims: 0 })]);
    const column = emit.node("Reshape", [
      share,
      emit.ints([isStatic(y.inputs[2].shape) ? y.inputs[2].dim(0) : 0, 1].map(Number)),
    ]); // [n, 1]
    return emit.node("Neg", [emit.node("ReduceSum", [emit.node("Mul", [likelihood, column])], { keepdims: 0 })]);
  },
  gatherRows: (_, inputs, emit) => emit.node("Gather", inputs, { axis: 0 }),
  scatterRows: ({ inputs: [, , table] }, [values, ids, like], emit) => {
    const shape = isStatic(table.shape) ? emit.ints(table.shape) : emit.node("Shape", [like]);
    const zeros = emit.node("Expand", [emit.scalar(0), shape]);
    const places = emit.node("Unsqueeze", [emit.node("Cast", [ids], { to: dataTypes.int64 }), emit.ints([-1])]);
    return emit.node("ScatterND", [zeros, places, values], { reduction: "add" });
  },
  concat: (y, parts, emit) => emit.node("Concat", parts, { axis: y.with.axis }),
  slice: (y, [x], emit) => {
    const { axis, from, to } = y.with;
    return emit.node("Slice", [x, emit.ints([from]), emit.ints([to]), emit.ints([axis])]);
  },
  pad: (y, [x], emit) => {
    const { axis, before, after } = y.with;
    const ends = Array.from({ length: 2 * y.rank }, (_, i) => (i === axis ? before : i === axis + y.rank ? after : 0));
    return emit.node("Pad", [x, emit.ints(ends)]);
  },
  cast: (y, [x], emit) => emit.node("Cast", [x], { to: dataTypes[y.with.to] }),
  oneHot: (y, [ids], emit) => {
    const { classes } = y.with;
    const depth = y.inputs[0].type === "int32" ? Int32Array.of(classes) : BigInt64Array.of(BigInt(classes));
    return emit.node("OneHot", [ids, emit.constant(depth, []), emit.constant(Float32Array.of(0, 1), [2])]);
  },
  argMax: (y, [x], emit) => emit.node("ArgMax", [x], { axis: y.with.axis, keepdims: 0 }),
  equal: plain("Equal"),
};

/** (1 - s) · targets + s / classes. */
function emitSmoothed(targets: string, smoothing: number, classes: number, emit: Emitter): string {
  if (smoothing === 0) return targets;
  const kept = emit.node("Mul", [targets, emit.scalar(1 - smoothing)]);
  return emit.node("Add", [kept, emit.scalar(smoothing / classes)]);
}
