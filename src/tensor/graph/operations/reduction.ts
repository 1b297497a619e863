import { dataTypes } from "../../onnx/schema.ts";
import type { Emitter } from "../emitter.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Family, Ruled, Unary } from "./operation.ts";
import { areFloats, floats, isStatic, unaryShape } from "./rule-parts.ts";

type Reduction = Unary<{ readonly axes: readonly number[]; readonly keepDims: boolean }>;

/** Operations along axes: many numbers to one, or numbers that sum to one. */
export interface ReductionOperations {
  readonly reduceSum: Reduction;
  readonly reduceMean: Reduction;
  /** The largest along the axes; where several are equal, they share the gradient. */
  readonly reduceMax: Reduction;
  readonly reduceMin: Reduction;
  /** How many elements lie along the axes, as a float32 scalar. */
  readonly count: Unary<{ readonly axes: readonly number[] }>;
  readonly argMax: Unary<{ readonly axis: number }>;
  readonly softmax: Unary<{ readonly axis: number }>;
  readonly logSoftmax: Unary<{ readonly axis: number }>;
}

type Reducing = "reduceSum" | "reduceMean" | "reduceMax" | "reduceMin";

function reduced(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  return keepDims ? keptShape(shape, axes) : shape.filter((_, i) => !axes.includes(i));
}

/** The shape a reduction has with its reduced axes kept as 1. */
const keptShape = (shape: Shape, axes: readonly number[]): Shape => shape.map((dim, i) => (axes.includes(i) ? 1 : dim));

function reducedShape([x]: readonly [Tensor], { axes, keepDims }: Reduction["with"]): Ruled {
  areFloats(x);
  return floats(reduced(x.shape, axes, keepDims));
}

function reduce(opType: string) {
  return (y: Tensor<Reducing>, [x]: readonly [string], emit: Emitter): string => {
    const { axes, keepDims } = y.with;
    if (axes.length === 0) return x;
    const all = axes.length === y.inputs[0].rank;
    return emit.node(opType, all ? [x] : [x, emit.ints(axes)], { keepdims: keepDims ? 1 : 0 });
  };
}

/** Each extreme element gets its share of the gradient. */
function sharedGradient(y: Tensor<"reduceMax" | "reduceMin">, g: Tensor): readonly [Tensor] {
  const [x] = y.inputs;
  const kept = keptShape(x.shape, y.with.axes);
  const extreme = x.equal(y.reshape(kept)).cast("float32");
  return [extreme.mul(g.reshape(kept).div(extreme.sum(y.with.axes, true)))];
}

export const reduction: Family<ReductionOperations> = {
  reduceSum: {
    shape: reducedShape,
    emit: reduce("ReduceSum"),
    gradient: ({ inputs: [x], with: { axes } }, g) => [g.reshape(keptShape(x.shape, axes)).expand(x)],
  },
  reduceMean: {
    shape: reducedShape,
    emit: reduce("ReduceMean"),
    gradient: ({ inputs: [x], with: { axes } }, g) => [
      g.div(x.count(axes)).reshape(keptShape(x.shape, axes)).expand(x),
    ],
  },
  reduceMax: { shape: reducedShape, emit: reduce("ReduceMax"), gradient: sharedGradient },
  reduceMin: { shape: reducedShape, emit: reduce("ReduceMin"), gradient: sharedGradient },
  count: {
    shape: () => floats([]),
    emit: ({ inputs: [x], with: { axes } }, [name], emit) => {
      const dims = axes.map((axis) => x.dim(axis));
      if (isStatic(dims)) return emit.scalar(sizeOf(dims));
      const sizes = emit.node("Gather", [emit.node("Shape", [name]), emit.ints(axes)]);
      return emit.node("Cast", [emit.node("ReduceProd", [sizes], { keepdims: 0 })], { to: dataTypes.float32 });
    },
    gradient: () => [null],
  },
  argMax: {
    shape: ([x], { axis }) => ({ shape: reduced(x.shape, [axis], false), type: "int64" }),
    emit: (y, [x], emit) => emit.node("ArgMax", [x], { axis: y.with.axis, keepdims: 0 }),
    gradient: () => [null],
  },
  softmax: {
    shape: unaryShape,
    emit: (y, [x], emit) => emit.node("Softmax", [x], { axis: y.with.axis }),
    gradient: (y, g) => {
      const weighted = g.mul(y); // dx = y (g - Σ g y)
      return [weighted.sub(y.mul(weighted.sum([y.with.axis], true)))];
    },
  },
  logSoftmax: {
    shape: unaryShape,
    emit: (y, [x], emit) => emit.node("LogSoftmax", [x], { axis: y.with.axis }),
    gradient: (y, g) => [g.sub(y.exp().mul(g.sum([y.with.axis], true)))], // dx = g - softmax Σ g
  },
};
