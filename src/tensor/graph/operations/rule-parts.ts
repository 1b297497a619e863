import { invariant } from "../../../kernel/errors.ts";
import type { Emitter } from "../emitter.ts";
import { broadcastAxes, broadcastShapes, type Shape, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Make, Ruled } from "./operation.ts";

/** Pieces that rules of several families are made of. */

export const floats = (shape: Shape): Ruled => ({ shape, type: "float32" });

export function areFloats(...inputs: readonly Tensor[]): void {
  for (const x of inputs) invariant(x.type === "float32", `an input of arithmetic is float32, not ${x.type}`);
}

export const areIntegers = (...inputs: readonly Tensor[]): void => {
  for (const x of inputs) invariant(x.type === "int64" || x.type === "int32", `ids are integers, not ${x.type}`);
};

/** The float32 scalar 0. */
export const zero = (make: Make): Tensor => make("constant", [], { data: Float32Array.of(0), shape: [] });

/** The output is like the input. */
export const unaryShape = ([x]: readonly [Tensor]): Ruled => {
  areFloats(x);
  return floats(x.shape);
};

export const broadcastShape = ([x, y]: readonly [Tensor, Tensor]): Ruled => {
  areFloats(x, y);
  return floats(broadcastShapes(x.shape, y.shape));
};

/** `shape` with one dimension, which must be a number, changed. */
export function withDim(shape: Shape, axis: number, change: (dim: number) => number): Shape {
  return shape.map((dim, i) => {
    if (i !== axis) return dim;
    invariant(typeof dim === "number", `axis ${axis} of ${shapeText(shape)} has a known size`);
    return change(dim);
  });
}

export const isStatic = (shape: Shape): shape is number[] => shape.every((dim) => typeof dim === "number");

/** The rule of an operation that is one ONNX node without attributes. */
export const plain =
  (opType: string) =>
  (_: Tensor, inputs: readonly string[], emit: Emitter): string =>
    emit.node(opType, inputs);

/** Undoes broadcasting: sums g over the axes along which `shape` was repeated. */
export function sumTo(g: Tensor, shape: Shape): Tensor {
  const axes = broadcastAxes(g.shape, shape);
  return axes.length === 0 ? g : g.sum(axes).reshape(shape);
}

/** The shape of x as an int64 vector, known or read when the session runs. */
export const emitShape = (shape: Shape, name: string, emit: Emitter): string =>
  isStatic(shape) ? emit.ints(shape) : emit.node("Shape", [name]);

/** The permutation that exchanges the last two axes. */
export const swapLast = (rank: number): number[] => [...Array(rank - 2).keys(), rank - 1, rank - 2];
