import {
  type Features,
  type OpenEncoder,
  type Preprocessing,
  type TextPreprocessing,
  type TokenFeatures,
  type TokensAndNgrams,
  tokensAndNgramsCodec,
} from "../../../models/index.ts";
import { type Batch, type Scope, type Tensor, embeddingBag, zeros } from "../../../tensor/index.ts";
import type { TextEncoderRecipe } from "./recipe.ts";
import type { SettledNgrams } from "./settle.ts";

type Ngrams = NonNullable<TextEncoderRecipe["ngrams"]>;

/** How a text is read for the encoder, and for the n-grams beside it where there are any. */
export interface Reading<F extends Features> {
  readonly preprocessing: Preprocessing;
  read(text: string): F;
  tokens(features: F): TokenFeatures;
  readonly bags: ((batch: readonly F[]) => NonNullable<Batch["bags"]>) | null;
}

export function withoutNgrams({ preprocessing, read }: OpenEncoder): Reading<TokenFeatures> {
  return { preprocessing, read, tokens: (features) => features, bags: null };
}

export function withNgrams(encoder: OpenEncoder, { bucket_bits, words, characters }: Ngrams): Reading<TokensAndNgrams> {
  const ngrams: TextPreprocessing = {
    kind: "hashed-ngrams",
    format: 1,
    buckets: 2 ** bucket_bits,
    words,
    characters,
    cjk: [1, 2],
    charsMax: 20_000,
    relevance: null,
  };
  const preprocessing = { kind: "tokens-and-ngrams", format: 1, tokens: encoder.preprocessing, ngrams } as const;
  return {
    preprocessing,
    read: tokensAndNgramsCodec(preprocessing).read,
    tokens: (features) => features.tokens,
    bags: (batch) => ({ ngrams: batch.map((features) => features.ngrams) }),
  };
}

/** What the n-grams add to the logits [batch, classes]: nothing at first. A table's rows are multiples of 4 numbers. */
export function ngramBag(scope: Scope, { bucket_bits, scale }: SettledNgrams, classes: number): Tensor {
  const width = Math.ceil(classes / 4) * 4;
  const bag = embeddingBag(scope, "ngrams", { rows: 2 ** bucket_bits, width, initial: zeros });
  return bag.slice(1, 0, classes).mul(scale);
}
