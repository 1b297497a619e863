import { Refusal } from "../../kernel/errors.ts";
import type { AttributeProto, NodeProto, TensorProto } from "../onnx/schema.ts";
import { axisOf, type Dim, type Shape } from "../graph/shape.ts";
import { Tensor } from "../graph/tensor.ts";
import type { Known } from "./constants.ts";

/** What a name of the graph stands for: numbers known by now, or a tensor. */
export type Imported = Known | Tensor;
export const isKnown = (value: Imported): value is Known => !(value instanceof Tensor);
export const shapeOf = (value: Imported): Shape => value.shape;
export const typeOf = (value: Imported): Tensor["type"] => value.type;

/** One node of a foreign graph, with what its inputs stand for. */
export class ForeignNode {
  /** The operation, with its domain if it is not a standard one. */
  readonly op: string;
  readonly outputs: readonly string[];
  /** Version of the operator set. */
  readonly version: number;
  private readonly proto: NodeProto;
  private readonly inputs: readonly (Imported | undefined)[];
  private readonly materialize: (value: Known) => Tensor | null;
  /** A tensor among whose dimensions the names of `shape` are. */
  readonly witness: Surroundings["witness"];
  /** x · w, or x · wᵀ; where w is adapted, with its adapter. */
  readonly product: Surroundings["product"];

  constructor(
    proto: NodeProto,
    inputs: readonly (Imported | undefined)[],
    version: number,
    surroundings: Surroundings,
  ) {
    this.proto = proto;
    this.op = operationOf(proto);
    this.outputs = proto.outputs;
    this.inputs = inputs;
    this.version = version;
    this.materialize = surroundings.materialize;
    this.witness = surroundings.witness;
    this.product = surroundings.product;
  }

  get count(): number {
    return this.inputs.length;
  }

  has(i: number): boolean {
    return this.inputs[i] !== undefined;
  }

  /** Input `i`, whatever it is. */
  input(i: number): Imported {
    const value = this.inputs[i];
    if (!value) throw this.refusal(`has no input ${i}`);
    return value;
  }

  tensor(i: number): Tensor {
    const value = this.input(i);
    if (!isKnown(value)) return value;
    const tensor = this.materialize(value);
    if (!tensor) throw this.refusal(`reads [${value.data.slice(0, 8).join(", ")}] as numbers`);
    return tensor;
  }

  /** Input `i` where its numbers are known when the graph is read; else undefined. */
  known(i: number): Known | undefined {
    const value = this.inputs[i];
    return value && isKnown(value) ? value : undefined;
  }

  /** The entries of input `i`, which must be known: sizes, axes, a shape. */
  dims(i: number): readonly Dim[] {
    const value = this.known(i);
    if (!value) throw this.refusal(`depends on a shape or place (input ${i}) that only data tell`);
    return value.data;
  }

  numbers(i: number): number[] {
    return this.dims(i).map((dim) => {
      if (typeof dim !== "number") throw this.refusal(`needs a number where the graph has the dimension "${dim}"`);
      return dim;
    });
  }

  scalar(i: number): number {
    const [value] = this.numbers(i);
    if (value === undefined) throw this.refusal(`has an empty input ${i}`);
    return value;
  }

  axis(rank: number, value: number): number {
    return axisOf(value, rank);
  }

  /** Axes from the attribute of older operator sets or from input `i` of newer ones; undefined where neither is there. */
  axes(i: number, rank: number, name = "axes"): number[] | undefined {
    const given = this.attribute(name)?.ints.map(Number) ?? (this.has(i) ? this.numbers(i) : undefined);
    return given?.map((axis) => axisOf(axis, rank));
  }

  int(name: string, absent: number): number {
    const found = this.attribute(name);
    return found ? found.i : absent;
  }

  float(name: string, absent: number): number {
    return this.attribute(name)?.f ?? absent;
  }

  ints(name: string): number[] | undefined {
    return this.attribute(name)?.ints.map(Number);
  }

  text(name: string, absent: string): string {
    const found = this.attribute(name);
    return found ? new TextDecoder().decode(found.s) : absent;
  }

  value(name: string): TensorProto | undefined {
    return this.attribute(name)?.t;
  }

  attribute(name: string): AttributeProto | undefined {
    return this.proto.attributes.find((attribute) => attribute.name === name);
  }

  refusal(why: string): Refusal {
    return refusalOf(this.proto, why);
  }
}

/** What nodes find around them. */
export interface Surroundings {
  /** Known numbers as a tensor; null where a name in them has no tensor to read it from. */
  readonly materialize: (value: Known) => Tensor | null;
  readonly witness: (shape: Shape) => Tensor | null;
  readonly product: (x: Tensor, w: Tensor, transposed: boolean) => Tensor;
}

export const operationOf = ({ domain, opType }: NodeProto): string =>
  domain === "" || domain === "ai.onnx" ? opType : `${domain}.${opType}`;

export const refusalOf = (node: NodeProto, why: string): Refusal =>
  new Refusal("invalid_data", `The node "${node.name || node.outputs[0]}" (${operationOf(node)}) ${why}.`);
