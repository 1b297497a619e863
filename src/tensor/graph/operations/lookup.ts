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
  /** ids [...any] → float32 [...any, classes]. */
  readonly oneHot: Unary<{ readonly classes: number }>;
  /** 0, 1, 2, … along an axis of x, whose numbers are not read: int64 [size of the axis]. */
  readonly positions: Unary<{ readonly axis: number }>;
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
