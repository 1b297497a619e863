import type { ElementType, Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

type None = object;
type Operation<Inputs extends readonly Tensor[], With = None> = { readonly inputs: Inputs; readonly with: With };
type Unary<With = None> = Operation<readonly [Tensor], With>;
type Binary<With = None> = Operation<readonly [Tensor, Tensor], With>;
type Reduction = Unary<{ readonly axes: readonly number[]; readonly keepDims: boolean }>;

/**
 * The union of operations: inputs and attributes of each. `shapeRules`, `emission` and `gradientRules` are tables over
 * it, so a new operation does not compile until it has a shape, ONNX nodes and a gradient.
 */
export interface Operations {
  readonly input: Operation<readonly [], { readonly name: string; readonly shape: Shape; readonly type: ElementType }>;
  readonly parameter: Operation<readonly [], { readonly name: string; readonly shape: Shape }>;
  readonly constant: Operation<
    readonly [],
    { readonly data: Float32Array | Int32Array | BigInt64Array; readonly shape: readonly number[] }
  >;
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  readonly pow: Binary;
  readonly neg: Unary;
  readonly exp: Unary;
  readonly log: Unary;
  readonly sqrt: Unary;
  readonly erf: Unary;
  readonly tanh: Unary;
  readonly sigmoid: Unary;
  readonly relu: Unary;
  readonly gelu: Unary;
  /** 1 where x > 0, else 0. */
  readonly positive: Unary;
  /** op(x) · op(y) over the last two axes; leading axes broadcast. */
  readonly matmul: Binary<{ readonly transposeX: boolean; readonly transposeY: boolean }>;
  readonly reshape: Unary<{ readonly shape: Shape }>;
  readonly transpose: Unary<{ readonly permutation: readonly number[] }>;
  /** x broadcast to the shape of the second input, whose numbers are not read. */
  readonly expand: Binary;
  readonly reduceSum: Reduction;
  readonly reduceMean: Reduction;
  /** How many elements lie along the axes, as a float32 scalar. */
  readonly count: Unary<{ readonly axes: readonly number[] }>;
  readonly softmax: Unary<{ readonly axis: number }>;
  readonly logSoftmax: Unary<{ readonly axis: number }>;
  /** logits [n, classes], targets [n, classes] with rows that sum to 1, weights [n] → the weighted mean loss []. */
  readonly softmaxCrossEntropy: Operation<
    readonly [Tensor, Tensor, Tensor],
    { readonly labelSmoothing: number; readonly classes: number }
  >;
  /** table [rows, ...width], ids [...any] → [...any, ...width]. */
  readonly gatherRows: Binary;
  /** values [...any, ...width], ids [...any], a table for its shape → sums by row [rows, ...width]. */
  readonly scatterRows: Operation<readonly [Tensor, Tensor, Tensor]>;
  readonly concat: Operation<readonly Tensor[], { readonly axis: number }>;
  readonly slice: Unary<{ readonly axis: number; readonly from: number; readonly to: number }>;
  readonly pad: Unary<{ readonly axis: number; readonly before: number; readonly after: number }>;
  readonly cast: Unary<{ readonly to: ElementType }>;
  /** ids [...any] → float32 [...any, classes]. */
  readonly oneHot: Unary<{ readonly classes: number }>;
  readonly argMax: Unary<{ readonly axis: number }>;
  readonly equal: Binary;
}

export type OpKind = keyof Operations;
export type Inputs<K extends OpKind> = Operations[K]["inputs"];
export type With<K extends OpKind> = Operations[K]["with"];

/** One value for each input of an operation, in a tuple of the same length. */
export type PerInput<K extends OpKind, Value> = SameLength<Inputs<K>, Value>;
type SameLength<List extends readonly unknown[], Value> = { readonly [I in keyof List]: Value };
