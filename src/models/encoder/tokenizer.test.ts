import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readHuggingFaceTokenizer, readVocabulary } from "./hugging-face.ts";
import { pieceIds, tokenCodec, type Tokenizer, type Unigram } from "./tokenizer.ts";

const pieces: Unigram["pieces"] = [
  ["<unk>", 0],
  ["<s>", 0],
  ["▁", -3],
  ["▁the", -1],
  ["▁th", -2],
  ["e", -2.5],
  ["▁cat", -2],
  ["c", -4],
  ["a", -4],
  ["t", -4],
  ["at", -3.5],
  ["s", -3],
  ["𝒳", -5],
];
const unigram: Tokenizer = {
  normalize: [
    { kind: "unicode", form: "NFKC" },
    { kind: "replace", pattern: "\\s+", by: " " },
    { kind: "strip", left: true, right: true },
  ],
  split: [{ kind: "metaspace", mark: "▁", prepend: true }],
  model: { type: "unigram", pieces, unknown: 0, reserved: [1] },
  before: [],
  after: [],
  padding: 0,
};

describe("SentencePiece's unigram model", () => {
  const ids = pieceIds(unigram);
  const texts: readonly (readonly [string, readonly number[]])[] = [
    ["the cats", [3, 6, 11]],
    ["  the \n cats ", [3, 6, 11]],
    ["at", [2, 10]], //      ▁ at: -6.5, ▁ a t: -11
    ["ﬃ", [2, 0]], //        normalized to three letters nobody knows: one unknown
    ["thxyze", [4, 0, 5]], // neighbouring unknowns are one
    ["𝒳", [2, 0]], //        NFKC makes it an X
    ["<s>", [2, 0, 11, 0]], // a mark in a text is text
    ["", []],
  ];
  test.each(texts)("%j", (text, wanted) => expect(ids(text)).toEqual(wanted));

  test("its score is the best of all segmentations", () => {
    const known = new Map(pieces.map(([piece, score]) => [piece, score]));
    const best = (word: string): number => {
      if (word === "") return 0;
      let top = -Infinity;
      for (let end = 1; end <= word.length; end++) {
        const score = known.get(word.slice(0, end));
        if (score !== undefined && score < 0) top = Math.max(top, score + best(word.slice(end)));
      }
      return top;
    };
    const words = fc.string({
      unit: fc.constantFrom("t", "e", "c", "a", "s", "at", "cat"),
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(words, (word) => {
        const found = ids(word).map((id) => pieces[id]![1]);
        fc.pre(!ids(word).includes(0));
        expect(found.reduce((sum, score) => sum + score, 0)).toBeCloseTo(best(`▁${word}`), 10);
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  test("a surrogate pair is one code point", () => {
    const raw = pieceIds({ ...unigram, normalize: [] });
    expect(raw("𝒳😀")).toEqual([2, 12, 0]);
  });
});

const vocabulary = "[PAD] [UNK] [CLS] [SEP] the bank ##ing ##s cafe un ##aff ##able ! , - 中 文 wire ##d $ 5 ##0".split(
  " ",
);

/** As `@huggingface/tokenizers` 0.2.0 reads the same vocabulary. */
const bertIds: readonly (readonly [string, readonly number[]])[] = [
  ["The banking,  cafés!", [2, 4, 5, 6, 13, 8, 7, 12, 3]],
  ["unaffable\tbanks 中文 x", [2, 9, 10, 11, 5, 7, 15, 16, 1, 3]],
  ["$50 wired-the", [2, 19, 20, 21, 17, 18, 14, 4, 3]],
  ["", [2, 3]],
  ["Ünaffable\u200d bank", [2, 9, 10, 11, 5, 3]],
];

const huggingFace = {
  added_tokens: ["[PAD]", "[UNK]", "[CLS]", "[SEP]"].map((content, id) => ({ id, content, special: true })),
  normalizer: {
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: {
    type: "TemplateProcessing",
    single: [
      { SpecialToken: { id: "[CLS]", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
      { SpecialToken: { id: "[SEP]", type_id: 0 } },
    ],
  },
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    vocab: Object.fromEntries(vocabulary.map((piece, id) => [piece, id])),
  },
};

describe("BERT's tokenizer", () => {
  test.each([
    ["tokenizer.json", readHuggingFaceTokenizer(huggingFace)],
    ["vocab.txt", readVocabulary(`${vocabulary.join("\n")}\n`)],
  ] as const)("from %s", (_, tokenizer) => {
    const { read } = tokenCodec({
      kind: "tokens",
      format: 1,
      tokenizer,
      lengthMax: 20,
      inputs: { ids: "i", mask: "m", types: "t" },
    });
    for (const [text, wanted] of bertIds) expect(Array.from(read(text)), text).toEqual(wanted);
  });

  test("with case", () => {
    expect(pieceIds(readVocabulary(vocabulary.join("\n"), { lowercase: false }))("The the")).toEqual([1, 4]);
  });
});

test("a batch is padded, its mask says what is real, a long text is cut before its last mark", () => {
  const tokenizer = readHuggingFaceTokenizer(huggingFace);
  const inputs = { ids: "input_ids", mask: "attention_mask", types: "token_type_ids" };
  const codec = tokenCodec({ kind: "tokens", format: 1, tokenizer, lengthMax: 4, inputs });
  const features = ["the", "the bank the bank"].map(codec.read);
  expect(features.map(codec.length)).toEqual([3, 4]);
  const feeds = codec.feeds(features);
  expect(Array.from(feeds["input_ids"]!.data, Number)).toEqual([2, 4, 3, 0, 2, 4, 5, 3]);
  expect(Array.from(feeds["attention_mask"]!.data, Number)).toEqual([1, 1, 1, 0, 1, 1, 1, 1]);
  expect(feeds["token_type_ids"]).toMatchObject({ dims: [2, 4] });
  const bare = tokenCodec({
    kind: "tokens",
    format: 1,
    tokenizer: unigram,
    lengthMax: 4,
    inputs: { ids: "i", mask: null, types: null },
  });
  expect(Array.from(bare.read(""))).toEqual([0]);
  expect(Object.keys(bare.feeds([bare.read("the")]))).toEqual(["i"]);
});

describe("Hugging Face's tokenizer.json", () => {
  test("a Unigram model with its parts in sequences", () => {
    const tokenizer = readHuggingFaceTokenizer({
      added_tokens: [{ id: 1, content: "<s>", special: true }],
      normalizer: {
        type: "Sequence",
        normalizers: [{ type: "NFKC" }, { type: "Replace", pattern: { Regex: " {2,}" }, content: " " }],
      },
      pre_tokenizer: {
        type: "Sequence",
        pretokenizers: [{ type: "WhitespaceSplit" }, { type: "Metaspace", replacement: "▁", prepend_scheme: "always" }],
      },
      post_processor: null,
      model: { type: "Unigram", vocab: pieces, unk_id: 0 },
    });
    expect(pieceIds(tokenizer)("the  cats")).toEqual([3, 6, 11]);
  });

  const refused: readonly (readonly [object, string])[] = [
    [{ model: { type: "BPE" } }, 'the model "BPE" is not supported'],
    [{ ...huggingFace, normalizer: { type: "Precompiled" } }, 'the normalizer "Precompiled" is not supported'],
    [{ ...huggingFace, pre_tokenizer: { type: "ByteLevel" } }, 'the pre-tokenizer "ByteLevel" is not supported'],
    [{ ...huggingFace, post_processor: { type: "Magic" } }, 'the post-processor "Magic" is not supported'],
    [{ model: { type: "Unigram", vocab: "?" } }, "not a tokenizer: vocab"],
    [{ ...huggingFace, model: { ...huggingFace.model, unk_token: "?" } }, 'there is no token "?"'],
  ];
  test.each(refused)("%#: refused by name", (json, message) => {
    expect(() => readHuggingFaceTokenizer(json)).toThrow(message);
  });
});
