import type { Emitter } from "../emitter.ts";
import type { Inputs, OpKind, Operations, With } from "../operations.ts";
import type { ElementType, Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** Inputs and attributes of an operation with one output. */
export interface Operation<List extends readonly Tensor[], Attributes = object> {
  readonly inputs: List;
  readonly with: Attributes;
  readonly outputs: "one";
}
/** An operation with several outputs, which `pick` reads by index. */
export interface Several<List extends readonly Tensor[], Attributes = object> {
  readonly inputs: List;
  readonly with: Attributes;
  readonly outputs: "several";
}
export type Unary<Attributes = object> = Operation<readonly [Tensor], Attributes>;
export type Binary<Attributes = object> = Operation<readonly [Tensor, Tensor], Attributes>;

/** Shape and element type of an output. */
export interface Ruled {
  readonly shape: Shape;
  readonly type: ElementType;
}

/** One value for each input of an operation, in a tuple of the same length. */
export type PerInput<K extends OpKind, Value> = SameLength<Inputs<K>, Value>;
type SameLength<List extends readonly unknown[], Value> = { readonly [I in keyof List]: Value };

/** A value of an operation's one output, or one for each of several. */
export type PerOutput<K extends OpKind, Value, Each = Value> = {
  readonly one: Value;
  readonly several: readonly Each[];
}[Operations[K]["outputs"]];

/** Makes a node of any kind: gradient rules are given it, so that they need not import the class of nodes. */
export type Make = <K extends OpKind>(kind: K, inputs: Inputs<K>, attributes: With<K>) => Tensor<K>;

/** All there is to know about an operation. */
export interface Rules<K extends OpKind> {
  /** Shape and element type of the output, or of each output; throws where the inputs do not fit. */
  readonly shape: (inputs: Inputs<K>, attributes: With<K>) => PerOutput<K, Ruled>;
  /** Writes the ONNX nodes of y and returns the name of its value, or of each output; `inputs` are the inputs' names. */
  readonly emit: (y: Tensor<K>, inputs: PerInput<K, string>, emit: Emitter) => PerOutput<K, string>;
  /**
   * From d loss / d y, one d loss / d x for each input x; null where none flows. An operation with several outputs gets
   * one upstream gradient for each, null for outputs the loss does not depend on; at least one is not null.
   */
  readonly gradient: (y: Tensor<K>, g: PerOutput<K, Tensor, Tensor | null>, make: Make) => PerInput<K, Tensor | null>;
}

/** The table of one family: no operation of it compiles without all three rules. */
export type Family<F> = { readonly [K in keyof F & OpKind]: Rules<K> };
