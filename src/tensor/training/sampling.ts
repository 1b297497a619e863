import { Refusal } from "../../kernel/errors.ts";
import { seededRandom, shuffle } from "../../kernel/random.ts";

export interface BucketOptions {
  /** Examples in a batch. */
  readonly size: number;
  readonly seed: number | string;
  readonly epoch: number;
  /** How many batches are sorted by length together: more waste less padding, fewer mix better. Default 50. */
  readonly pool?: number;
}

/**
 * Indices of sequences in batches of like length, so that little is padding; batches come in random order. In a seeded
 * order of its own for each epoch; only the last pool has a batch that is smaller.
 */
export function bucketedBatches(lengths: ArrayLike<number>, options: BucketOptions): Int32Array[] {
  const { size, seed, epoch, pool = 50 } = options;
  const random = seededRandom(`${seed}/buckets/${epoch}`);
  const order = shuffle(indices(lengths.length), random);
  const batches: Int32Array[] = [];
  for (let from = 0; from < order.length; from += size * pool) {
    const part = order.subarray(from, from + size * pool);
    part.sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0)); // stable, so equal lengths stay shuffled
    for (let at = 0; at < part.length; at += size) batches.push(part.subarray(at, at + size));
  }
  return shuffle(batches, random);
}

export interface BalanceOptions {
  readonly size: number;
  readonly seed: number | string;
  readonly epoch: number;
  /** How often each class is drawn, in proportion. Default: all equally often. */
  readonly weights?: readonly number[];
  /** Examples in an epoch. Default as many as there are labels. */
  readonly count?: number;
}

/**
 * Indices of examples whose classes are mixed as `weights` say, whatever their share of the data. Examples of a class are
 * all drawn before one is drawn again. In a seeded order of its own for each epoch.
 */
export function* balancedBatches(labels: ArrayLike<number>, options: BalanceOptions): Generator<Int32Array> {
  const { size, seed, epoch, count = labels.length } = options;
  const random = seededRandom(`${seed}/balanced/${epoch}`);
  const members = membersOf(labels).map((list) => shuffle(Int32Array.from(list), random));
  const weights = options.weights ?? members.map(({ length }) => (length > 0 ? 1 : 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0) || weights.some((weight, k) => weight < 0 || (weight > 0 && !members[k]?.length))) {
    throw new Refusal("invalid_data", "Class weights are not negative, and a class that has one has examples.");
  }
  const used = members.map(() => 0);
  const drawn = (): number => {
    let at = random.next() * total;
    const last = weights.findLastIndex((weight) => weight > 0);
    const found = weights.findIndex((weight) => (at -= weight) < 0);
    const k = found < 0 ? last : found; // rounding may leave a rest
    const list = members[k] ?? new Int32Array();
    const place = used[k] ?? 0;
    if (place > 0 && place % list.length === 0) shuffle(list, random);
    used[k] = place + 1;
    return list[place % list.length] ?? 0;
  };
  for (let from = 0; from < count; from += size) {
    yield Int32Array.from({ length: Math.min(size, count - from) }, drawn);
  }
}

/** For each class, examples / (classes · its examples): with these weights all classes count alike. 0 of an empty class. */
export function balancedWeights(labels: ArrayLike<number>, classes: number): number[] {
  const members = membersOf(labels);
  return Array.from({ length: classes }, (_, k) => {
    const count = members[k]?.length ?? 0;
    return count === 0 ? 0 : labels.length / (classes * count);
  });
}

/** Indices of each label's examples. */
function membersOf(labels: ArrayLike<number>): number[][] {
  const members: number[][] = [];
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] ?? 0;
    while (members.length <= label) members.push([]);
    members[label]?.push(i);
  }
  return members;
}

const indices = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);
