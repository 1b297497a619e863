/**
 * Text to token ids and back. This file imports nothing: its compiled JavaScript is what an exported language model
 * carries, so both sides run the very same code. Id 0 is the end of a text in every vocabulary.
 */

/** The parameters, as JSON holds them. */
export type TokenizerParameters = WordVocabulary | CharacterVocabulary | BytePairVocabulary;

/** The most frequent segments of the training text; any other segment is unknown. */
export interface WordVocabulary {
  readonly kind: "words";
  readonly format: 1;
  /** Segments, frequent ones first; ids count from 2. */
  readonly words: readonly string[];
}

/** Code points; any other is unknown. */
export interface CharacterVocabulary {
  readonly kind: "characters";
  readonly format: 1;
  /** Characters, frequent ones first; ids count from 2. */
  readonly characters: readonly string[];
}

/**
 * Pairs of tokens that are joined, most useful first (Gage 1994; Sennrich et al. 2016), over the bytes of UTF-8, so that
 * nothing is unknown. Ids 1 to 256 are the bytes; the token that merge `i` makes has the id 257 + i.
 */
export interface BytePairVocabulary {
  readonly kind: "byte-pairs";
  readonly format: 1;
  readonly merges: readonly (readonly [left: number, right: number])[];
}

export interface Tokenizer {
  /** How many ids there are. */
  readonly size: number;
  /** What stands for everything the vocabulary lacks; null where nothing is lacking. */
  readonly unknown: number | null;
  /** Without an end of text. */
  encode(text: string): Int32Array<ArrayBuffer>;
  /** The pieces of the text that read as unknown, in order. */
  unknowns(text: string): string[];
  decode(ids: ArrayLike<number>): string;
  /** Decodes a token at a time; what is half of a character waits for its other half. */
  decoder(): TokenDecoder;
}

export interface TokenDecoder {
  /** The text that this token completes, perhaps none. */
  push(id: number): string;
  /** What was left waiting, as replacement characters. */
  end(): string;
}

export const endOfText = 0;
export const unknownToken = 1;
/** What an unknown token reads as. */
export const unknownText = "\u{fffd}";

/**
 * Pieces of text that a token never straddles; joined they are the text. A space belongs to the word after it, a line
 * break to itself (after the pattern of GPT-2; Radford et al. 2019). They are also the unit "word" of a perplexity.
 */
export function segments(text: string): string[] {
  return text.match(segmentPattern) ?? [];
}

const segmentPattern =
  /'(?:s|t|re|ve|m|ll|d)(?!\p{L})| ?\p{L}[\p{L}\p{M}]*| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s*[\r\n]+|\s+(?!\S)|\s+/gu;

export function openTokenizer(parameters: TokenizerParameters): Tokenizer {
  if (parameters.format !== 1) throw new Error("This tokenizer was written by another version of the program.");
  switch (parameters.kind) {
    case "words":
      return listTokenizer(parameters.words, segments);
    case "characters":
      return listTokenizer(parameters.characters, (text) => Array.from(text));
    case "byte-pairs":
      return bytePairTokenizer(parameters.merges);
  }
}

function listTokenizer(tokens: readonly string[], split: (text: string) => string[]): Tokenizer {
  const ids = new Map(tokens.map((token, i) => [token, i + 2]));
  const textOf = (id: number): string => (id === endOfText ? "" : (tokens[id - 2] ?? unknownText));
  return {
    size: tokens.length + 2,
    unknown: unknownToken,
    encode: (text) => Int32Array.from(split(text), (token) => ids.get(token) ?? unknownToken),
    unknowns: (text) => split(text).filter((token) => !ids.has(token)),
    decode: (given) => Array.from(given, textOf).join(""),
    decoder: () => ({ push: textOf, end: () => "" }),
  };
}

/** Texts whose segments are remembered with their ids; a language uses few of them often. */
const segmentsKeptMax = 50_000;

function bytePairTokenizer(merges: BytePairVocabulary["merges"]): Tokenizer {
  const size = 257 + merges.length;
  const ranks = new Map(merges.map(([left, right], i) => [left * size + right, i]));
  const bytes: Uint8Array[] = [new Uint8Array(0)];
  for (let byte = 0; byte < 256; byte++) bytes.push(Uint8Array.of(byte));
  for (const [left, right] of merges) {
    bytes.push(Uint8Array.of(...(bytes[left] as Uint8Array), ...(bytes[right] as Uint8Array)));
  }
  const utf8 = new TextEncoder();
  let kept = new Map<string, readonly number[]>();
  const encodeSegment = (segment: string): readonly number[] => {
    const known = kept.get(segment);
    if (known) return known;
    const ids = mergePairs(utf8.encode(segment), ranks, size);
    if (kept.size >= segmentsKeptMax) kept = new Map();
    if (segment.length < 64) kept.set(segment, ids);
    return ids;
  };
  const decoder = (): TokenDecoder => {
    const text = new TextDecoder("utf-8", { ignoreBOM: true });
    return {
      push: (id) => text.decode(bytes[id] ?? new Uint8Array(0), { stream: true }),
      end: () => text.decode(),
    };
  };
  return {
    size,
    unknown: null,
    encode(text) {
      const ids: number[] = [];
      for (const segment of segments(text)) for (const id of encodeSegment(segment)) ids.push(id);
      return Int32Array.from(ids);
    },
    unknowns: () => [],
    decode(ids) {
      const { push, end } = decoder();
      let text = "";
      for (let i = 0; i < ids.length; i++) text += push(ids[i] as number);
      return text + end();
    },
    decoder,
  };
}

/**
 * Joins neighbours, the pair of lowest rank first and of equals the leftmost. Ids stand at their first byte, with links
 * to the neighbours; a heap holds rank * length + position, which orders both at once. O(n log n).
 */
function mergePairs(bytes: Uint8Array, ranks: ReadonlyMap<number, number>, size: number): number[] {
  const length = bytes.length;
  const ids = Int32Array.from(bytes, (byte) => byte + 1); // 0: joined to the one before
  const next = Int32Array.from(ids, (_, i) => i + 1);
  const before = Int32Array.from(ids, (_, i) => i - 1);
  const heap: number[] = [];
  const rankAt = (i: number): number | undefined => {
    const right = next[i] as number;
    return right < length ? ranks.get((ids[i] as number) * size + (ids[right] as number)) : undefined;
  };
  const offer = (i: number): void => {
    const rank = rankAt(i);
    if (rank !== undefined) push(heap, rank * length + i);
  };
  for (let i = 0; i < length; i++) offer(i);
  for (let best = pop(heap); best !== undefined; best = pop(heap)) {
    const i = best % length;
    const rank = (best - i) / length;
    if (ids[i] === 0 || rankAt(i) !== rank) continue; // a neighbour was joined meanwhile
    const right = next[i] as number;
    const after = next[right] as number;
    ids[i] = 257 + rank;
    ids[right] = 0;
    next[i] = after;
    if (after < length) before[after] = i;
    offer(i);
    if ((before[i] as number) >= 0) offer(before[i] as number);
  }
  return Array.from(ids.filter((id) => id !== 0));
}

/** A binary heap of numbers, the smallest first. */
function push(heap: number[], value: number): void {
  let at = heap.push(value) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as number;
    if (above <= value) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = value;
}

function pop(heap: number[]): number | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (top === undefined || last === undefined || heap.length === 0) return top;
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
    if ((heap[child] as number) >= last) break;
    heap[at] = heap[child] as number;
    at = child;
  }
  heap[at] = last;
  return top;
}
