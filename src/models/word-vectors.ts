/**
 * Words and sums of words, for word vectors. This file imports nothing but types: its compiled JavaScript is what an
 * exported model folder carries as `preprocessing.mjs`.
 */
import type { Codec } from "./codec.ts";

/** The parameters, as `preprocessing.json` holds them. */
export interface WordVectorPreprocessing {
  readonly kind: "word-vectors";
  readonly format: 1;
  /** The row of a word is its place here; frequent words first. */
  readonly words: readonly string[];
}

/** Rows of words and the signs with which they are added up. */
export interface WordSum {
  readonly ids: Int32Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
}

/** The words of a text, read in NFKC and lower case; of text without spaces as the runtime's dictionary divides it. */
export function readWords(text: string): string[] {
  const words: string[] = [];
  const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });
  for (const { segment, isWordLike } of segmenter.segment(text.normalize("NFKC").toLowerCase())) {
    if (isWordLike === true) words.push(segment);
  }
  return words;
}

/** `whale` or `king - man + woman`: `ids` int64 and `weights` float32 [batch, length]. */
export function wordVectorCodec({ words }: WordVectorPreprocessing): Codec<WordSum> {
  const ids = new Map(words.map((word, i) => [word, i]));
  const idOf = (asked: string): number => {
    const [word = "", ...more] = readWords(asked);
    const id = ids.get(word);
    if (more.length > 0 || word === "") throw new Error(`"${asked}" is not one word: ask for one, or a - b + c.`);
    if (id === undefined)
      throw new Error(`The word "${word}" is not known: it was not in the training text often enough.`);
    return id;
  };
  return {
    read(input) {
      const parts = input
        .replace(/\s+/g, " ")
        .trim()
        .split(/ ([+-]) /);
      const terms = parts.flatMap((part, i) =>
        i % 2 === 0 ? [{ id: idOf(part), sign: parts[i - 1] === "-" ? -1 : 1 }] : [],
      );
      return {
        ids: Int32Array.from(terms, ({ id }) => id),
        weights: Float32Array.from(terms, ({ sign }) => sign),
      };
    },
    length: (sum) => sum.ids.length,
    feeds(batch) {
      const length = Math.max(1, ...batch.map((sum) => sum.ids.length));
      const padded = new BigInt64Array(batch.length * length);
      const weights = new Float32Array(batch.length * length);
      for (const [i, sum] of batch.entries()) {
        for (const [k, id] of sum.ids.entries()) padded[i * length + k] = BigInt(id);
        weights.set(sum.weights, i * length);
      }
      const dims = [batch.length, length];
      return { ids: { data: padded, dims }, weights: { data: weights, dims } };
    },
  };
}

export { wordVectorCodec as codec };
