import { seededRandom, shuffle } from "../../kernel/random.ts";

/** Batches whose examples are sorted by length together: the more, the less padding and the less chance. */
const pool = 32;

/** Indices in batches of like lengths, which meet in a seeded order of their own for each epoch. */
export function bucketedBatches(
  lengths: readonly number[],
  size: number,
  seed: number | string,
  epoch: number,
): Int32Array[] {
  const random = seededRandom(`${seed}/epoch/${epoch}`);
  const order = Int32Array.from(lengths.keys());
  shuffle(order, random);
  const batches: Int32Array[] = [];
  for (let from = 0; from < order.length; from += size * pool) {
    const like = order.slice(from, from + size * pool).sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0) || a - b);
    for (let at = 0; at < like.length; at += size) batches.push(like.subarray(at, at + size));
  }
  return shuffle(batches, random);
}
