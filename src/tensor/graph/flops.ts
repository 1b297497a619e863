import type { OpKind } from "./operations.ts";
import { resolveShape, type Shape, type Sizes, sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Operations that move numbers about or look them up. */
const still: ReadonlySet<OpKind> = new Set<OpKind>([
  ...(["input", "parameter", "constant", "pick", "count", "positions", "cast", "oneHot"] as const),
  ...([
    "reshape",
    "reshapeLike",
    "transpose",
    "expand",
    "expandTo",
    "concat",
    "append",
    "split",
    "slice",
    "pad",
    "unslice",
  ] as const),
  ...(["gatherRows", "gather", "gatherElements"] as const),
]);

type Cost = (x: Tensor, count: (shape: Shape) => number) => number;

/** What a product, a convolution or a recurrent layer multiplies; all others cost about their elements. */
const products: { readonly [K in OpKind]?: Cost } = {
  matmul: (x, count) => {
    const [left] = x.inputs;
    const transposed = "transposeX" in x.with && x.with.transposeX;
    return 2 * count(x.shape) * count([left?.dim(transposed ? -2 : -1) ?? 1]);
  },
  conv: (x, count) => 2 * count(x.shape) * perFilter(x, count),
  convMaxPool: (x, count) => {
    const window = "window" in x.with ? x.with.window : [];
    return 2 * count(x.shape) * count(window) * perFilter(x, count); // the whole convolution, of which the largest stay
  },
  lstm: (x, count) => recurrentCost(x, count),
  gru: (x, count) => recurrentCost(x, count),
};

/** Numbers that meet in one output of a convolution: kernel [filters, channels / groups, ...size]. */
const perFilter = ({ inputs: [, kernel] }: Tensor, count: (shape: Shape) => number): number =>
  count(kernel?.shape.slice(1) ?? []);

/** x [length, batch, n] by kernel [gates, n] and, for each step, h by recurrent [gates, h]. */
const recurrentCost: Cost = ({ inputs: [x, kernel, recurrent] }, count) => {
  const steps = count(x?.shape.slice(0, 2) ?? []);
  return 2 * steps * (count(kernel?.shape ?? []) + count(recurrent?.shape ?? []));
};

/**
 * Floating-point operations of computing x from its inputs: two for each multiplication whose result is added up; of every
 * other operation, one for each element it reads or makes, whichever are more.
 */
export function flopsOf(x: Tensor, sizes: Sizes): number {
  if (still.has(x.kind)) return 0;
  const count = (shape: Shape): number => sizeOf(resolveShape(shape, sizes));
  const product = products[x.kind];
  return product ? product(x, count) : Math.max(count(x.shape), ...x.inputs.map(({ shape }) => count(shape)));
}
