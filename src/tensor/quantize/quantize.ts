import { must, Refusal } from "../../kernel/errors.ts";
import { sizeOf } from "../graph/shape.ts";
import { readFloats } from "../import/constants.ts";
import { readOnnx, writeOnnx } from "../onnx/file.ts";
import { attributeOf, tensorOf } from "../onnx/protos.ts";
import { type AttributeProto, dataTypes, type GraphProto, type NodeProto, type TensorProto } from "../onnx/schema.ts";
import { encode, middle, turned, uint8 } from "./rows.ts";

export interface QuantizeOptions {
  /** Whether tables that are only looked up by row become 8 bits wide, with a scale for each row. Default true. */
  readonly tables?: boolean;
  /** Arrays of fewer numbers are left as they are. Default 1024. */
  readonly sizeMin?: number;
}

interface QuantizedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly as: "product" | "table";
}
interface KeptWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly reason: string;
}
export interface QuantizeReport {
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly quantized: readonly QuantizedWeight[];
  /** Float arrays of `sizeMin` numbers or more that stay float, and why. */
  readonly kept: readonly KeptWeight[];
}

/**
 * Dynamic quantization to 8 bits with standard operations: a product with a constant matrix becomes DynamicQuantizeLinear
 * and MatMulInteger, with a scale for each column. How much accuracy that costs is for the caller to measure. Refuses
 * (`invalid_data`) a graph that is quantized already or has nothing to quantize.
 */
export function quantize(
  onnx: Uint8Array,
  { tables = true, sizeMin = 1024 }: QuantizeOptions = {},
): { readonly onnx: Uint8Array; readonly report: QuantizeReport } {
  const model = readOnnx(onnx);
  const graph = must(model.graph, "a graph was read");
  const integer = graph.nodes.find(({ opType }) => /Quantize|Integer|^QLinear/u.test(opType));
  const codes = graph.initializers.find(({ dataType }) => dataType === uint8);
  if (integer || codes) {
    const found = integer ? `node "${integer.name}" is ${integer.opType}` : `"${codes?.name ?? ""}" is of 8 bits`;
    throw new Refusal("invalid_data", `The graph is quantized already: ${found}.`);
  }

  const weights = graph.initializers.filter(
    ({ dataType, dims }) => dataType === dataTypes.float32 && sizeOf(dims.map(Number)) >= sizeMin,
  );
  const plans = weights.map((weight) => ({ weight, use: useOf(weight, graph, tables) }));
  const quantized = plans.flatMap(({ weight, use }) => (use.as === "kept" ? [] : [{ ...named(weight), as: use.as }]));
  if (quantized.length === 0) {
    const [first] = plans;
    const why =
      first?.use.as === "kept"
        ? `"${first.weight.name}" ${first.use.reason}`
        : `no array has ${sizeMin} numbers or more`;
    throw new Refusal("invalid_data", `There is nothing to quantize: ${why}.`);
  }
  const rewriter = new Rewriter(graph, new Map(plans.map(({ weight, use }) => [weight.name, { weight, as: use.as }])));
  const bytes = writeOnnx({ ...model, graph: rewriter.rewritten() });
  const kept = plans.flatMap(({ weight, use }) =>
    use.as === "kept" ? [{ ...named(weight), reason: use.reason }] : [],
  );
  return { onnx: bytes, report: { bytesBefore: onnx.length, bytesAfter: bytes.length, quantized, kept } };
}

type Use = { readonly as: "product" | "table" } | { readonly as: "kept"; readonly reason: string };

/** What all nodes that read a weight do with it. */
function useOf({ name, dims }: TensorProto, { nodes, outputs }: GraphProto, tables: boolean): Use {
  const readers = nodes.filter(({ inputs }) => inputs.includes(name));
  if (outputs.some((output) => output.name === name) || readers.length === 0)
    return { as: "kept", reason: "is an output, or unused" };
  if (dims.length !== 2) return { as: "kept", reason: `has ${dims.length} axes` };
  if (readers.every((node) => isProduct(node, name))) return { as: "product" };
  if (readers.every((node) => node.opType === "Gather" && node.inputs[0] === name && intOf(node, "axis") === 0)) {
    return tables ? { as: "table" } : { as: "kept", reason: "is a table" };
  }
  const other = readers.find((node) => !isProduct(node, name));
  return { as: "kept", reason: `is read by ${other?.opType ?? "several operations"}` };
}

function isProduct(node: NodeProto, weight: string): boolean {
  const { opType, domain, inputs } = node;
  if (domain !== "" || inputs[1] !== weight || inputs[0] === weight || inputs[2] === weight) return false;
  if (opType === "MatMul") return true;
  const plain = floatOf(node, "alpha") === 1 && floatOf(node, "beta") === 1 && intOf(node, "transA") === 0;
  return opType === "Gemm" && plain;
}

const named = ({ name, dims }: TensorProto) => ({ name, shape: dims.map(Number) });
const intOf = (node: NodeProto, name: string): number => node.attributes.find((a) => a.name === name)?.i ?? 0;
const floatOf = (node: NodeProto, name: string): number => node.attributes.find((a) => a.name === name)?.f ?? 1;

/** Writes the graph again with its products and lookups replaced; names of values stay. */
class Rewriter {
  private readonly graph: GraphProto;
  private readonly plan: ReadonlyMap<string, { readonly weight: TensorProto; readonly as: Use["as"] }>;
  private readonly nodes: NodeProto[] = [];
  private readonly added = new Map<string, TensorProto>();
  private readonly codedInputs = new Set<string>();

  constructor(graph: GraphProto, plan: ReadonlyMap<string, { readonly weight: TensorProto; readonly as: Use["as"] }>) {
    this.graph = graph;
    this.plan = plan;
  }

  rewritten(): GraphProto {
    this.keep(tensorOf("quantized.middle", uint8, [], Uint8Array.of(middle)));
    for (const node of this.graph.nodes) {
      const product = this.plan.get(node.inputs[1] ?? "");
      const table = this.plan.get(node.inputs[0] ?? "");
      if (product?.as === "product") this.product(node, product.weight);
      else if (table?.as === "table") this.lookup(node, table.weight);
      else this.nodes.push(node);
    }
    const left = this.graph.initializers.filter(({ name }) => (this.plan.get(name)?.as ?? "kept") === "kept");
    return { ...this.graph, nodes: this.nodes, initializers: [...left, ...this.added.values()] };
  }

  /** x · W ≈ (codes of x · codes of W) · scale of x · scales of W's columns (+ c). */
  private product(node: NodeProto, weight: TensorProto): void {
    const [x = "", w = "", c] = node.inputs;
    const [output = ""] = node.outputs;
    this.codesOf(weight, "column", node.opType === "Gemm" && intOf(node, "transB") === 1);
    if (!this.codedInputs.has(x)) {
      this.codedInputs.add(x);
      this.push("DynamicQuantizeLinear", [x], [`${x}.codes`, `${x}.scale`, `${x}.zero`]);
    }
    this.push("MatMulInteger", [`${x}.codes`, `${w}.codes`, `${x}.zero`, "quantized.middle"], [`${output}.sums`]);
    this.push("Cast", [`${output}.sums`], [`${output}.floats`], [attributeOf("to", dataTypes.float32)]);
    this.push("Mul", [`${x}.scale`, `${w}.scales`], [`${output}.scales`]);
    const scaled = c ? `${output}.scaled` : output;
    this.push("Mul", [`${output}.floats`, `${output}.scales`], [scaled]);
    if (c) this.push("Add", [scaled, c], [output]);
  }

  /** Rows of the table: (codes - 128) · the row's scale. */
  private lookup(node: NodeProto, weight: TensorProto): void {
    const [table = "", ids = ""] = node.inputs;
    const [output = ""] = node.outputs;
    this.codesOf(weight, "row", false);
    this.keep(tensorOf("quantized.middle.float", dataTypes.float32, [], Float32Array.of(middle)));
    this.push("Gather", [`${table}.codes`, ids], [`${output}.codes`]);
    this.push("Gather", [`${table}.scales`, ids], [`${output}.scales`]);
    this.push("Cast", [`${output}.codes`], [`${output}.raw`], [attributeOf("to", dataTypes.float32)]);
    this.push("Sub", [`${output}.raw`, "quantized.middle.float"], [`${output}.centred`]);
    this.push("Mul", [`${output}.centred`, `${output}.scales`], [output]);
  }

  private codesOf(weight: TensorProto, by: "row" | "column", transposed: boolean): void {
    const { name } = weight;
    if (this.added.has(`${name}.codes`)) return;
    const [rows = 0, columns = 0] = weight.dims.map(Number);
    const { floats } = readFloats(weight);
    const [height, width] = transposed ? [columns, rows] : [rows, columns];
    const { codes, scales } = encode(transposed ? turned(floats, rows, columns) : floats, height, width, by);
    this.keep(tensorOf(`${name}.codes`, uint8, [height, width], codes));
    this.keep(tensorOf(`${name}.scales`, dataTypes.float32, by === "row" ? [height, 1] : [width], scales));
  }

  private keep(tensor: TensorProto): void {
    this.added.set(tensor.name, tensor);
  }

  private push(opType: string, inputs: string[], outputs: string[], attributes: AttributeProto[] = []): void {
    this.nodes.push({ name: `quantized ${outputs[0]}`, opType, domain: "", inputs, outputs, attributes });
  }
}
