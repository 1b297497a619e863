import type { ElementType, Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

export type NumericArray = Float32Array | Int32Array | BigInt64Array;
type Attribute = number | string | readonly number[] | { readonly float: number };
export type Attributes = Readonly<Record<string, Attribute>>;

/** A loop over the first axis of sequences of float32. */
export interface Loop {
  /** What the states begin as. */
  readonly states: readonly string[];
  readonly sequences: readonly string[];
  /** Last element first; an output lies where the inputs of its step lie. */
  readonly backward: boolean;
  /** Writes one step: new states from states and elements, and what is kept of the step. It may read values around it. */
  readonly body: (emit: Emitter, states: readonly string[], elements: readonly string[]) => LoopValues;
}
export interface LoopValues {
  readonly states: readonly string[];
  readonly outputs: readonly string[];
}

/** What emission rules write ONNX nodes into. Values are known by name; an input that is left out is named "". */
export interface Emitter {
  /** Whether the file must be standard ONNX. Else `contrib` may be used: ONNX Runtime's own operations. */
  readonly standardOnly: boolean;
  /** Adds a node with one output, or finds the equal one that is already there. */
  node(opType: string, inputs: readonly string[], attributes?: Attributes): string;
  /** A node with several outputs. */
  nodes(opType: string, inputs: readonly string[], outputs: number, attributes?: Attributes): readonly string[];
  /** A node of the domain com.microsoft with one output. */
  contrib(opType: string, inputs: readonly string[], attributes?: Attributes): string;
  /** Whether anything reads output `index` of an operation with several. */
  wants(y: Tensor, index: number): boolean;
  /** ONNX's Scan: the last states, and the outputs of all steps. */
  scan(loop: Loop): LoopValues;
  constant(data: NumericArray, shape: readonly number[]): string;
  /** int64 [n]. */
  ints(values: readonly number[]): string;
  /** float32 []. */
  scalar(value: number): string;
  graphInput(name: string, shape: Shape, type: ElementType): string;
  parameter(name: string, shape: Shape): string;
}
