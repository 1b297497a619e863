import { constant, type Tensor } from "../graph/tensor.ts";
import { calculate, type Known, known } from "./constants.ts";
import { type ForeignNode, type Imported, isKnown, typeOf } from "./node.ts";
import type { Rules } from "./rules.ts";

type Two = (x: Tensor, y: Tensor) => Tensor;
type One = (x: Tensor) => Tensor;

/** Numbers known on both sides are calculated now, all others when a session runs. */
function binary(apply: Two, options: { readonly typed?: boolean } = {}) {
  return (node: ForeignNode): Imported => {
    const [left, right] = [node.known(0), node.known(1)];
    const result = left && right ? calculate(node.op, left, right) : null;
    if (result) return result;
    const [x, y] = [node.tensor(0), node.tensor(1)];
    return options.typed ? apply(x, y) : inFloats(x.type, [x, y], apply);
  };
}

/** Arithmetic is float32: integers up to 2^24 pass through it exactly. */
function inFloats<List extends readonly Tensor[]>(
  type: Tensor["type"],
  list: List,
  apply: (...list: List) => Tensor,
): Tensor {
  if (type === "float32") return apply(...list);
  const floats = list.map((x) => x.cast("float32")) as unknown as List;
  return apply(...floats).cast(type);
}

function compared(apply: Two) {
  return binary((x, y) => apply(x.cast("float32"), y.cast("float32")), { typed: true });
}

/** A function of one number, and the same for numbers known by now. */
function unary(apply: One, now?: (x: number) => number) {
  return (node: ForeignNode): Imported => {
    const x = node.input(0);
    if (isKnown(x) && now && x.data.every((value) => typeof value === "number")) {
      return known(
        x.type,
        x.shape,
        x.data.map((value) => (typeof value === "number" ? now(value) : value)),
      );
    }
    const tensor = node.tensor(0);
    return inFloats(tensor.type, [tensor], apply);
  };
}

/** Minimum or maximum of any number of inputs. */
function variadic(apply: Two) {
  return (node: ForeignNode): Imported => {
    if (node.count === 2) return binary(apply)(node);
    const parts = Array.from({ length: node.count }, (_, i) => node.tensor(i));
    return inFloats(parts[0]?.type ?? "float32", parts, (...list) => list.reduce(apply));
  };
}

const whole = new Set([2, 3, 4]);
function power(node: ForeignNode): Imported {
  const exponent = node.known(1);
  const known0 = node.known(0);
  if (exponent && known0) return binary((x, y) => x.pow(y))(node);
  const x = node.tensor(0);
  const [value] = exponent?.data ?? [];
  if (exponent?.data.length !== 1 || typeof value !== "number") return x.pow(node.tensor(1).cast("float32"));
  if (value === 1) return x;
  if (value === 0.5) return x.sqrt();
  if (whole.has(value)) return Array.from({ length: value - 1 }).reduce((product: Tensor) => product.mul(x), x);
  return x.pow(value);
}

const types: { readonly [type: number]: Known["type"] } = { 1: "float32", 6: "int32", 7: "int64", 9: "bool" };

function cast(node: ForeignNode): Imported {
  const type = types[node.int("to", 0)];
  if (!type) throw node.refusal("casts to a type other than float32, int32, int64 and bool");
  const x = node.input(0);
  if (!isKnown(x)) return x.cast(type);
  const numeric = x.data.every((value) => typeof value === "number");
  if (type === "float32" && !numeric) return node.tensor(0).cast("float32");
  const turn = (value: number): number =>
    type === "bool" ? Number(value !== 0) : type === "float32" ? value : Math.trunc(value);
  return known(
    type,
    x.shape,
    x.data.map((value) => (typeof value === "number" ? turn(value) : value)),
  );
}

function where(node: ForeignNode): Imported {
  const [condition, x, y] = [node.known(0), node.known(1), node.known(2)];
  if (condition && x && y && condition.data.length === x.data.length && x.data.length === y.data.length) {
    return known(
      x.type,
      condition.shape,
      condition.data.map((holds, i) => (holds ? x.data[i] : y.data[i]) ?? 0),
    );
  }
  const [then, other] = [node.tensor(1), node.tensor(2)];
  return inFloats(then.type, [then, other], (a, b) => node.tensor(0).where(a, b));
}

function clip(node: ForeignNode): Imported {
  const bound = (name: string, i: number, open: number): number =>
    node.attribute(name)?.f ?? (node.has(i) ? node.scalar(i) : open);
  const x = node.tensor(0);
  return inFloats(x.type, [x], (floats) => floats.clip(bound("min", 1, -3.4028234e38), bound("max", 2, 3.4028234e38)));
}

function gelu(node: ForeignNode): Tensor {
  const x = node.tensor(0);
  return node.text("approximate", "none") === "tanh" ? tanhGelu(x) : x.gelu();
}

/** 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))): Hendrycks and Gimpel 2016, arXiv:1606.08415. */
export function tanhGelu(x: Tensor): Tensor {
  const inner = x.add(x.mul(x).mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
  return x.mul(0.5).mul(inner.tanh().add(1));
}

/** Elementwise operations of foreign graphs. */
export const arithmetic: Rules = {
  Add: binary((x, y) => x.add(y)),
  Sub: binary((x, y) => x.sub(y)),
  Mul: binary((x, y) => x.mul(y)),
  Div: binary((x, y) => x.div(y)),
  Pow: power,
  Max: variadic((x, y) => x.maximum(y)),
  Min: variadic((x, y) => x.minimum(y)),
  Mod: binary((x, y) => x.sub(y.mul(floor(x.div(y))))),
  Sum: (node) => Array.from({ length: node.count }, (_, i) => node.tensor(i)).reduce((sum, x) => sum.add(x)),
  Neg: unary(
    (x) => x.neg(),
    (x) => -x,
  ),
  Abs: unary((x) => x.abs(), Math.abs),
  Exp: unary((x) => x.exp(), Math.exp),
  Log: unary((x) => x.log(), Math.log),
  Sqrt: unary((x) => x.sqrt(), Math.sqrt),
  Reciprocal: unary(
    (x) => constant(1).div(x),
    (x) => 1 / x,
  ),
  Floor: unary(floor, Math.floor),
  Ceil: unary((x) => floor(x.neg()).neg(), Math.ceil),
  Sign: unary((x) => x.sign(), Math.sign),
  Erf: unary((x) => x.erf()),
  Tanh: unary((x) => x.tanh(), Math.tanh),
  Sigmoid: unary((x) => x.sigmoid()),
  Relu: unary((x) => x.relu()),
  LeakyRelu: (node) => node.tensor(0).leakyRelu(node.float("alpha", 0.01)),
  Softplus: unary((x) => x.softplus()),
  Gelu: gelu,
  Clip: clip,
  Cast: cast,
  Where: where,
  Equal: (node) =>
    (typeOf(node.input(0)) === "int64"
      ? binary((x, y) => x.equal(y), { typed: true })
      : compared((x, y) => x.equal(y)))(node),
  Less: compared((x, y) => x.less(y)),
  LessOrEqual: compared((x, y) => x.lessOrEqual(y)),
  Greater: compared((x, y) => x.greater(y)),
  GreaterOrEqual: compared((x, y) => x.greaterOrEqual(y)),
  And: binary((x, y) => x.and(y), { typed: true }),
  Or: binary((x, y) => x.or(y), { typed: true }),
  Not: (node) => node.tensor(0).not(),
};

/** By way of int64, which truncates: for x < 0 that is not a whole number, one less. */
function floor(x: Tensor): Tensor {
  const cut = x.cast("int64").cast("float32");
  return cut.sub(cut.greater(x).cast("float32"));
}
