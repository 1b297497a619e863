import type { Codec } from "./codec.ts";
import { type TokenFeatures, type TokenPreprocessing, tokenCodec } from "./encoder/tokenizer.ts";
import {
  type TokensAndNgrams,
  type TokensAndNgramsPreprocessing,
  tokensAndNgramsCodec,
} from "./encoder/tokens-and-ngrams.ts";
import { type ImageFeatures, type ImagePreprocessing, imageCodec } from "./image-features.ts";
import type { LanguagePreprocessing } from "./language/preprocessing.ts";
import { type RowFeatures, type TablePreprocessing, tableCodec } from "./table-features.ts";
import { type TextFeatures, type TextPreprocessing, textCodec } from "./text-features.ts";
import { type TokenSequence, type TokenSequencePreprocessing, tokenSequenceCodec } from "./token-sequence.ts";
import { type WordSum, type WordVectorPreprocessing, wordVectorCodec } from "./word-vectors.ts";

/** The parameters by which an input becomes features, as `preprocessing.json` holds them. A union by `kind`. */
export type Preprocessing =
  | TextPreprocessing
  | TokenSequencePreprocessing
  | TokenPreprocessing
  | TokensAndNgramsPreprocessing
  | LanguagePreprocessing
  | WordVectorPreprocessing
  | TablePreprocessing
  | ImagePreprocessing;

type Kind = Preprocessing["kind"];
type Of<K extends Kind> = Extract<Preprocessing, { readonly kind: K }>;

/** What a codec's `read` gives; each codec takes its own kind only. */
export type Features =
  | TextFeatures
  | WordSum
  | TokenSequence
  | TokenFeatures
  | TokensAndNgrams
  | RowFeatures
  | ImageFeatures;

interface Entry<K extends Kind> {
  open(preprocessing: Of<K>): Codec<Features>;
  /** The file that exported folders carry, compiled; it imports nothing but `beside` and exports `codec`. */
  readonly module: string;
  /** Further files that go with it, by the path it imports them by. */
  readonly beside?: readonly string[];
  /** Packages that it needs all the same. */
  readonly packages: (preprocessing: Of<K>) => readonly string[];
}

const entries: { readonly [K in Kind]: Entry<K> } = {
  "hashed-ngrams": { open: textCodec, module: "./text-features.js", packages: () => [] },
  "token-sequence": {
    open: tokenSequenceCodec,
    module: "./token-sequence.js",
    packages: ({ unit }) => (unit === "chinese-words" ? ["@node-rs/jieba"] : []),
  },
  tokens: { open: tokenCodec, module: "./encoder/tokenizer.js", packages: () => [] },
  "tokens-and-ngrams": {
    open: tokensAndNgramsCodec,
    module: "./encoder/tokens-and-ngrams.js",
    beside: ["./encoder/tokenizer.js", "./text-features.js"],
    packages: () => [],
  },
  "table-row": { open: tableCodec, module: "./table-features.js", packages: () => [] },
  image: {
    open: imageCodec,
    module: "./image-features.js",
    beside: ["../kernel/picture.js", "../kernel/png.js"],
    packages: () => ["jpeg-js"],
  },
  "word-vectors": { open: wordVectorCodec, module: "./word-vectors.js", packages: () => [] },
  language: { open: refuseLanguage, module: "./tokenizers/tokenizer.js", packages: () => [] },
};

/** A language model is no predictor: `openLanguageModel` reads for it. */
function refuseLanguage(): Codec<never> {
  const refuse = (): never => {
    throw new Error("This endpoint writes text: ask it at /v1/completions.");
  };
  return { read: refuse, length: refuse, feeds: refuse };
}

const entryOf = <K extends Kind>(kind: K): Entry<K> => entries[kind];

export function openCodec(preprocessing: Preprocessing): Codec<Features> {
  return entryOf(preprocessing.kind).open(preprocessing);
}

/** What an exported folder needs to read inputs: a module beside this one, and packages. */
export function exportedCodec(preprocessing: Preprocessing): {
  readonly module: string;
  readonly beside: readonly string[];
  readonly packages: readonly string[];
} {
  const { module, beside = [], packages } = entryOf(preprocessing.kind);
  return { module, beside, packages: packages(preprocessing) };
}
