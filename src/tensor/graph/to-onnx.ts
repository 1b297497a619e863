import { invariant, must } from "../../kernel/errors.ts";
import { sha256 } from "../../kernel/hash.ts";
import { writeGraph, writeOnnx } from "../onnx/file.ts";
import { attributeOf, tensorOf } from "../onnx/protos.ts";
import { dataTypes, type NodeProto, type TensorProto, type ValueInfoProto } from "../onnx/schema.ts";
import type { Attributes, Emitter, Loop, LoopValues, NumericArray } from "./emitter.ts";
import { outputRead, rulesOf } from "./operations.ts";
import type { ElementType, Shape } from "./shape.ts";
import { simplified } from "./simplify.ts";
import type { Tensor } from "./tensor.ts";
import { topological } from "./topological.ts";
import type { Weights } from "../model/weights.ts";

/** Operator set 20 (ONNX 1.15, November 2023) is the first with Gelu; its files carry IR version 9. */
const opset = 20;
const irVersion = 9;
/** Operations that ONNX Runtime has beside the standard ones. */
const contribDomain = "com.microsoft";

export interface GraphOptions {
  readonly name: string;
  readonly outputs: { readonly [name: string]: Tensor };
  /** With weights, parameters become part of the file; without, inputs. */
  readonly weights?: Weights;
  /** Default true. Without it, operations that only ONNX Runtime has may be used where they are faster. */
  readonly standardOnly?: boolean;
}

/** An ordinary ONNX file that computes `outputs`. Only what they need is in it, simplified. */
export function toOnnx({ name, outputs: wanted, weights, standardOnly = true }: GraphOptions): Uint8Array {
  const outputs = simplified(wanted);
  const order = topological(Object.values(outputs));
  const builder = new GraphBuilder(weights, standardOnly, order);
  const names = new Map<Tensor, readonly string[]>();
  for (const tensor of order) {
    const read = outputRead(tensor);
    const inputs = tensor.inputs.map((input) => must(names.get(input)?.[read], "inputs come before their use"));
    const emitted: string | readonly string[] = rulesOf(tensor.kind).emit(tensor, inputs, builder);
    names.set(tensor, typeof emitted === "string" ? [emitted] : emitted);
  }
  const graphOutputs = Object.entries(outputs).map(([outputName, tensor]) => {
    builder.output(outputName, must(names.get(tensor)?.[0], "an output was emitted"));
    return valueInfo(outputName, tensor.shape, tensor.type);
  });
  return writeOnnx({
    irVersion,
    producerName: "millrace",
    producerVersion: "",
    graph: {
      nodes: builder.protos,
      name,
      initializers: builder.usedInitializers(),
      documentation: "",
      inputs: builder.inputs,
      outputs: graphOutputs,
    },
    opsets: [{ domain: "", version: opset }, ...builder.contribOpsets()],
    metadata: [],
  });
}

class GraphBuilder implements Emitter {
  readonly protos: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  readonly inputs: ValueInfoProto[] = [];
  private readonly known = new Map<string, readonly string[]>();
  private readonly taken = new Set<string>();
  private readonly readInside = new Set<string>();
  readonly standardOnly: boolean;
  private readonly weights: Weights | undefined;
  private readonly picked: ReadonlyMap<Tensor, ReadonlySet<number>>;
  /** Names of other graphs must not be taken again in the body of a loop. */
  private readonly prefix: string;

  constructor(weights: Weights | undefined, standardOnly: boolean, order: readonly Tensor[], prefix = "") {
    this.prefix = prefix;
    this.weights = weights;
    this.standardOnly = standardOnly;
    this.picked = pickedOutputs(order);
  }

  node(opType: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return must(this.nodes(opType, inputs, 1, attributes)[0], "a node has an output");
  }

  nodes(opType: string, inputs: readonly string[], outputs: number, attributes: Attributes = {}): readonly string[] {
    return this.operation("", opType, inputs, outputs, attributes);
  }

  contrib(opType: string, inputs: readonly string[], attributes: Attributes = {}): string {
    invariant(!this.standardOnly, "a standard file has standard operations only");
    return must(this.operation(contribDomain, opType, inputs, 1, attributes)[0], "a node has an output");
  }

  scan({ states, sequences, backward, body }: Loop): LoopValues {
    const stem = this.fresh("Scan");
    const inner = new GraphBuilder(undefined, this.standardOnly, [], `${stem}/`);
    const inputs = [...states, ...sequences].map((_, i) => inner.fresh(i < states.length ? "state" : "element"));
    const step = body(inner, inputs.slice(0, states.length), inputs.slice(states.length));
    const results = [...step.states, ...step.outputs];
    const named = results.map((name, i) => {
      const own = inner.protos.some(({ outputs }) => outputs.includes(name)) && results.indexOf(name) === i;
      return own ? name : inner.copy(name);
    });
    const graph = writeGraph({
      nodes: inner.protos,
      name: stem,
      initializers: inner.usedInitializers(),
      documentation: "",
      inputs: inputs.map(ofUnknownShape),
      outputs: named.map(ofUnknownShape),
    });
    const turned = (count: number): number[] => Array<number>(count).fill(backward ? 1 : 0);
    const outputs = named.map((_, i) => `${stem}.${i}`);
    const attributes = [
      attributeOf("body", { graph }),
      attributeOf("num_scan_inputs", sequences.length),
      attributeOf("scan_input_directions", turned(sequences.length)),
      attributeOf("scan_output_directions", turned(step.outputs.length)),
    ];
    this.protos.push({
      inputs: [...states, ...sequences],
      outputs,
      name: stem,
      opType: "Scan",
      attributes,
      domain: "",
    });
    inner.reads().forEach((name) => this.readInside.add(name));
    return { states: outputs.slice(0, states.length), outputs: outputs.slice(states.length) };
  }

  wants(y: Tensor, index: number): boolean {
    return this.picked.get(y)?.has(index) ?? false;
  }

  contribOpsets(): { domain: string; version: number }[] {
    return this.protos.some(({ domain }) => domain === contribDomain) ? [{ domain: contribDomain, version: 1 }] : [];
  }

  constant(data: NumericArray, shape: readonly number[]): string {
    const content =
      data.length > 64 ? sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) : data.join();
    const key = `${data.constructor.name} ${shape.join()} ${content}`;
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
    const used = new Set(this.reads());
    return this.initializers.filter(({ name }) => used.has(name));
  }

  /** What nodes read, here and in bodies of loops. */
  private reads(): string[] {
    return [...this.protos.flatMap(({ inputs }) => inputs), ...this.readInside];
  }

  /** Another name for a value: an output of a body is made in it, and has a name of its own. */
  private copy(value: string): string {
    const output = this.fresh("Identity");
    this.protos.push({
      inputs: [value],
      outputs: [output],
      name: output,
      opType: "Identity",
      attributes: [],
      domain: "",
    });
    return output;
  }

  /** Gives a value the name of a graph output. */
  output(name: string, value: string): void {
    invariant(!this.taken.has(name), `the name "${name}" is used once`);
    this.taken.add(name);
    this.protos.push({
      inputs: [value],
      outputs: [name],
      name: `output ${name}`,
      opType: "Identity",
      attributes: [],
      domain: "",
    });
  }

  private operation(
    domain: string,
    opType: string,
    inputs: readonly string[],
    count: number,
    attributes: Attributes,
  ): readonly string[] {
    return this.onceEach(JSON.stringify([domain, opType, inputs, attributes, count]), () => {
      const stem = this.fresh(opType);
      const outputs = Array.from({ length: count }, (_, i) => (i === 0 ? stem : `${stem}.${i}`));
      const list = Object.entries(attributes).map(([name, value]) => attributeOf(name, value));
      this.protos.push({ inputs, outputs, name: stem, opType, attributes: list, domain });
      return outputs;
    });
  }

  private once(key: string, make: () => string): string {
    return must(this.onceEach(key, () => [make()])[0], "one name");
  }

  private onceEach(key: string, make: () => readonly string[]): readonly string[] {
    const found = this.known.get(key);
    if (found !== undefined) return found;
    const made = make();
    this.known.set(key, made);
    return made;
  }

  private fresh(stem: string): string {
    const name = `${this.prefix}${stem}_${this.taken.size}`;
    this.taken.add(name);
    return name;
  }
}

/** Of each operation with several outputs, those that are read. */
function pickedOutputs(order: readonly Tensor[]): Map<Tensor, Set<number>> {
  const picked = new Map<Tensor, Set<number>>();
  for (const tensor of order) {
    const [source] = tensor.inputs;
    if (!source?.several) continue;
    const indices = picked.get(source) ?? new Set();
    picked.set(source, indices.add(outputRead(tensor)));
  }
  return picked;
}

function valueInfo(name: string, shape: Shape, type: ElementType): ValueInfoProto {
  const dims = shape.map((dim) => (typeof dim === "number" ? { value: dim, name: "" } : { value: 0, name: dim }));
  return { name, type: { tensorType: { elementType: dataTypes[type], shape: { dims } } } };
}

const ofUnknownShape = (name: string): ValueInfoProto => ({
  name,
  type: { tensorType: { elementType: dataTypes.float32, shape: undefined } },
});

function tensorProto(name: string, data: NumericArray, shape: readonly number[]): TensorProto {
  const type = data instanceof Float32Array ? "float32" : data instanceof Int32Array ? "int32" : "int64";
  return tensorOf(name, dataTypes[type], shape, data);
}
