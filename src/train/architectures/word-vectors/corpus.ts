import { readWords } from "../../../models/index.ts";

/** Texts as ids of the words that are frequent enough, frequent ones first. */
export interface Corpus {
  readonly words: readonly string[];
  readonly counts: Float64Array;
  readonly texts: readonly Int32Array[];
}

/** Words that occur less than `countMin` times are left out, as if they were not there. */
export function readCorpus(texts: readonly string[], { countMin, wordsMax }: CorpusOptions): Corpus {
  const read = texts.map(readWords);
  const counts = new Map<string, number>();
  for (const words of read) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const kept = [...counts]
    .filter(([, count]) => count >= countMin)
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .slice(0, wordsMax);
  const words = kept.map(([word]) => word);
  return { words, counts: Float64Array.from(kept, ([, count]) => count), texts: idsOf(read, words) };
}

export interface CorpusOptions {
  readonly countMin: number;
  readonly wordsMax: number;
}

export function idsOf(texts: readonly (readonly string[])[], words: readonly string[]): Int32Array[] {
  const ids = new Map(words.map((word, i) => [word, i]));
  return texts.map((text) =>
    Int32Array.from(
      text.flatMap((word) => {
        const id = ids.get(word);
        return id === undefined ? [] : [id];
      }),
    ),
  );
}
