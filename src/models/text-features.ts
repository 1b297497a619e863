/**
 * Text to hashed n-gram features. This file imports nothing but types: its compiled JavaScript is what an exported model
 * folder carries as `preprocessing.mjs`, so both sides run the very same code.
 */
import type { Codec } from "./codec.ts";

/** The parameters, as `preprocessing.json` holds them. */
export interface TextPreprocessing {
  readonly kind: "hashed-ngrams";
  /** Raised when the same parameters would give other features. */
  readonly format: 1;
  /** Rows of the embedding table; a power of two. */
  readonly buckets: number;
  /** Word n-grams of 1 up to this many words. */
  readonly words: number;
  /** Character n-grams inside `<word>` with its boundary marks, from and to, inclusive. */
  readonly characters: readonly [number, number] | null;
  /** Character n-grams of text that is written without spaces (Chinese, Japanese, Thai, …), inclusive. */
  readonly cjk: readonly [number, number];
  /** UTF-16 units that are read; the rest of a longer text is not. */
  readonly charsMax: number;
  /**
   * How telling each bucket was in training: `buckets` bytes in base64, 0 for one that is left out. `null`: all alike.
   */
  readonly relevance: string | null;
}

/**
 * Unique feature ids in order of first appearance, and their weights: (1 + ln(count)) times relevance, scaled to an l2
 * norm of 1.
 */
export interface TextFeatures {
  readonly ids: Int32Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
}

const separator = 1;
const wordPart = 2;
const spaceless = 3;
const symbol = 4;

const prime = 0x01000193; // FNV-1a, 32 bits
const wordSeed = 0x811c9dc5;
const cjkSeed = 0x5bd1e995;
const characterSeed = 0x1b873593;
const symbolSeed = 0x2545f491;
const wordStart = 0x3c; // <
const wordEnd = 0x3e; // >
const symbolRunMax = 3; // "!!!!!!" counts as "!!!"

const separatorPattern = /^[\s\p{Cc}\p{Cf}\p{Z}]$/u;
const spacelessPattern =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]$/u;
const wordPattern = /^[\p{L}\p{N}\p{M}]$/u;

function classify(codePoint: number): number {
  const text = String.fromCodePoint(codePoint);
  if (separatorPattern.test(text)) return separator;
  if (spacelessPattern.test(text)) return spaceless;
  return wordPattern.test(text) ? wordPart : symbol;
}

/** The final mix of MurmurHash3: every bit of the hash reaches the low bits that choose the bucket. */
function mix(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/**
 * Makes the function that turns a text into features. It keeps its scratch memory between calls, so make it once. The
 * text is read in NFKC and lower case. An empty text has one feature of weight zero.
 */
export function textFeatures(preprocessing: TextPreprocessing): (text: string) => TextFeatures {
  const { buckets, words, characters, cjk, charsMax } = preprocessing;
  const relevance = preprocessing.relevance === null ? null : bytesOf(preprocessing.relevance);
  if (preprocessing.kind !== "hashed-ngrams" || preprocessing.format !== 1) {
    throw new Error("This preprocessing was written by another version of the program.");
  }
  const mask = buckets - 1;
  const classes = new Uint8Array(0x110000); // 0: not asked yet
  const counts = new Uint16Array(buckets);
  let points = new Int32Array(4096);
  let seen = new Int32Array(4096);
  let seenCount = 0;

  const add = (hash: number): void => {
    const id = mix(hash) & mask;
    if (relevance !== null && relevance[id] === 0) return;
    const count = counts[id] as number;
    if (count === 0) {
      if (seenCount === seen.length) {
        const wider = new Int32Array(seen.length * 2);
        wider.set(seen);
        seen = wider;
      }
      seen[seenCount++] = id;
    }
    if (count < 0xffff) counts[id] = count + 1;
  };

  /** n-grams of `points[from..to)` for n in [shortest, longest]. */
  const addGrams = (from: number, to: number, shortest: number, longest: number, seed: number): void => {
    for (let start = from; start + shortest <= to; start++) {
      let hash = seed;
      const end = start + longest < to ? start + longest : to;
      for (let i = start; i < end; i++) {
        hash = Math.imul(hash ^ (points[i] as number), prime);
        if (i - start + 1 >= shortest) add(hash);
      }
    }
  };

  /** Writes the code points from index 1 on and returns where they end. */
  const decode = (text: string): number => {
    let normal = text.length > charsMax ? text.slice(0, charsMax) : text;
    normal = normal.normalize("NFKC").toLowerCase();
    if (points.length < normal.length + 2) points = new Int32Array(normal.length * 2);
    let length = 1; // points[0] is free for a mark before the first word
    for (let i = 0; i < normal.length; i++) {
      const point = normal.codePointAt(i) as number;
      if (point > 0xffff) i++;
      points[length++] = point;
    }
    return length;
  };

  const classOf = (point: number): number => (classes[point] ||= classify(point));

  const history = new Int32Array(Math.max(words, 1)); // hashes of the last words, newest first
  const addWord = (from: number, to: number, before: number): void => {
    let hash = wordSeed;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ (points[i] as number), prime);
    hash = mix(hash);
    for (let i = words - 1; i > 0; i--) history[i] = history[i - 1] as number;
    history[0] = hash;
    let gram = wordSeed;
    for (let n = 0; n < words && n <= before; n++) {
      gram = Math.imul(gram ^ (history[n] as number), prime) + n;
      add(gram);
    }
    if (characters) {
      const [first, last] = [points[from - 1] as number, points[to] as number];
      points[from - 1] = wordStart;
      points[to] = wordEnd;
      addGrams(from - 1, to + 1, characters[0], characters[1], characterSeed);
      points[from - 1] = first;
      points[to] = last;
    }
  };

  const addSymbols = (from: number, to: number): void => {
    const size = to - from < symbolRunMax ? to - from : symbolRunMax;
    add(Math.imul(symbolSeed ^ (points[from] as number), prime) + size);
  };

  const scan = (end: number): void => {
    let before = 0; // words directly before this one, without text of a spaceless script between
    for (let from = 1; from < end;) {
      const kind = classOf(points[from] as number);
      let to = from + 1;
      if (kind === symbol) while (to < end && points[to] === points[from]) to++;
      else while (to < end && classOf(points[to] as number) === kind) to++;
      if (kind === wordPart) addWord(from, to, before++);
      else if (kind === symbol) addSymbols(from, to);
      else if (kind === spaceless) {
        addGrams(from, to, cjk[0], cjk[1], cjkSeed);
        before = 0;
      }
      from = to;
    }
  };

  return (text) => {
    seenCount = 0;
    scan(decode(text));
    if (seenCount === 0) return { ids: new Int32Array(1), weights: new Float32Array(1) };
    const ids = seen.slice(0, seenCount);
    const weights = new Float32Array(seenCount);
    let squares = 0;
    for (let i = 0; i < seenCount; i++) {
      const id = ids[i] as number;
      const telling = relevance === null ? 1 : (relevance[id] as number);
      const weight = telling * (1 + Math.log(counts[id] as number));
      counts[id] = 0;
      weights[i] = weight;
      squares += weight * weight;
    }
    const scale = 1 / Math.sqrt(squares);
    for (let i = 0; i < seenCount; i++) weights[i] = (weights[i] as number) * scale;
    return { ids, weights };
  };
}

/** `ids` int64 [batch, length] and `weights` float32 [batch, length]; padding has id 0 and weight 0. */
export function textCodec(preprocessing: TextPreprocessing): Codec<TextFeatures> {
  return {
    read: textFeatures(preprocessing),
    length: ({ ids }) => ids.length,
    feeds(batch) {
      const length = Math.max(1, ...batch.map(({ ids }) => ids.length));
      const ids = new BigInt64Array(batch.length * length);
      const weights = new Float32Array(batch.length * length);
      for (const [i, features] of batch.entries()) {
        for (const [k, id] of features.ids.entries()) ids[i * length + k] = BigInt(id);
        weights.set(features.weights, i * length);
      }
      const dims = [batch.length, length];
      return { ids: { data: ids, dims }, weights: { data: weights, dims } };
    },
  };
}

export { textCodec as codec };
