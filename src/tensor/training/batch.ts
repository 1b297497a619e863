import { Refusal } from "../../kernel/errors.ts";
import { seededRandom, shuffle } from "../../kernel/random.ts";
import { type Value, value } from "../runtime/runtime.ts";

/** One example's rows of a table and their weights, of equal length. Ids need be neither sorted nor unique. */
export interface Bag {
  readonly ids: Int32Array | Uint32Array;
  readonly weights: Float32Array;
}

/** The examples of one step. */
export interface Batch {
  readonly size: number;
  /** For each table, one bag per example. */
  readonly bags?: { readonly [table: string]: readonly Bag[] };
  /** For each input, its numbers row-major [size, ...]. */
  readonly values?: { readonly [input: string]: Float32Array | Int32Array };
}

export type Batches = Iterable<Batch> | AsyncIterable<Batch>;

/** What an exported embedding bag takes: int64 [batch, length] and float32 [batch, length], padded with id 0, weight 0. */
export function padBags(bags: readonly Bag[]): { readonly ids: Value; readonly weights: Value } {
  const length = bags.reduce((longest, bag) => Math.max(longest, bag.ids.length), 1);
  const ids = new BigInt64Array(bags.length * length);
  const weights = new Float32Array(bags.length * length);
  for (const [i, bag] of bags.entries()) {
    if (bag.ids.length !== bag.weights.length) throw new Refusal("invalid_data", `Bag ${i} has ids without weights.`);
    for (let k = 0; k < bag.ids.length; k++) ids[i * length + k] = BigInt(bag.ids[k] ?? 0);
    weights.set(bag.weights, i * length);
  }
  const dims = [bags.length, length];
  return { ids: value(ids, dims), weights: value(weights, dims) };
}

/** Indices 0..count-1 in batches of `size`, the last one maybe smaller; in a seeded order of its own for each epoch. */
export function* shuffledBatches(
  count: number,
  size: number,
  seed: number | string,
  epoch: number,
): Generator<Int32Array> {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  shuffle(order, seededRandom(`${seed}/epoch/${epoch}`));
  for (let from = 0; from < count; from += size) yield order.subarray(from, from + size);
}

/** Indices 0..count-1 in order, in batches of `size`. */
export function* orderedBatches(count: number, size: number): Generator<Int32Array> {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let from = 0; from < count; from += size) yield order.subarray(from, from + size);
}
