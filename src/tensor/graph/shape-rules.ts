import { invariant } from "../../kernel/errors.ts";
import type { Inputs, OpKind, With } from "./operations.ts";
import { broadcastShapes, type Dim, elements, type ElementType, sameShape, type Shape, shapeText } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

export interface Ruled {
  readonly shape: Shape;
  readonly type: ElementType;
}
export type ShapeRule<K extends OpKind> = (inputs: Inputs<K>, attributes: With<K>) => Ruled;

export const shapeRuleOf = <K extends OpKind>(kind: K): ShapeRule<K> => shapeRules[kind];

const floats = (shape: Shape): Ruled => ({ shape, type: "float32" });
const isFloat = (...inputs: readonly Tensor[]): void => {
  for (const x of inputs) invariant(x.type === "float32", `an input of arithmetic is float32, not ${x.type}`);
};
const elementwise = ([x]: readonly [Tensor]): Ruled => (isFloat(x), floats(x.shape));
const broadcast = ([x, y]: readonly [Tensor, Tensor]): Ruled => (
  isFloat(x, y),
  floats(broadcastShapes(x.shape, y.shape))
);

function reduced(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  return keepDims ? shape.map((dim, i) => (axes.includes(i) ? 1 : dim)) : shape.filter((_, i) => !axes.includes(i));
}
const withDim = (shape: Shape, axis: number, change: (dim: number) => number): Shape =>
  shape.map((dim, i) => {
    if (i !== axis) return dim;
    invariant(typeof dim === "number", `axis ${axis} of ${shapeText(shape)} has a known size`);
    return change(dim);
  });

/** [.., rows, columns] of a matmul's side, after its transposition. */
function matrixOf(x: Tensor, transposed: boolean): { readonly lead: Shape; readonly rows: Dim; readonly columns: Dim } {
  invariant(x.rank >= 2, `a side of matmul has two axes or more, not ${shapeText(x.shape)}`);
  const [rows, columns] = transposed ? [x.dim(-1), x.dim(-2)] : [x.dim(-2), x.dim(-1)];
  return { lead: x.shape.slice(0, -2), rows, columns };
}

/** Shape and element type of each operation's output, from its inputs' and its attributes. */
export const shapeRules: { readonly [K in OpKind]: ShapeRule<K> } = {
  input: (_, { shape, type }) => ({ shape, type }),
  parameter: (_, { shape }) => floats(shape),
  constant: (_, { data, shape }) => ({
    shape,
    type: data instanceof Float32Array ? "float32" : data instanceof Int32Array ? "int32" : "int64",
  }),
  add: broadcast,
  sub: broadcast,
  mul: broadcast,
  div: broadcast,
  pow: broadcast,
  neg: elementwise,
  exp: elementwise,
  log: elementwise,
  sqrt: elementwise,
  erf: elementwise,
  tanh: elementwise,
  sigmoid: elementwise,
  relu: elementwise,
  gelu: elementwise,
  positive: elementwise,
  matmul: ([x, y], { transposeX, transposeY }) => {
    isFloat(x, y);
    const left = matrixOf(x, transposeX);
    const right = matrixOf(y, transposeY);
    invariant(left.columns === right.rows, `matmul fits: ${shapeText(x.shape)} and ${shapeText(y.shape)}`);
    return floats([...broadcastShapes(left.lead, right.lead), left.rows, right.columns]);
  },
  reshape: ([x], { shape }) => {
    const [before, after] = [elements(x.shape), elements(shape)];
    const same = before.known === after.known && before.names.join() === after.names.join();
    invariant(same, `${shapeText(x.shape)} reshapes to ${shapeText(shape)}`);
    return { shape, type: x.type };
  },
  transpose: ([x], { permutation }) => {
    const sorted = [...permutation].sort((a, b) => a - b);
    invariant(sorted.length === x.rank && sorted.every((axis, i) => axis === i), "a permutation names every axis once");
    return { shape: permutation.map((axis) => x.dim(axis)), type: x.type };
  },
  expand: ([x, like]) => {
    const fits = sameShape(broadcastShapes(x.shape, like.shape), like.shape);
    invariant(fits, `${shapeText(x.shape)} expands to ${shapeText(like.shape)}`);
    return { shape: like.shape, type: x.type };
  },
  reduceSum: ([x], { axes, keepDims }) => (isFloat(x), floats(reduced(x.shape, axes, keepDims))),
  reduceMean: ([x], { axes, keepDims }) => (isFloat(x), floats(reduced(x.shape, axes, keepDims))),
  count: () => floats([]),
  softmax: elementwise,
  logSoftmax: elementwise,
  softmaxCrossEntropy: ([logits, targets, weights]) => {
    isFloat(logits, targets, weights);
    const fits =
      logits.rank === 2 && sameShape(logits.shape, targets.shape) && sameShape(weights.shape, [logits.dim(0)]);
    invariant(
      fits,
      `cross-entropy takes [n, classes] twice and [n]: ${[logits, targets, weights].map((x) => shapeText(x.shape)).join(" ")}`,
    );
    return floats([]);
  },
  gatherRows: ([table, ids]) => {
    invariant(ids.type === "int64" || ids.type === "int32", "ids are integers");
    return { shape: [...ids.shape, ...table.shape.slice(1)], type: table.type };
  },
  scatterRows: ([values, ids, table]) => {
    const fits = sameShape(values.shape, [...ids.shape, ...table.shape.slice(1)]);
    invariant(fits, `rows ${shapeText(values.shape)} scatter into ${shapeText(table.shape)}`);
    return floats(table.shape);
  },
  concat: (parts, { axis }) => {
    const [first, ...rest] = parts;
    invariant(first !== undefined, "concat has parts");
    let total = 0;
    for (const part of parts) {
      const dim = part.dim(axis);
      const alike = part.rank === first.rank && part.shape.every((other, i) => i === axis || other === first.shape[i]);
      invariant(alike && typeof dim === "number", `${shapeText(first.shape)} and ${shapeText(part.shape)} concatenate`);
      total += dim;
    }
    invariant(
      rest.every((part) => part.type === first.type),
      "parts of concat have one type",
    );
    return { shape: withDim(first.shape, axis, () => total), type: first.type };
  },
  slice: ([x], { axis, from, to }) => ({
    shape: withDim(x.shape, axis, (dim) => {
      invariant(0 <= from && from < to && to <= dim, `a slice ${from}..${to} lies inside ${dim}`);
      return to - from;
    }),
    type: x.type,
  }),
  pad: ([x], { axis, before, after }) => (isFloat(x), floats(withDim(x.shape, axis, (dim) => before + dim + after))),
  cast: ([x], { to }) => ({ shape: x.shape, type: to }),
  oneHot: ([ids], { classes }) => floats([...ids.shape, classes]),
  argMax: ([x], { axis }) => ({ shape: reduced(x.shape, [axis], false), type: "int64" }),
  equal: ([x, y]) => {
    invariant(x.type === y.type, "both sides of equal have one type");
    return { shape: broadcastShapes(x.shape, y.shape), type: "bool" };
  },
};
