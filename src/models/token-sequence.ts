/**
 * Text to a sequence of token ids. This file imports nothing of ours but types: its compiled JavaScript is what an
 * exported model folder carries as `preprocessing.mjs`, so both sides run the very same code.
 */
import { createRequire } from "node:module";
import type { Codec } from "./codec.ts";

/**
 * What a token is. `words`: runs of letters and digits, other characters one by one. `characters`: code points but white
 * space. `chinese-words`: as jieba cuts them (package `@node-rs/jieba`).
 */
export type TokenUnit = "words" | "characters" | "chinese-words";

/** The parameters, as `preprocessing.json` holds them. */
export interface TokenSequencePreprocessing {
  readonly kind: "token-sequence";
  /** Raised when the same parameters would give other features. */
  readonly format: 1;
  readonly unit: TokenUnit;
  /** Known tokens, most frequent first; the first one has the id 2. */
  readonly vocabulary: readonly string[];
  /** Tokens of a sequence; a longer text is cut. */
  readonly lengthMax: number;
  /** What a longer text keeps: its first tokens, its last, or half of them from each end. */
  readonly keep: "head" | "tail" | "ends";
  /** UTF-16 units that are read; the rest of a longer text is not. */
  readonly charsMax: number;
}

/** Ids in the order of the text: 1 for a token that is not known. At least one. */
export type TokenSequence = Int32Array<ArrayBuffer>;

const paddingId = 0;
const unknownId = 1;
const firstId = 2;

/** Cuts a text, read in NFKC and lower case, into tokens. */
export function tokenizer({ unit, charsMax }: Pick<TokenSequencePreprocessing, "unit" | "charsMax">): Cut {
  const cut = cutters[unit]();
  return (text) => cut((text.length > charsMax ? text.slice(0, charsMax) : text).normalize("NFKC").toLowerCase());
}

/** A character of text that is written without spaces; a word with its inner apostrophes; any other mark. */
const wordPattern =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{N}\p{M}])+(?:['’]\p{L}+)*|[^\s\p{Cc}\p{Cf}\p{Z}]/gu;

const cutters: { readonly [U in TokenUnit]: () => Cut } = {
  words: () => (text) => text.match(wordPattern) ?? [],
  characters: () => (text) => Array.from(text.replace(/[\s\p{Cc}\p{Cf}\p{Z}]+/gu, "")),
  "chinese-words": () => {
    const cut = jieba();
    return (text) => cut(text).filter((word) => !/^[\s\p{Cc}\p{Cf}\p{Z}]*$/u.test(word));
  },
};

interface JiebaModule {
  readonly Jieba: { withDict(dict: Uint8Array): { cut(text: string, hmm: boolean): string[] } };
}

type Cut = (text: string) => string[];

/** Its dictionary takes half a second and some 100 MB, so a process loads it once; who reads other text never does. */
let jiebaCut: Cut | undefined;

function jieba(): Cut {
  if (jiebaCut) return jiebaCut;
  const require = createRequire(import.meta.url);
  const { Jieba } = require("@node-rs/jieba") as JiebaModule;
  const { dict } = require("@node-rs/jieba/dict") as { readonly dict: Uint8Array };
  const segmenter = Jieba.withDict(dict);
  jiebaCut = (text) => segmenter.cut(text, true);
  return jiebaCut;
}

function cutTo(tokens: string[], { lengthMax, keep }: TokenSequencePreprocessing): string[] {
  if (tokens.length <= lengthMax) return tokens;
  const head = { head: lengthMax, tail: 0, ends: Math.ceil(lengthMax / 2) }[keep];
  return [...tokens.slice(0, head), ...tokens.slice(tokens.length - (lengthMax - head))];
}

/** `tokens` int32 [batch, length], padded with 0, and `lengths` int32 [batch]. */
export function sequenceFeeds(batch: readonly TokenSequence[]): {
  readonly [input in "tokens" | "lengths"]: { readonly data: TokenSequence; readonly dims: readonly number[] };
} {
  const lengths = Int32Array.from(batch, (sequence) => sequence.length);
  const length = Math.max(...lengths);
  const tokens = new Int32Array(batch.length * length).fill(paddingId);
  for (const [row, sequence] of batch.entries()) tokens.set(sequence, row * length);
  return { tokens: { data: tokens, dims: [batch.length, length] }, lengths: { data: lengths, dims: [batch.length] } };
}

export function tokenSequenceCodec(preprocessing: TokenSequencePreprocessing): Codec<TokenSequence> {
  const tokensOf = tokenizer(preprocessing);
  const ids = new Map(preprocessing.vocabulary.map((token, i) => [token, firstId + i]));
  return {
    read(text) {
      const tokens = cutTo(tokensOf(text), preprocessing);
      return tokens.length === 0
        ? Int32Array.of(unknownId)
        : Int32Array.from(tokens, (token) => ids.get(token) ?? unknownId);
    },
    length: (sequence) => sequence.length,
    feeds: sequenceFeeds,
  };
}

export { tokenSequenceCodec as codec };
