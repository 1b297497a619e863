import { invariant, must, Refusal } from "../../kernel/errors.ts";
import type { ElementType, Shape } from "../graph/shape.ts";
import { input, parameter, type Tensor } from "../graph/tensor.ts";
import { type Initializer, normal, zeros } from "../model/initializers.ts";
import type { Outputs, Scope } from "../model/model.ts";
import type { Weight, Weights } from "../model/weights.ts";
import { readOnnx } from "../onnx/file.ts";
import { dataTypes } from "../onnx/schema.ts";
import { type FloatArray, typeName } from "./constants.ts";
import { adaptableWeights, layersOf } from "./parameters.ts";
import { type ForeignGraph, readGraph, translate } from "./read-graph.ts";

/** Which of an imported graph's weights are trained: by layer counted from the end, by the names they have in the file. */
export type Trained = "none" | "all" | { readonly last: number } | { readonly match: RegExp };

/** Low-rank adapters beside frozen weights of products: Hu et al. 2021, arXiv:2106.09685. */
export interface Lora {
  readonly rank: number;
  /** An adapter counts alpha / rank times. */
  readonly alpha: number;
  /** By the names that weights have in the file; default all that only multiply. */
  readonly match?: RegExp;
}

export interface ApplyOptions {
  /** Default `all`, with `lora` `none`. */
  readonly train?: Trained;
  readonly lora?: Lora;
  /** Default all. What only others need is left out. */
  readonly outputs?: readonly string[];
}

/** A foreign float32 graph whose operations are ours, so that gradients flow through it. */
export interface ImportedGraph {
  readonly inputs: readonly { readonly name: string; readonly type: ElementType; readonly shape: Shape }[];
  readonly outputs: readonly { readonly name: string; readonly shape: Shape }[];
  /** How many numbered layers its names speak of. */
  readonly layers: number;
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[]; readonly layer: number }[];
  /** Its arrays as weights of a model that applied it under this name. */
  weightsAs(name: string): Weights;
  /**
   * The outputs as tensors on `feeds`. The graph's arrays become parameters `name.<their name>` that begin with their
   * values in the file; adapters are further parameters `….down` and `….up`, and are folded into them by an export.
   */
  apply(scope: Scope, name: string, feeds: { readonly [input: string]: Tensor }, options?: ApplyOptions): Outputs;
}

const types: { readonly [type: number]: ElementType } = Object.fromEntries(
  Object.entries(dataTypes).map(([name, type]) => [type, name as ElementType]),
);

/**
 * Reads an ONNX file of float32 weights. Refuses with `invalid_data`, naming operation and node, a graph that is quantized
 * or has an operation that is not supported.
 */
export function importOnnx(bytes: Uint8Array): ImportedGraph {
  const graph = readGraph(readOnnx(bytes));
  const names = graph.proto.outputs.map(({ name }) => name);
  const layers = layersOf(graph);
  const inputs = graph.inputs.map(({ name, type, shape }) => {
    const read = types[type];
    if (read) return { name, type: read, shape };
    throw new Refusal(
      "invalid_data",
      `The input "${name}" has the ONNX type ${typeName(type)}; float32, int32, int64 and bool are read.`,
    );
  });
  const used = new Set<string>();
  const results = translate(graph, names, {
    feeds: Object.fromEntries(inputs.map(({ name, type, shape }) => [name, input(name, commonNames(shape), type)])),
    weight: (name, shape) => (used.add(name), parameter(name, shape)),
    product: (x, w, transposed) => x.matmul(w, { transposeY: transposed }),
  });
  const weights = [...graph.weights].filter(([name]) => used.has(name));
  return {
    inputs,
    outputs: results.map(({ shape }, i) => ({ name: names[i] ?? "", shape })),
    layers: Math.max(-1, ...layers.values()) + 1,
    weights: weights.map(([name, { shape }]) => ({ name, shape, layer: layers.get(name) ?? -1 })),
    weightsAs: (prefix) => new Map(weights.map(([name, array]) => [`${prefix}.${name}`, weightOf(array)])),
    apply: (scope, name, feeds, options = {}) =>
      new Application(graph, layers, scope, name, options).outputs(feeds, options.outputs ?? names),
  };
}

const weightOf = ({ shape, floats }: FloatArray): Weight => ({ shape, data: floats });

/** Exporters name the same dimension differently for each input; the first two axes are the batch and the length. */
const commonNames = (shape: Shape): Shape =>
  shape.map((dim, axis) => (typeof dim === "number" ? dim : (["batch", "length"][axis] ?? dim)));

/** One use of a graph in a scope. */
class Application {
  private readonly graph: ForeignGraph;
  private readonly scope: Scope;
  private readonly name: string;
  private readonly lora: Lora | undefined;
  private readonly isTrained: (weight: string) => boolean;
  private readonly adaptable: ReadonlyMap<string, { readonly transposed: boolean }>;
  private readonly declared = new Map<Tensor, string>();

  constructor(
    graph: ForeignGraph,
    layers: ReadonlyMap<string, number>,
    scope: Scope,
    name: string,
    { lora, train = lora ? "none" : "all" }: ApplyOptions,
  ) {
    this.graph = graph;
    this.scope = scope;
    this.name = name;
    this.lora = lora;
    this.isTrained = chosen(train, layers);
    this.adaptable = lora ? adaptableWeights(graph) : new Map();
  }

  outputs(feeds: { readonly [input: string]: Tensor }, wanted: readonly string[]): Outputs {
    const typed = this.graph.inputs.map(({ name, type }) => {
      const feed = must(feeds[name], `the input "${name}" of the imported graph is fed`);
      return [name, feed.cast(must(types[type], name))] as const;
    });
    const tensors = translate(this.graph, wanted, {
      feeds: Object.fromEntries(typed),
      weight: (weight, shape) => this.declare(weight, shape),
      product: (x, w, transposed) => this.product(x, w, transposed),
    });
    return Object.fromEntries(wanted.map((output, i) => [output, must(tensors[i], output)]));
  }

  private declare(weight: string, shape: readonly number[]): Tensor {
    const { floats } = must(this.graph.weights.get(weight), weight);
    const tensor = this.scope.parameter(`${this.name}.${weight}`, shape, {
      initial: copyOf(floats),
      trained: this.isTrained(weight),
      ...(this.isAdapted(weight) && this.scope.mode === "export"
        ? { fold: (weights) => this.folded(weight, weights) }
        : {}),
    });
    this.declared.set(tensor, weight);
    return tensor;
  }

  private isAdapted(weight: string): boolean {
    return this.adaptable.has(weight) && !this.isTrained(weight) && (this.lora?.match?.test(weight) ?? true);
  }

  /** x · w + alpha / rank · x · down · up; in an exported file w is the sum already. */
  private product(x: Tensor, w: Tensor, transposed: boolean): Tensor {
    const product = x.matmul(w, { transposeY: transposed });
    const weight = this.declared.get(w);
    if (!this.lora || weight === undefined || this.scope.mode === "export" || !this.isAdapted(weight)) return product;
    const { rank, alpha } = this.lora;
    const [from, to] = transposed ? [w.dim(1), w.dim(0)] : [w.dim(0), w.dim(1)];
    const down = this.scope.parameter(`${this.name}.${weight}.down`, [from, rank], {
      initial: normal(1 / Math.sqrt(Number(from))),
    });
    const up = this.scope.parameter(`${this.name}.${weight}.up`, [rank, to], { initial: zeros });
    return product.add(
      x
        .matmul(down)
        .matmul(up)
        .mul(alpha / rank),
    );
  }

  /** w + alpha / rank · down · up, or its transpose. */
  private folded(weight: string, weights: Weights): Weight {
    const at = (suffix: string): Weight =>
      must(weights.get(`${this.name}.${weight}${suffix}`), `weights of "${weight}${suffix}"`);
    const [base, down, up] = [at(""), at(".down"), at(".up")];
    const [rows, columns] = [down.shape[0] ?? 0, up.shape[1] ?? 0];
    const { rank, alpha } = must(this.lora, "adapters");
    const transposed = this.adaptable.get(weight)?.transposed ?? false;
    const data = Float32Array.from(base.data);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let k = 0; k < rank; k++) sum += (down.data[i * rank + k] ?? 0) * (up.data[k * columns + j] ?? 0);
        const place = transposed ? j * rows + i : i * columns + j;
        data[place] = (data[place] ?? 0) + (alpha / rank) * sum;
      }
    }
    return { shape: base.shape, data };
  }
}

const copyOf = (floats: Float32Array): Initializer => ({ name: "imported", draw: (data) => data.set(floats) });

function chosen(train: Trained, layers: ReadonlyMap<string, number>): (weight: string) => boolean {
  if (train === "none") return () => false;
  if (train === "all") return () => true;
  if ("match" in train) return (weight) => train.match.test(weight);
  invariant(train.last >= 0, "a count of layers is no less than 0");
  const first = Math.max(-1, ...layers.values()) + 1 - train.last;
  return (weight) => train.last > 0 && (layers.get(weight) ?? -1) >= Math.max(first, 0);
}
