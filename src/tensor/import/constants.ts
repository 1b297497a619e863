import { Refusal } from "../../kernel/errors.ts";
import { dataTypes, type TensorProto } from "../onnx/schema.ts";
import { broadcastShapes, type Dim, elements, productDim, sizeOf } from "../graph/shape.ts";

/**
 * Numbers that are known when a graph is read, row-major. Integers may be names of dimensions: `Shape` gives
 * ["batch", "length", 64], and what an exporter computes from that stays known.
 */
export interface Known {
  readonly type: "float32" | "int32" | "int64" | "bool";
  readonly shape: readonly number[];
  readonly data: readonly Dim[];
}

export const known = (type: Known["type"], shape: readonly number[], data: readonly Dim[]): Known => ({
  type,
  shape,
  data,
});
export const knownInts = (data: readonly Dim[]): Known => known("int64", [data.length], data);

/** Reads an initializer or a constant's value. float32 data is a view where the file is aligned. */
export function readTensor(tensor: TensorProto): Known | FloatArray {
  if (tensor.dataType === dataTypes.float32) return readFloats(tensor);
  refuseElsewhere(tensor);
  const read = integers[tensor.dataType];
  if (!read) {
    throw new Refusal(
      "invalid_data",
      `"${tensor.name}" has the ONNX type ${typeName(tensor.dataType)}; float32 weights are read.`,
    );
  }
  return known(read.type, tensor.dims.map(Number), read.data(tensor));
}

export interface FloatArray {
  readonly shape: readonly number[];
  readonly floats: Float32Array;
}

/** Reads a float32 array; a view where the file is aligned. */
export function readFloats(tensor: TensorProto): FloatArray {
  refuseElsewhere(tensor);
  const { rawData, floatData, name, dims } = tensor;
  const shape = dims.map(Number);
  const bytes = aligned(rawData, 4);
  const floats =
    rawData.length > 0
      ? new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
      : Float32Array.from(floatData);
  if (floats.length !== sizeOf(shape))
    throw new Refusal("invalid_data", `"${name}" holds ${floats.length} numbers, not ${sizeOf(shape)}.`);
  return { shape, floats };
}

function refuseElsewhere({ dataLocation, name }: TensorProto): void {
  if (dataLocation !== 1) return;
  throw new Refusal("invalid_data", `The weight "${name}" lies in another file; one file with all data is read.`);
}

const aligned = (bytes: Uint8Array, width: number): Uint8Array =>
  bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);

const integers: {
  readonly [type: number]: { type: Known["type"]; data(tensor: TensorProto): number[] };
} = {
  [dataTypes.int64]: {
    type: "int64",
    data: ({ rawData, int64Data }) => {
      if (rawData.length === 0) return int64Data.map(Number);
      const bytes = aligned(rawData, 8);
      return Array.from(new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8), Number);
    },
  },
  [dataTypes.int32]: {
    type: "int32",
    data: ({ rawData, int32Data }) => {
      if (rawData.length === 0) return int32Data.map(Number);
      const bytes = aligned(rawData, 4);
      return Array.from(new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4));
    },
  },
  [dataTypes.bool]: {
    type: "bool",
    data: ({ rawData, int32Data }) => (rawData.length === 0 ? int32Data.map(Number) : Array.from(rawData)),
  },
};

const names: { readonly [type: number]: string } = {
  2: "uint8",
  3: "int8",
  8: "string",
  10: "float16",
  11: "double",
  16: "bfloat16",
};
export const typeName = (type: number): string => names[type] ?? `number ${type}`;

type Arithmetic = (a: number, b: number) => number;
/** Arithmetic on known numbers. */
const arithmetic: { readonly [op: string]: Arithmetic } = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Max: (a, b) => Math.max(a, b),
  Min: (a, b) => Math.min(a, b),
  Pow: (a, b) => a ** b,
  Mod: (a, b) => a - b * Math.floor(a / b),
  Equal: (a, b) => Number(a === b),
  Less: (a, b) => Number(a < b),
  Greater: (a, b) => Number(a > b),
  LessOrEqual: (a, b) => Number(a <= b),
  GreaterOrEqual: (a, b) => Number(a >= b),
  And: (a, b) => Number(a !== 0 && b !== 0),
  Or: (a, b) => Number(a !== 0 || b !== 0),
};

/** The same where one side or both are names; null where the result is neither a number nor a product of names. */
const onNames: { readonly [op: string]: (a: Dim, b: Dim) => Dim | null } = {
  Add: (a, b) => (a === 0 ? b : b === 0 ? a : null),
  Sub: (a, b) => (a === b ? 0 : b === 0 ? a : null),
  Mul: (a, b) => (a === 0 || b === 0 ? 0 : isNegative(a) || isNegative(b) ? null : productDim([a, b])),
  Div: quotient,
  Max: (a, b) => (a === b || isOneOrLess(b) ? a : isOneOrLess(a) ? b : null), // a size is at least 1
  Min: (a, b) => (a === b || isOneOrLess(a) ? a : isOneOrLess(b) ? b : null),
  Equal: (a, b) => (a === b ? 1 : isNone(a) || isNone(b) ? 0 : null),
};
const isNegative = (dim: Dim): boolean => typeof dim === "number" && dim < 0;
const isNone = (dim: Dim): boolean => typeof dim === "number" && dim < 1;
const isOneOrLess = (dim: Dim): boolean => typeof dim === "number" && dim <= 1;

/** a / b where b's factors are among a's; else null. */
function quotient(a: Dim, b: Dim): Dim | null {
  const [from, by] = [elements([a]), elements([b])];
  const names = [...from.names];
  for (const name of by.names) {
    const at = names.indexOf(name);
    if (at < 0) return null;
    names.splice(at, 1);
  }
  return Number.isInteger(from.known / by.known) ? productDim([from.known / by.known, ...names]) : null;
}

const gives = (op: string, type: Known["type"]): Known["type"] =>
  /^(Equal|Less|Greater|LessOrEqual|GreaterOrEqual|And|Or)$/u.test(op) ? "bool" : type;

/** An elementwise operation on known numbers, with broadcasting; null where it has no known result. */
export function calculate(op: string, a: Known, b: Known): Known | null {
  const shape = broadcastShapes(a.shape, b.shape).map(Number);
  const data: Dim[] = [];
  for (let i = 0; i < sizeOf(shape); i++) {
    const [x, y] = [a.data[broadcastIndex(i, shape, a.shape)] ?? 0, b.data[broadcastIndex(i, shape, b.shape)] ?? 0];
    const result = typeof x === "number" && typeof y === "number" ? arithmetic[op]?.(x, y) : onNames[op]?.(x, y);
    if (result === undefined || result === null) return null;
    const whole = op === "Div" && a.type !== "float32" && typeof result === "number";
    data.push(whole ? Math.trunc(result) : result);
  }
  return known(gives(op, a.type), shape, data);
}

/** Where element `i` of a broadcast result is read from. */
export function broadcastIndex(i: number, shape: readonly number[], from: readonly number[]): number {
  let [rest, index, stride] = [i, 0, 1];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 1;
    const own = from[axis - shape.length + from.length];
    if (own === undefined) break;
    if (own !== 1) index += (rest % size) * stride;
    stride *= own;
    rest = Math.floor(rest / size);
  }
  return index;
}
