import { invariant } from "../../../kernel/errors.ts";
import { dataTypes } from "../../onnx/schema.ts";
import { sameShape, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Binary, Family, Operation, Unary } from "./operation.ts";
import { areIntegers, emitShape, floats } from "./rule-parts.ts";

/** Reads and writes at places that are data. */
export interface LookupOperations {
  /** table [rows, ...width], ids [...any] → [...any, ...width]. */
  readonly gatherRows: Binary;
  /** values [...any, ...width], ids [...any], a table for its shape → sums by row [rows, ...width]. */
  readonly scatterRows: Operation<readonly [Tensor, Tensor, Tensor]>;
  /** x [...before, n, ...after] along an axis, ids [...any] → [...before, ...any, ...after]. */
  readonly gather: Binary<{ readonly axis: number }>;
  /** x and ids of one rank: y[..., i, ...] = x[..., ids[..., i, ...], ...] along an axis; shaped like ids. */
  readonly gatherElements: Binary<{ readonly axis: number }>;
  /** values and ids of one shape, a tensor for its shape → sums by place along an axis. */
  readonly scatterElements: Operation<readonly [Tensor, Tensor, Tensor], { readonly axis: number }>;
  /** ids [...any] → float32 [...any, classes]. */
  readonly oneHot: Unary<{ readonly classes: number }>;
  /** 0, 1, 2, … along an axis of x, whose numbers are not read: int64 [size of the axis]. */
  readonly positions: Unary<{ readonly axis: number }>;
}

function fitsAlong(x: Tensor, ids: Tensor, axis: number): void {
  const fits = x.rank === ids.rank && x.shape.every((dim, i) => i === axis || dim === ids.shape[i]);
  invariant(fits, `ids ${shapeText(ids.shape)} name elements of axis ${axis} of ${shapeText(x.shape)}`);
}

export const lookup: Family<LookupOperations> = {
  gatherRows: {
    shape: ([table, ids]) => {
      areIntegers(ids);
      return { shape: [...ids.shape, ...table.shape.slice(1)], type: table.type };
    },
    emit: (_, inputs, emit) => emit.node("Gather", inputs, { axis: 0 }),
    gradient: ({ inputs: [table, ids] }, g, make) => [make("scatterRows", [g, ids, table], {}), null],
  },
  scatterRows: {
    shape: ([values, ids, table]) => {
      const fits = sameShape(values.shape, [...ids.shape, ...table.shape.slice(1)]);
      invariant(fits, `rows ${shapeText(values.shape)} scatter into ${shapeText(table.shape)}`);
      return floats(table.shape);
    },
    emit: ({ inputs: [, , table] }, [values, ids, like], emit) => {
      const zeros = emit.node("Expand", [emit.scalar(0), emitShape(table.shape, like, emit)]);
      const places = emit.node("Unsqueeze", [emit.node("Cast", [ids], { to: dataTypes.int64 }), emit.ints([-1])]);
      return emit.node("ScatterND", [zeros, places, values], { reduction: "add" });
    },
    gradient: ({ inputs: [, ids] }, g) => [g.gatherRows(ids), null, null],
  },
  gather: {
    shape: ([x, ids], { axis }) => {
      areIntegers(ids);
      return { shape: [...x.shape.slice(0, axis), ...ids.shape, ...x.shape.slice(axis + 1)], type: x.type };
    },
    emit: (y, inputs, emit) => emit.node("Gather", inputs, { axis: y.with.axis }),
    gradient: ({ inputs: [x, ids], with: { axis } }, g, make) => {
      // with the axis in front, ids name rows
      const order = [axis, ...[...x.shape.keys()].filter((i) => i !== axis)];
      const places = [...ids.shape.keys()].map((i) => axis + i);
      const front = [...places, ...[...g.shape.keys()].filter((i) => !places.includes(i))];
      const rows = make("scatterRows", [g.transpose(front), ids, x.transpose(order)], {});
      return [rows.transpose(order.map((_, i) => order.indexOf(i))), null];
    },
  },
  gatherElements: {
    shape: ([x, ids], { axis }) => {
      areIntegers(ids);
      fitsAlong(x, ids, axis);
      return { shape: ids.shape, type: x.type };
    },
    emit: (y, inputs, emit) => emit.node("GatherElements", inputs, { axis: y.with.axis }),
    gradient: ({ inputs: [x, ids], with: { axis } }, g, make) => [make("scatterElements", [g, ids, x], { axis }), null],
  },
  scatterElements: {
    shape: ([values, ids, like], { axis }) => {
      areIntegers(ids);
      fitsAlong(like, ids, axis);
      invariant(sameShape(values.shape, ids.shape), `an id for each of ${shapeText(values.shape)}`);
      return floats(like.shape);
    },
    emit: ({ inputs: [, , like], with: { axis } }, [values, ids, name], emit) => {
      const zeros = emit.node("Expand", [emit.scalar(0), emitShape(like.shape, name, emit)]);
      return emit.node("ScatterElements", [zeros, ids, values], { axis, reduction: "add" });
    },
    gradient: ({ inputs: [, ids], with: { axis } }, g, make) => [
      make("gatherElements", [g, ids], { axis }),
      null,
      null,
    ],
  },
  oneHot: {
    shape: ([ids], { classes }) => floats([...ids.shape, classes]),
    emit: (y, [ids], emit) => {
      const { classes } = y.with;
      const depth = y.inputs[0].type === "int32" ? Int32Array.of(classes) : BigInt64Array.of(BigInt(classes));
      return emit.node("OneHot", [ids, emit.constant(depth, []), emit.constant(Float32Array.of(0, 1), [2])]);
    },
    gradient: () => [null],
  },
  positions: {
    shape: ([x], { axis }) => ({ shape: [x.dim(axis)], type: "int64" }),
    emit: ({ inputs: [like], with: { axis } }, [x], emit) => {
      const size = like.dim(axis);
      if (typeof size === "number") return emit.ints([...Array(size).keys()]);
      const scalar = (value: number) => emit.constant(BigInt64Array.of(BigInt(value)), []);
      const end = emit.node("Gather", [emit.node("Shape", [x]), scalar(axis)]);
      return emit.node("Range", [scalar(0), end, scalar(1)]);
    },
    gradient: () => [null],
  },
};
