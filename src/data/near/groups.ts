import { must } from "../../kernel/errors.ts";
import { bands } from "./minhash.ts";
import { jaccard } from "./shingles.ts";
import { type UnionFind, unionFind } from "./union-find.ts";

/** Two texts at least this similar (Jaccard over shingles) are near-duplicates. */
export const nearDuplicateJaccardMin = 0.8;

/** Inside one bucket a text is compared with at most this many others: a bucket of n costs n, not n². */
const comparisonsMax = 64;

export interface Comparison {
  /** One sketch a text, in a fixed order. */
  readonly sketches: readonly Uint32Array[];
  /** The first so many were compared with each other before; `groupOf` tells what came out. */
  readonly knownCount: number;
  readonly knownGroupOf: (index: number) => string;
  /** Asked only for candidates. */
  readonly shinglesAt: (index: number) => Promise<Uint32Array>;
  /** Awaited before each band: the place to yield, to report and to cancel. */
  readonly onBand?: (band: number) => Promise<void>;
}

/** Joins near-duplicates: candidates by equal band keys, verified on the true similarity. */
export async function groupNearDuplicates(comparison: Comparison): Promise<UnionFind> {
  const { sketches, knownCount, shinglesAt } = comparison;
  const groups = unionFind(sketches.length);
  joinKnownGroups(comparison, groups);
  const refused = new Set<number>(); // pairs that were compared and are not near-duplicates
  for (let band = 0; band < bands; band++) {
    await comparison.onBand?.(band);
    for (const bucket of bucketsOf(sketches, band)) {
      for (let i = 1; i < bucket.length; i++) {
        const item = must(bucket[i], "a bucket member");
        if (item < knownCount) continue;
        let comparisons = 0;
        for (let j = 0; j < i && comparisons < comparisonsMax; j++) {
          const other = must(bucket[j], "a bucket member");
          const pair = other * sketches.length + item;
          if (groups.find(item) === groups.find(other) || refused.has(pair)) continue;
          comparisons++;
          const similarity = jaccard(await shinglesAt(item), await shinglesAt(other));
          if (similarity >= nearDuplicateJaccardMin) groups.union(item, other);
          else if (refused.size < refusedMax) refused.add(pair);
        }
      }
    }
  }
  return groups;
}

const refusedMax = 1_000_000;

function joinKnownGroups({ knownCount, knownGroupOf }: Comparison, groups: UnionFind): void {
  const firstOf = new Map<string, number>();
  for (let i = 0; i < knownCount; i++) {
    const group = knownGroupOf(i);
    const first = firstOf.get(group);
    if (first === undefined) firstOf.set(group, i);
    else groups.union(first, i);
  }
}

/** Runs of at least two texts with the same key in one band, each in ascending order. */
function* bucketsOf(sketches: readonly Uint32Array[], band: number): Generator<Uint32Array> {
  // 30 bits of key and 23 bits of index in one double: sorting numbers is the fastest way to find equal keys
  const tagged = Float64Array.from(sketches, (sketch, i) => ((sketch[band] ?? 0) >>> 2) * indexRange + i);
  tagged.sort();
  let start = 0;
  for (let i = 1; i <= tagged.length; i++) {
    if (i < tagged.length && keyOf(tagged[i]) === keyOf(tagged[start])) continue;
    if (i - start > 1) yield Uint32Array.from(tagged.subarray(start, i), (value) => value % indexRange);
    start = i;
  }
}

const indexRange = 2 ** 23; // above limits.importRowsMax

const keyOf = (tagged: number | undefined): number => Math.floor((tagged ?? 0) / indexRange);
