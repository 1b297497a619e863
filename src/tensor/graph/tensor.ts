import { invariant, must } from "../../kernel/errors.ts";
import { type Inputs, type OpKind, rulesOf, type With } from "./operations.ts";
import type { Make, Ruled } from "./operations/operation.ts";
import { reshapesAlone } from "./operations/shaping.ts";
import { axisOf, type Dim, type ElementType, productDim, sameShape, type Shape, sizeOf } from "./shape.ts";

/** What arithmetic accepts beside tensors: a number becomes a float32 constant. */
export type Operand = Tensor | number;

/** A node of a symbolic graph: an operation on other nodes, its shape and element type. It holds no numbers. */
export class Tensor<K extends OpKind = OpKind> {
  readonly kind: K;
  readonly inputs: Inputs<K>;
  readonly with: With<K>;
  readonly shape: Shape;
  readonly type: ElementType;
  /** Whether the operation has several outputs: then only `pick` reads it, and `shape` and `type` are the first one's. */
  readonly several: boolean;
  readonly outputs: readonly Ruled[];

  constructor(kind: K, inputs: Inputs<K>, attributes: With<K>) {
    this.kind = kind;
    this.inputs = inputs;
    this.with = attributes;
    const single = kind === "pick" || inputs.every((input) => !input.several);
    invariant(single, `${kind} reads one of several outputs by pick`);
    const ruled: Ruled | readonly Ruled[] = rulesOf(kind).shape(inputs, attributes);
    this.several = isList(ruled);
    this.outputs = isList(ruled) ? ruled : [ruled];
    const first = must(this.outputs[0], `${kind} has an output`);
    this.shape = first.shape;
    this.type = first.type;
  }

  get rank(): number {
    return this.shape.length;
  }

  /** Output `index` of an operation with several. */
  pick(index: number): Tensor {
    return new Tensor("pick", [this], { index });
  }
  /** The dimension of an axis; negative axes count from the end. */
  dim(axis: number): Dim {
    return this.shape[axisOf(axis, this.rank)] ?? 1;
  }

  add(y: Operand): Tensor {
    return new Tensor("add", [this, operand(y)], {});
  }
  sub(y: Operand): Tensor {
    return new Tensor("sub", [this, operand(y)], {});
  }
  mul(y: Operand): Tensor {
    return new Tensor("mul", [this, operand(y)], {});
  }
  div(y: Operand): Tensor {
    return new Tensor("div", [this, operand(y)], {});
  }
  pow(y: Operand): Tensor {
    return new Tensor("pow", [this, operand(y)], {});
  }
  square(): Tensor {
    return this.mul(this);
  }
  neg(): Tensor {
    return new Tensor("neg", [this], {});
  }
  exp(): Tensor {
    return new Tensor("exp", [this], {});
  }
  log(): Tensor {
    return new Tensor("log", [this], {});
  }
  sqrt(): Tensor {
    return new Tensor("sqrt", [this], {});
  }
  erf(): Tensor {
    return new Tensor("erf", [this], {});
  }
  tanh(): Tensor {
    return new Tensor("tanh", [this], {});
  }
  sigmoid(): Tensor {
    return new Tensor("sigmoid", [this], {});
  }
  relu(): Tensor {
    return new Tensor("relu", [this], {});
  }
  /** x · Φ(x), by the error function. */
  gelu(): Tensor {
    return new Tensor("gelu", [this], {});
  }
  /** 1 where x > 0, else 0; its gradient is zero everywhere. */
  positive(): Tensor {
    return new Tensor("positive", [this], {});
  }
  abs(): Tensor {
    return new Tensor("abs", [this], {});
  }
  /** -1, 0 or 1; its gradient is zero everywhere. */
  sign(): Tensor {
    return new Tensor("sign", [this], {});
  }
  /** x where x > 0, else slope · x. */
  leakyRelu(slope = 0.01): Tensor {
    return new Tensor("leakyRelu", [this], { slope });
  }
  /** x · sigmoid(x). */
  silu(): Tensor {
    return this.mul(this.sigmoid());
  }
  /** ln(1 + e^x), without overflow. */
  softplus(): Tensor {
    return new Tensor("softplus", [this], {});
  }
  /** The larger of two, number by number; where they are equal, the gradient is this one's. */
  maximum(y: Operand): Tensor {
    return new Tensor("maximum", [this, operand(y)], {});
  }
  minimum(y: Operand): Tensor {
    return new Tensor("minimum", [this, operand(y)], {});
  }
  /** Numbers below `min` become `min`, those above `max` become `max`; their gradient is zero. */
  clip(min: number, max: number): Tensor {
    return new Tensor("clip", [this], { min, max });
  }
  /** [..., m, k] · [..., k, n] → [..., m, n]; each side may be read transposed. */
  matmul(y: Tensor, options: { readonly transposeX?: boolean; readonly transposeY?: boolean } = {}): Tensor {
    const { transposeX = false, transposeY = false } = options;
    return new Tensor("matmul", [this, y], { transposeX, transposeY });
  }
  /** Where more than one dimension stays open, `like` has them: [batch*length, 4] → [batch, length, 4]. */
  reshape(shape: Shape, like?: Tensor): Tensor {
    if (sameShape(shape, this.shape)) return this;
    if (!like || reshapesAlone(this.shape, shape)) return new Tensor("reshape", [this], { shape });
    return new Tensor("reshapeLike", [this, like], { shape });
  }
  /** [..., n] → [rows, n] with all leading axes in one. */
  flattenRows(): Tensor {
    return this.reshape([productDim(this.shape.slice(0, -1)), this.dim(-1)]);
  }
  /** Without a permutation the axes are reversed. */
  transpose(permutation: readonly number[] = [...this.shape.keys()].reverse()): Tensor {
    return new Tensor("transpose", [this], { permutation });
  }
  /** This tensor broadcast to the shape of `like`. */
  expand(like: Tensor): Tensor {
    return sameShape(this.shape, like.shape) ? this : new Tensor("expand", [this, like], {});
  }
  /** This tensor broadcast to a shape whose names are dimensions of `like`. */
  expandTo(shape: Shape, like: Tensor): Tensor {
    return sameShape(this.shape, shape) ? this : new Tensor("expandTo", [this, like], { shape });
  }
  /** Without axes, over all of them. */
  sum(axes: readonly number[] = [...this.shape.keys()], keepDims = false): Tensor {
    return new Tensor("reduceSum", [this], { axes: axes.map((axis) => axisOf(axis, this.rank)), keepDims });
  }
  mean(axes: readonly number[] = [...this.shape.keys()], keepDims = false): Tensor {
    return new Tensor("reduceMean", [this], { axes: axes.map((axis) => axisOf(axis, this.rank)), keepDims });
  }
  /** The largest number along the axes, by default of all; where several are equal, they share the gradient. */
  max(axes: readonly number[] = [...this.shape.keys()], keepDims = false): Tensor {
    return new Tensor("reduceMax", [this], { axes: axes.map((axis) => axisOf(axis, this.rank)), keepDims });
  }
  min(axes: readonly number[] = [...this.shape.keys()], keepDims = false): Tensor {
    return new Tensor("reduceMin", [this], { axes: axes.map((axis) => axisOf(axis, this.rank)), keepDims });
  }
  count(axes: readonly number[]): Tensor {
    return new Tensor("count", [this], { axes: axes.map((axis) => axisOf(axis, this.rank)) });
  }
  softmax(axis = -1): Tensor {
    return new Tensor("softmax", [this], { axis: axisOf(axis, this.rank) });
  }
  logSoftmax(axis = -1): Tensor {
    return new Tensor("logSoftmax", [this], { axis: axisOf(axis, this.rank) });
  }
  /** Rows of this table by id. */
  gatherRows(ids: Tensor): Tensor {
    return new Tensor("gatherRows", [this, ids], {});
  }
  /** Slices of one axis by id: [...before, n, ...after] and ids [...any] → [...before, ...any, ...after]. */
  gather(ids: Tensor, axis: number): Tensor {
    return new Tensor("gather", [this, ids], { axis: axisOf(axis, this.rank) });
  }
  /** One number for each id: y[..., i, ...] = x[..., ids[..., i, ...], ...], with ids of the same rank. */
  gatherElements(ids: Tensor, axis: number): Tensor {
    return new Tensor("gatherElements", [this, ids], { axis: axisOf(axis, this.rank) });
  }
  /**
   * Elements `from` up to, not including, `to` of one axis, by default to its end; with a step, every `step`-th of them.
   * Numbers below zero count from the end, also where the size is not known; such an axis is taken to be long enough.
   */
  slice(axis: number, from: number, to: number = Infinity, step = 1): Tensor {
    const at = axisOf(axis, this.rank);
    const dim = this.shape[at];
    const known = (place: number): number =>
      typeof dim !== "number" ? place : place < 0 ? place + dim : place === Infinity ? dim : place;
    return new Tensor("slice", [this], { axis: at, from: known(from), to: known(to), step });
  }
  /** Parts of these sizes along one axis, which they fill. */
  split(axis: number, sizes: readonly number[]): Tensor[] {
    const parts = new Tensor("split", [this], { axis: axisOf(axis, this.rank), sizes });
    return sizes.map((_, i) => parts.pick(i));
  }
  /** Zeros before and after along one axis. */
  pad(axis: number, before: number, after: number): Tensor {
    return new Tensor("pad", [this], { axis: axisOf(axis, this.rank), before, after });
  }
  cast(to: ElementType): Tensor {
    return to === this.type ? this : new Tensor("cast", [this], { to });
  }
  /** ids [...any] → float32 [...any, classes]; an id outside 0..classes-1 is not checked here. */
  oneHot(classes: number): Tensor {
    return new Tensor("oneHot", [this], { classes });
  }
  /** 0, 1, 2, … along an axis: int64 [size of the axis]. */
  positions(axis: number): Tensor {
    return new Tensor("positions", [this], { axis: axisOf(axis, this.rank) });
  }
  /** int64 positions of the largest elements of an axis; the axis is removed. */
  argMax(axis = -1): Tensor {
    return new Tensor("argMax", [this], { axis: axisOf(axis, this.rank) });
  }
  equal(y: Operand): Tensor {
    return new Tensor("equal", [this, operand(y)], {});
  }
  less(y: Operand): Tensor {
    return new Tensor("less", [this, operand(y)], {});
  }
  lessOrEqual(y: Operand): Tensor {
    return new Tensor("lessOrEqual", [this, operand(y)], {});
  }
  greater(y: Operand): Tensor {
    return new Tensor("greater", [this, operand(y)], {});
  }
  greaterOrEqual(y: Operand): Tensor {
    return new Tensor("greaterOrEqual", [this, operand(y)], {});
  }
  and(y: Tensor): Tensor {
    return new Tensor("and", [this, y], {});
  }
  or(y: Tensor): Tensor {
    return new Tensor("or", [this, y], {});
  }
  not(): Tensor {
    return new Tensor("not", [this], {});
  }
  /** Of this condition: x where it holds, else y. */
  where(x: Operand, y: Operand): Tensor {
    return new Tensor("where", [this, operand(x), operand(y)], {});
  }
}

/** A value that is fed when a session runs. */
export function input(name: string, shape: Shape, type: ElementType = "float32"): Tensor {
  return new Tensor("input", [], { name, shape, type });
}

/** A trained value: fed while training, part of the file when exported. */
export function parameter(name: string, shape: Shape): Tensor {
  return new Tensor("parameter", [], { name, shape });
}

export function constant(
  value: number | readonly number[] | Float32Array | Int32Array | BigInt64Array,
  shape?: readonly number[],
): Tensor {
  const data =
    typeof value === "number" ? Float32Array.of(value) : Array.isArray(value) ? Float32Array.from(value) : value;
  const dims = shape ?? (typeof value === "number" ? [] : [value.length]);
  const typed = data as Float32Array | Int32Array | BigInt64Array;
  invariant(sizeOf(dims) === typed.length, `a constant of shape [${dims.join(", ")}] has as many numbers`);
  return new Tensor("constant", [], { data: typed, shape: dims });
}

export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const first = parts[0];
  invariant(first !== undefined, "concat has parts");
  return new Tensor("concat", parts, { axis: axisOf(axis, first.rank) });
}

/** Adds `values` [...any, ...width] into rows `ids` of zeros shaped like `table`; repeated ids add up. */
export function scatterRows(values: Tensor, ids: Tensor, table: Tensor): Tensor {
  return new Tensor("scatterRows", [values, ids, table], {});
}

/** Adds each of `values` at its id along an axis of zeros shaped like `like`; repeated ids add up. */
export function scatterElements(values: Tensor, ids: Tensor, like: Tensor, axis: number): Tensor {
  return new Tensor("scatterElements", [values, ids, like], { axis: axisOf(axis, like.rank) });
}

/**
 * Weighted mean over n of -Σ target · log softmax(logits), fused: its gradient is (softmax - target) · weight / Σ weight.
 * logits [n, classes]; targets [n, classes], rows sum to 1; weights [n], not all zero. Label smoothing s replaces the
 * targets by (1 - s) · target + s / classes (Szegedy et al. 2016, arXiv:1512.00567).
 */
export function softmaxCrossEntropy(logits: Tensor, targets: Tensor, weights: Tensor, labelSmoothing = 0): Tensor {
  const classes = logits.dim(-1);
  invariant(typeof classes === "number", "the number of classes is known");
  return new Tensor("softmaxCrossEntropy", [logits, targets, weights], { labelSmoothing, classes });
}

export const isKind = <K extends OpKind>(x: Tensor | undefined, kind: K): x is Tensor<K> => x?.kind === kind;

export const make: Make = (kind, inputs, attributes) => new Tensor(kind, inputs, attributes);

const isList = (ruled: Ruled | readonly Ruled[]): ruled is readonly Ruled[] => Array.isArray(ruled);
const operand = (value: Operand): Tensor => (typeof value === "number" ? constant(value) : value);
