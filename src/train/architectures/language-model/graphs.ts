import type { LanguagePreprocessing, LanguageState } from "../../../models/index.ts";
import {
  type Initializer,
  type Model,
  type Scope,
  type Tensor,
  addPositions,
  cacheInputs,
  cacheOutputs,
  defineModel,
  dense,
  dropout,
  lstm,
  lstmFrom,
  normal,
  transformerDecoderFrom,
  transformerEncoder,
  uniform,
} from "../../../tensor/index.ts";

/** What both architectures share. */
interface Common {
  readonly tokens: number;
  /** Of each token in the training text: what the last bias begins with, so that training starts from frequencies. */
  readonly frequencies: Float32Array;
  readonly window: number;
}

export interface RecurrentGraph extends Common {
  readonly width: number;
  readonly units: number;
  readonly layers: number;
  readonly tied: boolean;
  readonly dropout: number;
}

export interface DecoderGraph extends Common {
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  readonly hidden: number;
  readonly dropout: number;
}

/** A model with what its exported graph remembers. */
export interface LanguageGraph extends Pick<LanguagePreprocessing, "context" | "states"> {
  readonly model: Model;
}

/**
 * Embedding, LSTM layers, a score for each token. With tied weights the last layer is projected to the embedding's width
 * and a token's score is the product with its embedding.
 */
export function recurrentGraph(graph: RecurrentGraph): LanguageGraph {
  const { tokens, width, units, layers, tied, dropout: rate } = graph;
  const states = Array.from({ length: layers }, (_, i) => ["h", "c"].map((part) => `${part}.${i}`));
  const model = defineModel("recurrent language model", (scope) => {
    const table = scope.parameter("embedding", [tokens, width], { initial: uniform(0.05), decays: false });
    const x = dropout(scope, "embedding.dropout", table.gatherRows(idsOf(scope, graph)), rate);
    const options = { units, layers, dropout: rate };
    const { y, next } =
      scope.mode === "export" ? exported(scope, x, options) : { y: lstm(scope, "lstm", x, options), next: {} };
    const h = dropout(scope, "lstm.dropout", y, rate); //              [batch, length, units]
    if (!tied) return { logits: scored(scope, h, scope.parameter("score", [units, tokens]), false, graph), ...next };
    const projected = units === width ? h : dense(scope, "projection", h, { units: width });
    return { logits: scored(scope, projected, table, true, graph), ...next };
  });
  const exported = (scope: Scope, x: Tensor, options: { units: number; layers: number }) => {
    const initial = states.map((names) => names.map((name) => scope.input(name, ["batch", units])));
    const stacked = lstmFrom(scope, "lstm", x, { ...options, initial });
    const next = stacked.states.flatMap((parts, i) =>
      parts.map((part, j) => [`next.${states[i]?.[j]}`, part] as const),
    );
    return { y: stacked.y, next: Object.fromEntries(next) };
  };
  const remembered = states.flat().map((name): LanguageState => {
    return { name, next: `next.${name}`, dims: ["batch", units] };
  });
  return { model, context: null, states: remembered };
}

/** Token and position embeddings, causal Transformer layers, scores by the products with the embeddings (GPT-2). */
export function decoderGraph(graph: DecoderGraph): LanguageGraph {
  const { tokens, width, heads, layers, hidden, dropout: rate, window } = graph;
  const options = { layers, heads, hidden, dropout: rate };
  const model = defineModel("decoder language model", (scope) => {
    const table = scope.parameter("embedding", [tokens, width], { initial: normal(0.02), decays: false });
    const positions = { lengthMax: window, kind: "learned" } as const;
    const x = table.gatherRows(idsOf(scope, graph)); //                [batch, length, width]
    if (scope.mode !== "export") {
      const placed = dropout(scope, "embedding.dropout", addPositions(scope, "positions", x, positions), rate);
      const y = transformerEncoder(scope, "decoder", placed, { ...options, causal: true });
      return { logits: scored(scope, y, table, true, graph) };
    }
    const past = cacheInputs(scope, { layers, heads, width });
    const [first] = past;
    const placed = addPositions(scope, "positions", x, first ? { ...positions, past: first } : positions);
    const { y, present } = transformerDecoderFrom(scope, "decoder", placed, { ...options, past });
    return { logits: scored(scope, y, table, true, graph), ...cacheOutputs(present) };
  });
  const states = Array.from({ length: layers }, (_, i) => ["keys", "values"].map((part) => `${i}.${part}`)).flat();
  const dims = ["batch", heads, "past", width / heads] as const;
  return {
    model,
    context: window,
    states: states.map((name) => ({ name: `past.${name}`, next: `present.${name}`, dims })),
  };
}

function idsOf(scope: Scope, { window }: Common): Tensor {
  return scope.mode === "export"
    ? scope.input("ids", ["batch", "length"], { type: "int64" })
    : scope.input("ids", ["batch", window], { type: "int32" });
}

/** Logits [batch, length, tokens]. One product of matrices while training: a batch of them costs more. */
function scored(
  scope: Scope,
  h: Tensor,
  weights: Tensor,
  transposed: boolean,
  { tokens, frequencies }: Common,
): Tensor {
  const bias = scope.parameter("score.bias", [tokens], { initial: logarithmsOf(frequencies) });
  const how = { transposeY: transposed };
  if (scope.mode === "export") return h.matmul(weights, how).add(bias);
  return h
    .flattenRows()
    .matmul(weights, how)
    .add(bias)
    .reshape([h.dim(0), h.dim(1), tokens]);
}

function logarithmsOf(frequencies: Float32Array): Initializer {
  return { name: "logarithms of frequencies", draw: (data) => data.set(frequencies.map(Math.log)) };
}
