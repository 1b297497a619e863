import { type BytePairVocabulary, type CharacterVocabulary, type WordVocabulary, segments } from "./tokenizer.ts";

/** The `size` - 2 most frequent segments; the end of a text and the unknown are the other two. */
export function learnWords(texts: Iterable<string>, size: number): WordVocabulary {
  return { kind: "words", format: 1, words: mostFrequent(countAll(texts, segments), size - 2) };
}

/** The `size` - 2 most frequent code points. */
export function learnCharacters(texts: Iterable<string>, size: number): CharacterVocabulary {
  const characters = mostFrequent(
    countAll(texts, (text) => Array.from(text)),
    size - 2,
  );
  return { kind: "characters", format: 1, characters };
}

function countAll(texts: Iterable<string>, split: (text: string) => string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) for (const token of split(text)) counts.set(token, (counts.get(token) ?? 0) + 1);
  return counts;
}

/** Of equally frequent ones those of lower code units, so that the order of the texts does not matter. */
function mostFrequent(counts: ReadonlyMap<string, number>, n: number): string[] {
  return [...counts]
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .slice(0, n)
    .map(([token]) => token);
}

/**
 * Byte-pair encoding (Sennrich et al. 2016): again and again the most frequent pair of neighbours becomes a token, of
 * equally frequent ones the pair of lower ids, until there are `size` tokens or every pair occurs once. The places of a
 * pair are kept, so a merge costs only the segments that it changes.
 */
export function learnBytePairs(texts: Iterable<string>, size: number): BytePairVocabulary {
  const utf8 = new TextEncoder();
  const words = [...countAll(texts, segments)].map(([segment, times]): Word => {
    return { ids: Array.from(utf8.encode(segment), (byte) => byte + 1), times };
  });
  const pairs = new PairQueue(Math.max(size, 257));
  for (const [at, { ids, times }] of words.entries()) pairs.countAll(ids, times, at);
  pairs.settle();
  const merges: [number, number][] = [];
  while (257 + merges.length < size) {
    const best = pairs.take();
    if (!best) break;
    const made = 257 + merges.length;
    merges.push([best.left, best.right]);
    for (const at of best.places) {
      const word = words[at] as Word;
      const joined = join(word.ids, best, made);
      if (joined.length === word.ids.length) continue;
      pairs.countAll(word.ids, -word.times, at);
      pairs.countAll(joined, word.times, at);
      word.ids = joined;
    }
    pairs.settle();
  }
  return { kind: "byte-pairs", format: 1, merges };
}

interface Word {
  ids: readonly number[];
  readonly times: number;
}

interface Pair {
  readonly left: number;
  readonly right: number;
  readonly key: number;
  count: number;
  /** The words that hold it, or held it. */
  readonly places: Set<number>;
}

/** `made` for every occurrence of the pair, from the left. */
function join(ids: readonly number[], { left, right }: Pair, made: number): number[] {
  const joined: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    const isPair = ids[i] === left && ids[i + 1] === right;
    joined.push(isPair ? made : (ids[i] as number));
    if (isPair) i++;
  }
  return joined;
}

/** Pairs, the most frequent first: a heap of entries, of which the one whose count is still the pair's is the valid one. */
class PairQueue {
  readonly #size: number;
  readonly #pairs = new Map<number, Pair>();
  readonly #changed = new Set<Pair>();
  readonly #heap: Entry[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  countAll(ids: readonly number[], times: number, place: number): void {
    for (let i = 1; i < ids.length; i++) {
      const [left, right] = [ids[i - 1] as number, ids[i] as number];
      const key = left * this.#size + right;
      let pair = this.#pairs.get(key);
      if (!pair) this.#pairs.set(key, (pair = { left, right, key, count: 0, places: new Set() }));
      pair.count += times;
      if (times > 0) pair.places.add(place);
      this.#changed.add(pair);
    }
  }

  /** Takes over the counts since the last call. */
  settle(): void {
    for (const pair of this.#changed) {
      if (pair.count > 1) pushEntry(this.#heap, { pair, count: pair.count });
      else if (pair.count === 0) this.#pairs.delete(pair.key);
    }
    this.#changed.clear();
  }

  /** The most frequent pair, if it occurs at least twice. */
  take(): Pair | undefined {
    for (let top = popEntry(this.#heap); top; top = popEntry(this.#heap)) {
      if (top.pair.count !== top.count) continue;
      return top.pair;
    }
    return undefined;
  }
}

interface Entry {
  readonly pair: Pair;
  readonly count: number;
}

const isBefore = (a: Entry, b: Entry): boolean => a.count > b.count || (a.count === b.count && a.pair.key < b.pair.key);

function pushEntry(heap: Entry[], entry: Entry): void {
  let at = heap.push(entry) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Entry;
    if (!isBefore(entry, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = entry;
}

function popEntry(heap: Entry[]): Entry | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (!top || !last || heap.length === 0) return top;
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    const right = heap[child + 1];
    if (right && isBefore(right, heap[child] as Entry)) child++;
    if (!isBefore(heap[child] as Entry, last)) break;
    heap[at] = heap[child] as Entry;
    at = child;
  }
  heap[at] = last;
  return top;
}
