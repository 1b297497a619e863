import type { OpKind, PerInput } from "./operations.ts";
import { broadcastAxes, type Shape } from "./shape.ts";
import { constant, scatterRows, type Tensor } from "./tensor.ts";

/** From d loss / d y, one d loss / d x for each input x of y; null where none flows. */
export type GradientRule<K extends OpKind> = (y: Tensor<K>, g: Tensor) => PerInput<K, Tensor | null>;

export const gradientRuleOf = <K extends OpKind>(kind: K): GradientRule<K> => gradientRules[kind];

/** Undoes broadcasting: sums g over the axes along which `shape` was repeated. */
function sumTo(g: Tensor, shape: Shape): Tensor {
  const axes = broadcastAxes(g.shape, shape);
  return axes.length === 0 ? g : g.sum(axes).reshape(shape);
}

/** The shape a reduction had with its reduced axes kept as 1. */
const keptShape = (shape: Shape, axes: readonly number[]): Shape => shape.map((dim, i) => (axes.includes(i) ? 1 : dim));

const twoOverRootPi = 2 / Math.sqrt(Math.PI);
const rootHalf = Math.SQRT1_2;
const densityAtZero = 1 / Math.sqrt(2 * Math.PI);

export const gradientRules: { readonly [K in OpKind]: GradientRule<K> } = {
  input: () => [],
  parameter: () => [],
  constant: () => [],
  add: ({ inputs: [x, y] }, g) => [sumTo(g, x.shape), sumTo(g, y.shape)],
  sub: ({ inputs: [x, y] }, g) => [sumTo(g, x.shape), sumTo(g.neg(), y.shape)],
  mul: ({ inputs: [x, y] }, g) => [sumTo(g.mul(y), x.shape), sumTo(g.mul(x), y.shape)], // d(xy) = y dx + x dy
  div: (q, g) => {
    const [x, y] = q.inputs;
    const dx = g.div(y);
    return [sumTo(dx, x.shape), sumTo(dx.mul(q).neg(), y.shape)]; // d(x/y) = dx/y - (x/y) dy/y
  },
  pow: (p, g) => {
    const [x, y] = p.inputs; // d(x^y) = y x^(y-1) dx + x^y ln x dy
    return [sumTo(g.mul(y).mul(x.pow(y.sub(1))), x.shape), sumTo(g.mul(p).mul(x.log()), y.shape)];
  },
  neg: (_, g) => [g.neg()],
  exp: (y, g) => [g.mul(y)],
  log: ({ inputs: [x] }, g) => [g.div(x)],
  sqrt: (y, g) => [g.div(y).mul(0.5)],
  erf: ({ inputs: [x] }, g) => [g.mul(x.square().neg().exp()).mul(twoOverRootPi)], // 2/√π e^(-x²)
  tanh: (y, g) => [g.mul(constant(1).sub(y.square()))], //                          1 - tanh²
  sigmoid: (y, g) => [g.mul(y).mul(constant(1).sub(y))], //                         s (1 - s)
  relu: (y, g) => [g.mul(y.positive())], //                                             0/1 mask from the output
  gelu: ({ inputs: [x] }, g) => {
    const below = x.mul(rootHalf).erf().add(1).mul(0.5); //                         Φ(x)
    const density = x.square().mul(-0.5).exp().mul(densityAtZero); //               φ(x)
    return [g.mul(below.add(x.mul(density)))]; //                                   Φ(x) + x φ(x)
  },
  positive: () => [null],
  matmul: ({ inputs: [x, y], with: { transposeX, transposeY } }, g) => {
    if (!transposeX && x.rank > 2 && y.rank === 2) {
      // [..., m, k] · [k, n]: one product over all rows instead of one per leading index and a sum
      const [rows, g2] = [x.flattenRows(), g.flattenRows()];
      const dy = transposeY ? g2.matmul(rows, { transposeX: true }) : rows.matmul(g2, { transposeX: true });
      return [g.matmul(y, { transposeY: !transposeY }), dy];
    }
    const dx = transposeX
      ? y.matmul(g, { transposeX: transposeY, transposeY: true }) // x = aᵀ: da = op(y) gᵀ
      : g.matmul(y, { transposeY: !transposeY }); //                dx = g op(y)ᵀ
    const dy = transposeY
      ? g.matmul(x, { transposeX: true, transposeY: transposeX }) // y = bᵀ: db = gᵀ op(x)
      : x.matmul(g, { transposeX: !transposeX }); //                dy = op(x)ᵀ g
    return [sumTo(dx, x.shape), sumTo(dy, y.shape)];
  },
  reshape: ({ inputs: [x] }, g) => [g.reshape(x.shape)],
  transpose: ({ with: { permutation } }, g) => [g.transpose(permutation.map((_, i) => permutation.indexOf(i)))],
  expand: ({ inputs: [x] }, g) => [sumTo(g, x.shape), null],
  reduceSum: ({ inputs: [x], with: { axes } }, g) => [g.reshape(keptShape(x.shape, axes)).expand(x)],
  reduceMean: ({ inputs: [x], with: { axes } }, g) => [
    g.div(x.count(axes)).reshape(keptShape(x.shape, axes)).expand(x),
  ],
  count: () => [null],
  softmax: (y, g) => {
    const weighted = g.mul(y); // dx = y (g - Σ g y)
    return [weighted.sub(y.mul(weighted.sum([y.with.axis], true)))];
  },
  logSoftmax: (y, g) => [g.sub(y.exp().mul(g.sum([y.with.axis], true)))], // dx = g - softmax Σ g
  softmaxCrossEntropy: ({ inputs: [logits, targets, weights], with: { labelSmoothing: s, classes } }, g) => {
    const smooth = s === 0 ? targets : targets.mul(1 - s).add(s / classes);
    const column = weights.div(weights.sum()).reshape([logits.dim(0), 1]); //       [n, 1]
    return [logits.logSoftmax().exp().sub(smooth).mul(column).mul(g), null, null];
  },
  gatherRows: ({ inputs: [table, ids] }, g) => [scatterRows(g, ids, table), null],
  scatterRows: ({ inputs: [, ids] }, g) => [g.gatherRows(ids), null, null],
  concat: ({ inputs: parts, with: { axis } }, g) => {
    let at = 0;
    return parts.map((part) => {
      const from = at;
      at += Number(part.dim(axis));
      return g.slice(axis, from, at);
    });
  },
  slice: ({ inputs: [x], with: { axis, from, to } }, g) => [g.pad(axis, from, Number(x.dim(axis)) - to)],
  pad: ({ with: { axis, before, after } }, g) => [g.slice(axis, before, Number(g.dim(axis)) - after)],
  cast: ({ inputs: [x], with: { to } }, g) => [x.type === "float32" && to === "float32" ? g : null],
  oneHot: () => [null],
  argMax: () => [null],
  equal: () => [null, null],
};
