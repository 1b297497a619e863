import { Refusal } from "../../kernel/errors.ts";
import { elements, type Shape } from "../graph/shape.ts";
import { concat, constant, Tensor } from "../graph/tensor.ts";
import type { GraphProto, ModelProto, NodeProto } from "../onnx/schema.ts";
import { type FloatArray, type Known, known, readTensor } from "./constants.ts";
import { ForeignNode, type Imported, isKnown, operationOf, refusalOf, type Surroundings } from "./node.ts";
import { ruleOf } from "./rules.ts";

/** A foreign graph, read and checked: what it is fed, its float arrays, its nodes in the order they run. */
export interface ForeignGraph {
  readonly proto: GraphProto;
  readonly version: number;
  readonly inputs: readonly { readonly name: string; readonly type: number; readonly shape: Shape }[];
  /** float32 arrays of more than one number, which may be trained. */
  readonly weights: ReadonlyMap<string, FloatArray>;
  readonly constants: ReadonlyMap<string, Known>;
}

const quantized = /Quantize|Integer|QLinear|MatMulNBits|^com\.microsoft\.Q[A-Z]/u;

export function readGraph({ graph: proto, opsets }: ModelProto): ForeignGraph {
  if (!proto) throw new Refusal("invalid_data", "This ONNX file has no graph.");
  const version = opsets.find(({ domain }) => domain === "" || domain === "ai.onnx")?.version ?? 1;
  if (version < 7) throw new Refusal("invalid_data", `The graph uses operator set ${version}; 7 and newer are read.`);
  for (const node of proto.nodes) {
    const op = operationOf(node);
    if (quantized.test(op)) {
      throw new Refusal("invalid_data", `The graph is quantized: node "${node.name || node.outputs[0]}" is ${op}.`, {
        hint: "Import the float32 export of this model.",
      });
    }
    if (!ruleOf(op)) throw refusalOf(node, "is not supported");
  }
  const weights = new Map<string, FloatArray>();
  const constants = new Map<string, Known>();
  const keep = (name: string, read: Known | FloatArray): void => {
    if (!("floats" in read)) constants.set(name, read);
    else if (read.floats.length > 1) weights.set(name, read);
    else constants.set(name, known("float32", read.shape, Array.from(read.floats)));
  };
  for (const tensor of proto.initializers) keep(tensor.name, readTensor(tensor));
  for (const node of proto.nodes) {
    const value = node.opType === "Constant" ? node.attributes.find(({ name }) => name === "value")?.t : undefined;
    if (value) keep(node.outputs[0] ?? "", readTensor(value));
  }
  const given = new Set(proto.initializers.map(({ name }) => name));
  const inputs = proto.inputs
    .filter(({ name }) => !given.has(name))
    .map(({ name, type }) => {
      const dims = type?.tensorType?.shape?.dims ?? [];
      const shape = dims.map((dim, axis) => dim.name || dim.value || `${name}.${axis}`);
      return { name, type: type?.tensorType?.elementType ?? 0, shape };
    });
  return { proto, version, inputs, weights, constants };
}

export interface Translation {
  readonly feeds: { readonly [input: string]: Tensor };
  readonly weight: (name: string, shape: readonly number[], node: NodeProto) => Tensor;
  readonly product: Surroundings["product"];
}

/** The graph's outputs as tensors on `feeds`. Only what the wanted outputs need is translated. */
export function translate(graph: ForeignGraph, wanted: readonly string[], how: Translation): Tensor[] {
  const values = new Map<string, Imported>(graph.constants);
  for (const [name, tensor] of Object.entries(how.feeds)) values.set(name, tensor);
  const surroundings = surroundingsOf(Object.values(how.feeds), how.product);
  for (const node of neededNodes(graph.proto, wanted)) {
    if (node.outputs.every((name) => values.has(name) || graph.weights.has(name))) continue; // a Constant that was read
    const inputs = node.inputs.map((name) => {
      if (name === "") return undefined;
      const weight = graph.weights.get(name);
      if (!weight || values.has(name)) return values.get(name);
      const tensor = how.weight(name, weight.shape, node);
      values.set(name, tensor);
      return tensor;
    });
    const missing = node.inputs.findIndex((name, i) => name !== "" && !inputs[i]);
    if (missing >= 0) throw refusalOf(node, `reads "${node.inputs[missing]}", which nothing computes`);
    const results = translateNode(node, inputs, graph.version, surroundings);
    for (const [i, name] of node.outputs.entries()) {
      const result = results[i];
      if (result) values.set(name, result);
    }
  }
  return wanted.map((name) => {
    const value = values.get(name);
    if (!value) throw new Refusal("invalid_data", `The graph has no output "${name}".`);
    if (!isKnown(value)) return value;
    throw new Refusal("invalid_data", `The output "${name}" does not depend on the graph's inputs.`);
  });
}

function translateNode(
  proto: NodeProto,
  inputs: readonly (Imported | undefined)[],
  version: number,
  surroundings: Surroundings,
): readonly Imported[] {
  const rule = ruleOf(operationOf(proto));
  if (!rule) throw refusalOf(proto, "is not supported");
  try {
    const result: Imported | readonly Imported[] = rule(new ForeignNode(proto, inputs, version, surroundings));
    return isList(result) ? result : [result];
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const shapes = inputs.map((input) => (input ? `[${input.shape.join(", ")}]` : "-")).join(" ");
    throw refusalOf(
      proto,
      `does not fit its inputs ${shapes}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

const isList = (result: Imported | readonly Imported[]): result is readonly Imported[] => Array.isArray(result);

/** The nodes that the wanted values need, in the file's order, which ONNX demands to be one in which they can run. */
export function neededNodes({ nodes }: GraphProto, wanted: readonly string[]): NodeProto[] {
  const needed = new Set(wanted);
  const kept: NodeProto[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    kept.push(node);
    for (const name of node.inputs) needed.add(name);
  }
  return kept.reverse();
}

function surroundingsOf(feeds: readonly Tensor[], product: Surroundings["product"]): Surroundings {
  const witness = (shape: Shape): Tensor | null => {
    const { names } = elements(shape);
    return feeds.find((feed) => names.every((name) => feed.shape.includes(name))) ?? null;
  };
  const size = (name: string): Tensor | null => {
    const feed = witness([name]);
    return feed && feed.count([feed.shape.indexOf(name)]);
  };
  const one = (dim: number | string): Tensor | null => {
    if (typeof dim === "number") return constant(dim);
    const { known: factor, names } = elements([dim]);
    const sizes = names.map(size);
    return sizes.some((tensor) => tensor === null)
      ? null
      : sizes.reduce<Tensor>((total, tensor) => (tensor ? total.mul(tensor) : total), constant(factor));
  };
  return {
    witness,
    product,
    materialize(value) {
      if (value.data.every((dim) => typeof dim === "number")) return numeric(value);
      const parts = value.data.map((dim) => one(dim)?.reshape([1]));
      const vector = parts.every((part) => part !== undefined) ? concat(parts, 0) : null;
      return vector && vector.cast(value.type).reshape(value.shape);
    },
  };
}

function numeric({ type, shape, data }: Known): Tensor {
  const numbers = data.map(Number);
  if (type === "int64") return constant(BigInt64Array.from(numbers, BigInt), shape);
  if (type === "int32") return constant(Int32Array.from(numbers), shape);
  const floats = constant(Float32Array.from(numbers), shape);
  return type === "bool" ? floats.cast("bool") : floats;
}
