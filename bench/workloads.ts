/**
 * Weights and data of the engine's benchmark, from a counter-based hash, so that every engine in every language has the
 * same bits: the first losses must agree, or an engine measures something else.
 */
import type { Bag, Batch } from "millrace/tensor";

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

export const glorotLimit = (fanIn: number, fanOut: number): number => Math.sqrt(6 / (fanIn + fanOut));

/** Model A: 100-500-2, batches of 32. */
export const perceptron = { inputs: 100, hidden: 500, classes: 2, batch: 32, rate: 1e-3, epsilon: 1e-7 };

export function perceptronBatch(index: number): Batch {
  const { inputs, classes, batch } = perceptron;
  const labels = Int32Array.from(uniform01(2000 + index, batch), (u) => Math.floor(u * classes));
  return { size: batch, values: { x: uniform(1000 + index, batch * inputs, 1), labels } };
}

/** An embedding bag of 262,144 x 16, then 16-32-2; 32 bags of 500 to 1,499 rows, few of them common. */
export const bags = {
  rows: 1 << 18,
  width: 16,
  hidden: 32,
  classes: 2,
  batch: 32,
  rate: 1e-3,
  epsilon: 1e-12,
  limit: 0.05,
};

export function bagsBatch(index: number): Batch & { readonly bags: { readonly words: readonly Bag[] } } {
  const { rows, classes, batch } = bags;
  const labels = Int32Array.from(uniform01(4000 + index, batch), (u) => Math.floor(u * classes));
  const lengths = Array.from(uniform01(5000 + index, batch), (u) => 500 + Math.floor(u * 1000));
  const words = lengths.map((length, i) => {
    const ids = Int32Array.from(uniform01(10_000 + index * 100 + i, length), (u) => {
      const rank = Math.floor(Math.fround(u * u * u) * rows); // small ranks are common
      return (Math.imul(rank, 0x9e3779b1) >>> 14) % rows;
    });
    return { ids, weights: new Float32Array(length).fill(Math.fround(1 / 32)) };
  });
  return { size: batch, bags: { words }, values: { labels } };
}
