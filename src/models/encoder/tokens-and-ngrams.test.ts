import { expect, test } from "vitest";
import { readVocabulary } from "./hugging-face.ts";
import { tokensAndNgramsCodec } from "./tokens-and-ngrams.ts";

test("one text feeds the encoder and the bag beside it", () => {
  const codec = tokensAndNgramsCodec({
    kind: "tokens-and-ngrams",
    format: 1,
    tokens: {
      kind: "tokens",
      format: 1,
      tokenizer: readVocabulary("[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\nbank\n"),
      lengthMax: 8,
      inputs: { ids: "input_ids", mask: "attention_mask", types: null },
    },
    ngrams: {
      kind: "hashed-ngrams",
      format: 1,
      buckets: 64,
      words: 2,
      characters: null,
      cjk: [1, 2],
      charsMax: 100,
      relevance: null,
    },
  });
  const features = ["the bank", "bank"].map(codec.read);
  expect(features.map(codec.length)).toEqual([4, 3]);
  expect(features.map(({ ngrams }) => ngrams.ids.length)).toEqual([3, 1]); // two words and their pair; one word
  const feeds = codec.feeds(features);
  expect(Object.entries(feeds).map(([name, { dims }]) => [name, dims])).toEqual([
    ["input_ids", [2, 4]],
    ["attention_mask", [2, 4]],
    ["ids", [2, 3]],
    ["weights", [2, 3]],
  ]);
});
