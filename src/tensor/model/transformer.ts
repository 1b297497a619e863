import { invariant, must } from "../../kernel/errors.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { type AttentionOptions, type Cache, multiHeadAttention, multiHeadAttentionFrom } from "./attention.ts";
import { glorot, normal } from "./initializers.ts";
import { type Activation, dense, dropout } from "./layers.ts";
import type { Scope } from "./model.ts";
import { layerNorm } from "./normalization.ts";

export interface TransformerOptions extends Omit<AttentionOptions, "memory" | "dropout"> {
  readonly layers: number;
  /** Width of the hidden layer between attentions; commonly four times that of x. */
  readonly hidden: number;
  /** On attention weights, on the hidden layer, and on what each half of a layer adds. Default 0. */
  readonly dropout?: number;
  /**
   * Where layers are normalized: `post`, after each sum (Vaswani et al. 2017), or `pre`, before each half, and once at the
   * end, which trains without warm-up (Xiong et al. 2020, arXiv:2002.04745). Default `pre`.
   */
  readonly norm?: "pre" | "post";
  /** Of the hidden layer. Default gelu. */
  readonly activation?: Activation;
}

/**
 * Transformer layers over x [batch, length, width] → the same shape: an encoder, or with `causal` a decoder of its own
 * sequence. Parameters of layer 0: `name.0.attention.query.kernel` and so on, `name.0.hidden`, `name.0.output`,
 * `name.0.norm1`, `name.0.norm2`; with `pre` also `name.norm`.
 */
export function transformerEncoder(scope: Scope, name: string, x: Tensor, options: TransformerOptions): Tensor {
  return stack(scope, name, x, options, (at, h, attention) => multiHeadAttention(scope, at, h, attention));
}

/**
 * The same layers for x that continues a past: `past` holds the caches of all layers, `present` those of past and x
 * together. For the graph that generates; see `cacheInputs`.
 */
export function transformerDecoderFrom(
  scope: Scope,
  name: string,
  x: Tensor,
  options: Omit<TransformerOptions, "causal"> & { readonly past: readonly Cache[] },
): { readonly y: Tensor; readonly present: readonly Cache[] } {
  const { past } = options;
  invariant(past.length === options.layers, "there is a cache for each layer");
  const present: Cache[] = [];
  const y = stack(scope, name, x, { ...options, causal: true }, (at, h, attention) => {
    const cache = must(past[present.length], "a layer's cache");
    const heard = multiHeadAttentionFrom(scope, at, h, { ...attention, past: cache });
    present.push(heard.present);
    return heard.y;
  });
  return { y, present };
}

/**
 * Inputs `past.0.keys`, `past.0.values`, … [batch, heads, past, width / heads] of a graph that generates; an empty past
 * has size 0. Give `present` back as outputs named by `cacheOutputs`.
 */
export function cacheInputs(
  scope: Scope,
  { layers, heads, width }: { readonly layers: number; readonly heads: number; readonly width: number },
): Cache[] {
  const shape = ["batch", heads, "past", width / heads];
  return Array.from({ length: layers }, (_, i) => ({
    keys: scope.input(`past.${i}.keys`, shape),
    values: scope.input(`past.${i}.values`, shape),
  }));
}

/** `present.0.keys`, `present.0.values`, …: what is fed as the past of the next step. */
export function cacheOutputs(present: readonly Cache[]): { readonly [name: string]: Tensor } {
  return Object.fromEntries(
    present.flatMap(({ keys, values }, i) => [
      [`present.${i}.keys`, keys],
      [`present.${i}.values`, values],
    ]),
  );
}

type Attention = (name: string, x: Tensor, options: AttentionOptions) => Tensor;

function stack(scope: Scope, name: string, x: Tensor, options: TransformerOptions, attention: Attention): Tensor {
  const { layers, hidden, dropout: rate = 0, norm = "pre", activation = "gelu", ...attentionOptions } = options;
  const width = Number(x.dim(-1));
  const drop = (at: string, h: Tensor): Tensor => dropout(scope, `${at}.dropout`, h, rate);
  const normalize = (at: string, h: Tensor): Tensor => layerNorm(scope, at, h);
  let h = x;
  for (let i = 0; i < layers; i++) {
    const at = `${name}.${i}`;
    const halves: readonly (readonly [string, (h: Tensor) => Tensor])[] = [
      [`${at}.norm1`, (z) => attention(`${at}.attention`, z, { ...attentionOptions, dropout: rate })],
      [
        `${at}.norm2`,
        (z) => {
          const wide = dense(scope, `${at}.hidden`, z, { units: hidden, activation, initial: glorot });
          return dense(scope, `${at}.output`, drop(`${at}.hidden`, wide), { units: width, initial: glorot });
        },
      ],
    ];
    for (const [normName, half] of halves) {
      if (norm === "pre") h = h.add(drop(normName, half(normalize(normName, h))));
      else h = normalize(normName, h.add(drop(normName, half(h))));
    }
  }
  return norm === "pre" ? normalize(`${name}.norm`, h) : h;
}

export interface PositionOptions {
  /** Sequences are at most this long. */
  readonly lengthMax: number;
  /**
   * `sinusoidal`: fixed, sin(p / 10000^(i / width)) at even places i and the cosine after it (Vaswani et al. 2017).
   * `learned`: parameter `name` [lengthMax, width].
   */
  readonly kind: "sinusoidal" | "learned";
  /** What precedes x when text is generated: a layer's cache. */
  readonly past?: Cache | undefined;
}

/** x [batch, length, width] plus an embedding of each position. */
export function addPositions(scope: Scope, name: string, x: Tensor, options: PositionOptions): Tensor {
  const { kind, lengthMax, past } = options;
  const width = Number(x.dim(-1));
  const table =
    kind === "learned"
      ? scope.parameter(name, [lengthMax, width], { initial: normal(0.02), decays: false })
      : constant(sinusoids(lengthMax, width), [lengthMax, width]);
  const positions = x.positions(1);
  const places = past
    ? positions
        .cast("float32")
        .add(past.keys.count([2]))
        .cast("int64")
    : positions;
  return x.add(table.gatherRows(places)); // [length, width] broadcasts over the batch
}

function sinusoids(length: number, width: number): Float32Array {
  const table = new Float32Array(length * width);
  for (let i = 0; i < width; i++) {
    const frequency = 10_000 ** (-(i - (i % 2)) / width);
    for (let p = 0; p < length; p++) {
      table[p * width + i] = i % 2 === 0 ? Math.sin(p * frequency) : Math.cos(p * frequency);
    }
  }
  return table;
}

/** Mean over the steps of x [batch, length, width] that count → [batch, width]. */
export function meanOverTime(x: Tensor, lengths?: Tensor): Tensor {
  if (!lengths) return x.mean([1]);
  const counted = lengths.cast("float32").reshape([lengths.dim(0), 1]); // [batch, 1]
  const counts = x.positions(1).cast("float32").less(counted).cast("float32"); // [batch, length]
  const weights = counts.div(counted).reshape([x.dim(0), 1, x.dim(1)]);
  return weights.matmul(x).reshape([x.dim(0), x.dim(2)]);
}
