/**
 * Text for a pretrained encoder and for a bag of n-grams beside it: the encoder knows what words mean, the n-grams learn
 * how this domain writes. Exported folders carry this file with the two that it imports.
 */
import type { Codec } from "../codec.ts";
import { type TextFeatures, type TextPreprocessing, textCodec } from "../text-features.ts";
import { type TokenFeatures, type TokenPreprocessing, tokenCodec } from "./tokenizer.ts";

/** The parameters, as `preprocessing.json` holds them. */
export interface TokensAndNgramsPreprocessing {
  readonly kind: "tokens-and-ngrams";
  /** Raised when the same parameters would give other features. */
  readonly format: 1;
  readonly tokens: TokenPreprocessing;
  readonly ngrams: TextPreprocessing;
}

export interface TokensAndNgrams {
  readonly tokens: TokenFeatures;
  readonly ngrams: TextFeatures;
}

/** The inputs of both; batches are by the length of the tokens. */
export function tokensAndNgramsCodec({ tokens, ngrams }: TokensAndNgramsPreprocessing): Codec<TokensAndNgrams> {
  const [pieces, grams] = [tokenCodec(tokens), textCodec(ngrams)];
  return {
    read: (text) => ({ tokens: pieces.read(text), ngrams: grams.read(text) }),
    length: (features) => pieces.length(features.tokens),
    feeds: (batch) => ({
      ...pieces.feeds(batch.map((features) => features.tokens)),
      ...grams.feeds(batch.map((features) => features.ngrams)),
    }),
  };
}

export { tokensAndNgramsCodec as codec };
