import type { OpKind } from "./operations.ts";
import { reshapesAlone } from "./operations/shaping.ts";
import { elements, sameShape } from "./shape.ts";
import { constant, isKind, make, type Tensor } from "./tensor.ts";
import { topological } from "./topological.ts";

type Graph = { readonly [name: string]: Tensor };
/** Another tensor with the same numbers that costs less, if there is one. Its inputs are simplified already. */
type Rule<K extends OpKind> = (y: Tensor<K>) => Tensor | undefined;

/**
 * The same outputs from a smaller graph, before the runtime sees it: equal operations are one, what only constants go into
 * is computed, identities of arithmetic and shape are used. Numbers may differ in the last bit where scalar factors were
 * joined. x · 0 stays, since it is not 0 for every x.
 */
export function simplified(outputs: Graph): Graph {
  const better = new Map<Tensor, Tensor>();
  const known = new Map<string, Tensor>();
  const ids = new Map<Tensor, number>();
  /** The first tensor that computes the same from the same. */
  const unique = (x: Tensor): Tensor => {
    const key = keyOf(x, ids);
    const found = known.get(key) ?? x;
    known.set(key, found);
    if (!ids.has(found)) ids.set(found, ids.size);
    return found;
  };
  for (const x of topological(Object.values(outputs))) {
    const inputs = x.inputs.map((input) => better.get(input) ?? input);
    const same = inputs.every((input, i) => input === x.inputs[i]);
    let now = unique(same ? x : withInputs(x, inputs));
    for (let next = apply(now); next && sameShape(next.shape, x.shape); next = apply(now)) {
      // a rule may make more than one node: those inside were not seen before
      for (const inner of topological([next])) if (!ids.has(inner)) unique(inner);
      now = unique(next);
    }
    better.set(x, now);
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, x]) => [name, better.get(x) ?? x]));
}

const withInputs = (x: Tensor, inputs: readonly Tensor[]): Tensor => make(x.kind, inputs as Tensor["inputs"], x.with);

function apply(y: Tensor): Tensor | undefined {
  const rule = rules[y.kind] as Rule<OpKind> | undefined;
  return folded(y) ?? rule?.(y);
}

/** Constants of many numbers are known by what they are, all else by what it does to what. */
function keyOf(x: Tensor, ids: Map<Tensor, number>): string {
  if (isConstant(x)) {
    const { data, shape } = x.with;
    return data.length > 64 ? `data ${identify(x, ids)}` : `${data.constructor.name} ${shape.join()} ${data.join()}`;
  }
  return `${x.kind} ${x.inputs.map((input) => identify(input, ids)).join()} ${JSON.stringify(x.with)}`;
}

function identify(x: Tensor, ids: Map<Tensor, number>): number {
  const id = ids.get(x) ?? ids.size;
  ids.set(x, id);
  return id;
}

const isConstant = (x: Tensor | undefined): x is Tensor<"constant"> => isKind(x, "constant");

/** The number of a float32 scalar constant. */
const scalarOf = (x: Tensor): number | undefined =>
  isConstant(x) && x.rank === 0 && x.type === "float32" ? Number(x.with.data[0]) : undefined;

const unary: { readonly [K in OpKind]?: (x: number) => number } = {
  neg: (x) => -x,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  tanh: Math.tanh,
};
const binary: { readonly [K in OpKind]?: (x: number, y: number) => number } = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  pow: (x, y) => x ** y,
};

/** What scalars alone go into is a scalar. */
function folded({ kind, inputs: [x, y] }: Tensor): Tensor | undefined {
  const a = x && scalarOf(x);
  if (a === undefined) return undefined;
  if (!y) return unary[kind] && constant(unary[kind](a));
  const b = scalarOf(y);
  return b === undefined || !binary[kind] ? undefined : constant(binary[kind](a, b));
}

const rules: { readonly [K in OpKind]?: Rule<K> } = {
  add: ({ inputs: [x, y] }) => {
    if (scalarOf(y) === 0) return x;
    if (scalarOf(x) === 0) return y;
    if (isKind(y, "neg")) return x.sub(y.inputs[0]);
    return isKind(x, "neg") ? y.sub(x.inputs[0]) : unexpanded("add", x, y);
  },
  sub: ({ inputs: [x, y] }) => {
    if (scalarOf(y) === 0) return x;
    return isKind(y, "neg") ? x.add(y.inputs[0]) : unexpanded("sub", x, y);
  },
  mul: ({ inputs: [x, y] }) => {
    const [left, right] = [scalarOf(x), scalarOf(y)];
    if (left !== undefined) return right === undefined ? y.mul(x) : undefined; // the number goes to the right
    if (right === 1) return x;
    if (right === -1) return x.neg();
    if (right !== undefined) return joined(x, right);
    if (isKind(x, "neg") && isKind(y, "neg")) return x.inputs[0].mul(y.inputs[0]);
    return unexpanded("mul", x, y);
  },
  div: ({ inputs: [x, y] }) => {
    if (scalarOf(y) === 1) return x;
    if (isKind(x, "neg") && isKind(y, "neg")) return x.inputs[0].div(y.inputs[0]);
    return unexpanded("div", x, y);
  },
  neg: ({ inputs: [x] }) => {
    if (isKind(x, "neg")) return x.inputs[0];
    return isKind(x, "sub") ? x.inputs[1].sub(x.inputs[0]) : undefined;
  },
  pow: ({ inputs: [x, y] }) => {
    const power = scalarOf(y);
    if (power === 1) return x;
    if (power === 2) return x.square();
    return power === 0.5 ? x.sqrt() : undefined;
  },
  reshape: ({ inputs: [x], shape }) => {
    if (sameShape(x.shape, shape)) return x;
    const inner = isKind(x, "reshape") ? x.inputs[0] : undefined;
    const mayJoin = inner && elements(shape).known !== 0 && reshapesAlone(inner.shape, shape); // a size of 0 stands beside no copied one
    return mayJoin ? inner.reshape(shape) : undefined;
  },
  transpose: ({ inputs: [x], with: { permutation } }) => {
    if (permutation.every((axis, i) => axis === i)) return x;
    if (!isKind(x, "transpose")) return undefined;
    return x.inputs[0].transpose(permutation.map((axis) => x.with.permutation[axis] ?? axis));
  },
  expand: ({ inputs: [x], shape }) => (sameShape(x.shape, shape) ? x : undefined),
  cast: ({ inputs: [x], with: { to } }) => (x.type === to ? x : undefined),
  reduceSum: ({ inputs: [x], with: { axes } }) => (axes.length === 0 ? x : undefined),
  reduceMean: ({ inputs: [x], with: { axes } }) => (axes.length === 0 ? x : undefined),
};

/** (x · a) · b and (x / a) · b as one product; (-x) · b as x · -b. */
function joined(x: Tensor, factor: number): Tensor | undefined {
  if (isKind(x, "neg")) return x.inputs[0].mul(-factor);
  if (!isKind(x, "mul")) return undefined;
  const inner = scalarOf(x.inputs[1]);
  return inner === undefined ? undefined : x.inputs[0].mul(inner * factor);
}

/** Arithmetic broadcasts by itself: an expanded side is not needed where the other has the whole shape. */
function unexpanded(kind: "add" | "sub" | "mul" | "div", x: Tensor, y: Tensor): Tensor | undefined {
  if (isKind(x, "expand") && sameShape(y.shape, x.shape)) return make(kind, [x.inputs[0], y], {});
  if (isKind(y, "expand") && sameShape(x.shape, y.shape)) return make(kind, [x, y.inputs[0]], {});
  return undefined;
}
