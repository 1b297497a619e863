import { invariant, must } from "../../kernel/errors.ts";
import { emissionRuleOf } from "./emission.ts";
import { writeOnnx } from "../onnx/file.ts";
import {
  type AttributeProto,
  attributeTypes,
  dataTypes,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "../onnx/schema.ts";
import type { ElementType, Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";
import type { Weights } from "../model/weights.ts";

/** Operator set 20 (ONNX 1.15, November 2023) is the first with Gelu; its files carry IR version 9. */
const opset = 20;
const irVersion = 9;

export type NumericArray = Float32Array | Int32Array | BigInt64Array;
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** What emission rules write ONNX nodes into. Values are known by name. */
export interface Emitter {
  /** Adds a node with one output, or finds the equal one that is already there. */
  node(opType: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>): string;
  constant(data: NumericArray, shape: readonly number[]): string;
  /** int64 [n]. */
  ints(values: readonly number[]): string;
  /** float32 []. */
  scalar(value: number): string;
  graphInput(name: string, shape: Shape, type: ElementType): string;
  parameter(name: string, shape: Shape): string;
}

export interface GraphOptions {
  readonly name: string;
  readonly outputs: { readonly [name: string]: Tensor };
  /** With weights, parameters become part of the file; without, inputs. */
  readonly weights?: Weights;
}

/** An ordinary ONNX file that computes `outputs`. Only what they need is in it. */
export function toOnnx({ name, outputs, weights }: GraphOptions): Uint8Array {
  const builder = new GraphBuilder(weights);
  const names = new Map<Tensor, string>();
  for (const tensor of topological(Object.values(outputs))) {
    const inputs = tensor.inputs.map((input) => must(names.get(input), "inputs come before their use"));
    names.set(tensor, emissionRuleOf(tensor.kind)(tensor, inputs, builder));
  }
  const graphOutputs = Object.entries(outputs).map(([outputName, tensor]) => {
    builder.output(outputName, must(names.get(tensor), "an output was emitted"));
    return valueInfo(outputName, tensor.shape, tensor.type);
  });
  return writeOnnx({
    irVersion,
    producerName: "millrace",
    producerVersion: "",
    graph: {
      nodes: builder.nodes,
      name,
      initializers: builder.usedInitializers(),
      documentation: "",
      inputs: builder.inputs,
      outputs: graphOutputs,
    },
    opsets: [{ domain: "", version: opset }],
    metadata: [],
  });
}

/** Every tensor that `roots` need, inputs first; without recursion, so a graph may be thousands of nodes deep. */
export function topological(roots: readonly Tensor[]): Tensor[] {
  const order: Tensor[] = [];
  const state = new Map<Tensor, "open" | "done">();
  const stack = [...roots].reverse();
  for (let tensor = stack.at(-1); tensor; tensor = stack.at(-1)) {
    if (state.has(tensor)) {
      stack.pop();
      if (state.get(tensor) === "open") order.push(tensor);
      state.set(tensor, "done");
      continue;
    }
    state.set(tensor, "open");
    for (const input of [...tensor.inputs].reverse()) if (!state.has(input)) stack.push(input);
  }
  return order;
}

class GraphBuilder implements Emitter {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  readonly inputs: ValueInfoProto[] = [];
  private readonly known = new Map<string, string>();
  private readonly taken = new Set<string>();
  private readonly weights: Weights | undefined;

  constructor(weights: Weights | undefined) {
    this.weights = weights;
  }

  node(opType: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return this.once(JSON.stringify([opType, inputs, attributes]), () => {
      const output = this.fresh(opType);
      const list = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
      this.nodes.push({ inputs, outputs: [output], name: output, opType, attributes: list, domain: "" });
      return output;
    });
  }

  constant(data: NumericArray, shape: readonly number[]): string {
    const key = `${data.constructor.name} ${shape.join()} ${data.join()}`;
    return this.once(key, () => {
      const name = this.fresh("constant");
      this.initializers.push(tensorProto(name, data, shape));
      return name;
    });
  }

  ints(values: readonly number[]): string {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length]);
  }

  scalar(value: number): string {
    return this.constant(Float32Array.of(value), []);
  }

  graphInput(name: string, shape: Shape, type: ElementType): string {
    return this.once(`input ${name}`, () => {
      this.inputs.push(valueInfo(name, shape, type));
      this.taken.add(name);
      return name;
    });
  }

  parameter(name: string, shape: Shape): string {
    const weights = this.weights;
    if (!weights) return this.graphInput(name, shape, "float32");
    return this.once(`parameter ${name}`, () => {
      const { data, shape: dims } = must(weights.get(name), `there are weights for "${name}"`);
      this.initializers.push(tensorProto(name, data, dims));
      this.taken.add(name);
      return name;
    });
  }

  /** Without the constants that a peephole made superfluous. */
  usedInitializers(): TensorProto[] {
    const used = new Set(this.nodes.flatMap(({ inputs }) => inputs));
    return this.initializers.filter(({ name }) => used.has(name));
  }

  /** Gives a value the name of a graph output. */
  output(name: string, value: string): void {
    invariant(!this.taken.has(name), `the name "${name}" is used once`);
    this.taken.add(name);
    this.nodes.push({
      inputs: [value],
      outputs: [name],
      name: `output ${name}`,
      opType: "Identity",
      attributes: [],
      domain: "",
    });
  }

  private once(key: string, make: () => string): string {
    const found = this.known.get(key);
    if (found !== undefined) return found;
    const made = make();
    this.known.set(key, made);
    return made;
  }

  private fresh(stem: string): string {
    const name = `${stem}_${this.known.size}`;
    this.taken.add(name);
    return name;
  }
}

function valueInfo(name: string, shape: Shape, type: ElementType): ValueInfoProto {
  const dims = shape.map((dim) => (typeof dim === "number" ? { value: dim, name: "" } : { value: 0, name: dim }));
  return { name, type: { tensorType: { elementType: dataTypes[type], shape: { dims } } } };
}

function tensorProto(name: string, data: NumericArray, shape: readonly number[]): TensorProto {
  const type = data instanceof Float32Array ? "float32" : data instanceof Int32Array ? "int32" : "int64";
  return {
    dims: shape.map(BigInt),
    dataType: dataTypes[type],
    floatData: [],
    int32Data: [],
    int64Data: [],
    name,
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength), // little-endian, as every machine Node runs on
    dataLocation: 0,
  };
}

function attributeProto(name: string, value: Attribute): AttributeProto {
  const none = { name, f: 0, i: 0, s: new Uint8Array(), t: undefined, floats: [], ints: [], strings: [] };
  if (typeof value === "number") return { ...none, i: value, type: attributeTypes.int };
  if (typeof value === "string") return { ...none, s: new TextEncoder().encode(value), type: attributeTypes.string };
  if ("float" in value) return { ...none, f: value.float, type: attributeTypes.float };
  return { ...none, ints: value.map(BigInt), type: attributeTypes.ints };
}
