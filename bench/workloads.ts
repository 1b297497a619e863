/**
 * Weights and data of the engine's benchmark, from a counter-based hash, so that every engine in every language has the
 * same bits: the first losses must agree, or an engine measures something else. No engine is imported here.
 */
import type { Bag, Batch } from "millrace/tensor";

export const workloadNames = ["A", "B", "C100", "C500", "D", "bags"] as const;
export type Workload = (typeof workloadNames)[number];

export interface Facts {
  readonly title: string;
  readonly batch: number;
  readonly classes: number;
  /** Of Adam. */
  readonly rate: number;
  readonly epsilon: number;
  /** Of the input of one example: an image, or a sequence of ids. */
  readonly shape: readonly number[];
  readonly ids: boolean;
  /** Batches that are cycled. */
  readonly batches: number;
}

const common = { rate: 1e-3, epsilon: 1e-7, ids: false, batches: 4 };
export const facts: { readonly [W in Workload]: Facts } = {
  A: { ...common, title: "MLP 100-500-2, batch 32", batch: 32, classes: 2, shape: [100] },
  B: {
    ...common,
    title: "CNN 32x32x3: 3x3x32, pool, 3x3x64, pool, 3x3x64, dense 64, dense 10; batch 64",
    batch: 64,
    classes: 10,
    shape: [3, 32, 32],
  },
  C100: {
    ...common,
    title: "embedding 10000x16, LSTM 64, LSTM 64, dense 5; length 100, batch 64",
    batch: 64,
    classes: 5,
    shape: [100],
    ids: true,
  },
  C500: { ...common, title: "the same, length 500", batch: 64, classes: 5, shape: [500], ids: true },
  D: {
    ...common,
    title: "Transformer encoder: 10000 words, d 512, 8 heads, ff 2048, 2 layers, dropout 0.1; length 128, batch 16",
    batch: 16,
    classes: 5,
    rate: 1e-4,
    shape: [128],
    ids: true,
  },
  bags: {
    ...common,
    title: "embedding bag 262,144 x 16, 16-32-2, 32 bags of 500 to 1,499 features, lazy Adam",
    batch: 32,
    classes: 2,
    epsilon: 1e-12,
    shape: [],
    batches: 16,
  },
};
/** Of model D. */
export const transformer = { width: 512, heads: 8, hidden: 2048, layers: 2, dropout: 0.1, words: 10_000 };
export const bagTable = { rows: 1 << 18, width: 16, hidden: 32 };

/** n floats in [0, 1), 24 bits each: lowbias32 (Chris Wellons) of a counter. */
export function uniform01(seed: number, n: number): Float32Array {
  const salt = Math.imul(seed, 0x85ebca77);
  return Float32Array.from({ length: n }, (_, i) => {
    let x = Math.imul(i + 1, 0x9e3779b1) ^ salt;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    return ((x ^ (x >>> 16)) >>> 8) * 2 ** -24;
  });
}

/** n floats in [-limit, limit), rounded to single precision after every operation, as NumPy does. */
export function uniform(seed: number, n: number, limit: number): Float32Array {
  const bound = Math.fround(limit);
  return uniform01(seed, n).map((u) => Math.fround(Math.fround(u * 2) - 1) * bound);
}

export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}
type Weights = { readonly [name: string]: Weight };

const glorot = (seed: number, shape: readonly number[], fanIn: number, fanOut: number): Weight =>
  drawn(seed, shape, Math.sqrt(6 / (fanIn + fanOut)));
const drawn = (seed: number, shape: readonly number[], limit: number): Weight => ({
  shape,
  data: uniform(
    seed,
    shape.reduce((product, dim) => product * dim, 1),
    limit,
  ),
});
const matrix = (seed: number, fanIn: number, fanOut: number): Weight => glorot(seed, [fanIn, fanOut], fanIn, fanOut);
const kernel = (seed: number, channels: number, filters: number): Weight =>
  glorot(seed, [3, 3, channels, filters], 9 * channels, 9 * filters);

/**
 * Everything that does not begin as zero (or one, in a layer norm), in Keras' layouts: kernels [height, width, in, out] over
 * images whose channels are last, matrices [in, out], LSTM [in, 4 units] with gates i, f, c, o.
 */
export function weightsOf(workload: Workload): Weights {
  if (workload === "A") return { hidden: matrix(1, 100, 500), out: matrix(2, 500, 2) };
  if (workload === "B") {
    const convolutions = { conv1: kernel(11, 3, 32), conv2: kernel(12, 32, 64), conv3: kernel(13, 64, 64) };
    return { ...convolutions, hidden: matrix(14, 1024, 64), out: matrix(15, 64, 10) };
  }
  if (workload === "bags") {
    const { rows, width, hidden } = bagTable;
    return { words: drawn(31, [rows, width], 0.05), hidden: matrix(32, width, hidden), out: matrix(33, hidden, 2) };
  }
  if (workload === "D") return transformerWeights();
  return {
    words: drawn(21, [10_000, 16], 0.05),
    kernel1: matrix(22, 16, 256),
    recurrent1: matrix(23, 64, 256),
    kernel2: matrix(24, 64, 256),
    recurrent2: matrix(25, 64, 256),
    out: matrix(26, 64, 5),
  };
}

function transformerWeights(): Weights {
  const { width, hidden, layers, words } = transformer;
  const all: { [name: string]: Weight } = { words: drawn(31, [words, width], 0.05), out: matrix(39, width, 5) };
  for (let layer = 0; layer < layers; layer++) {
    const seed = 40 + 10 * layer;
    for (const [i, part] of ["query", "key", "value", "joined"].entries()) {
      all[`${part}${layer}`] = matrix(seed + i, width, width);
    }
    all[`inner${layer}`] = matrix(seed + 4, width, hidden);
    all[`outer${layer}`] = matrix(seed + 5, hidden, width);
  }
  return all;
}

/** Sinusoidal positions [length, width] (Vaswani et al. 2017): sine and cosine side by side. */
export function positions(length: number, width: number): Float32Array {
  return Float32Array.from({ length: length * width }, (_, at) => {
    const [position, i] = [Math.floor(at / width), at % width];
    const angle = position / 10_000 ** ((i - (i % 2)) / width);
    return i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}

/** Batch number `index`, of `size` examples: inputs [size, ...shape], images with channels first. */
export function batchOf(workload: Exclude<Workload, "bags">, index: number, size = facts[workload].batch) {
  const { shape, ids, classes } = facts[workload];
  const labels = Int32Array.from(uniform01(2000 + index, size), (u) => Math.floor(u * classes));
  const n = shape.reduce((product, dim) => product * dim, size);
  if (ids) return { x: Int32Array.from(uniform01(1000 + index, n), (u) => 1 + Math.floor(u * 9999)), labels, size };
  const x = uniform(1000 + index, n, 1);
  return { x: shape.length === 3 ? channelsFirst(x, size) : x, labels, size };
}

/** The bits are drawn for images [size, 32, 32, 3] and given as [size, 3, 32, 32]. */
function channelsFirst(x: Float32Array, size: number): Float32Array {
  const [channels, area] = [3, 32 * 32];
  const turned = new Float32Array(x.length);
  for (let n = 0; n < size; n++) {
    for (let at = 0; at < area; at++) {
      for (let c = 0; c < channels; c++) {
        turned[(n * channels + c) * area + at] = x[(n * area + at) * channels + c] ?? 0;
      }
    }
  }
  return turned;
}

/** Few rows are common, most are rare, as words are. */
export function bagsBatch(index: number): Batch & { readonly bags: { readonly words: readonly Bag[] } } {
  const { batch, classes } = facts.bags;
  const labels = Int32Array.from(uniform01(4000 + index, batch), (u) => Math.floor(u * classes));
  const lengths = Array.from(uniform01(5000 + index, batch), (u) => 500 + Math.floor(u * 1000));
  const words = lengths.map((length, i) => {
    const ids = Int32Array.from(uniform01(10_000 + index * 100 + i, length), (u) => {
      const rank = Math.floor(Math.fround(u * u * u) * bagTable.rows); // small ranks are common
      return (Math.imul(rank, 0x9e3779b1) >>> 14) % bagTable.rows;
    });
    return { ids, weights: new Float32Array(length).fill(Math.fround(1 / 32)) };
  });
  return { size: batch, bags: { words }, values: { labels } };
}
