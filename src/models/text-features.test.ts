import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha256 } from "../kernel/hash.ts";
import { smallPreprocessing } from "./testing/small-model.ts";
import { type TextPreprocessing, textFeatures } from "./text-features.ts";

const wide: TextPreprocessing = { ...smallPreprocessing, buckets: 2 ** 17 };
const wordsOnly: TextPreprocessing = { ...wide, characters: null };
const count = (text: string, preprocessing = wordsOnly): number => textFeatures(preprocessing)(text).ids.length;
const sorted = (text: string, preprocessing = wordsOnly): number[] =>
  [...textFeatures(preprocessing)(text).ids].sort((a, b) => a - b);

describe("the number of different features", () => {
  const table: [story: string, text: string, preprocessing: TextPreprocessing, features: number][] = [
    ["two words and their pair", "free money", wordsOnly, 3],
    ["words only, no pairs", "free money", { ...wordsOnly, words: 1 }, 2],
    ["a repeated word counts, it is not new", "spam spam spam", wordsOnly, 2],
    ["<cat>: 3 + 2 of 3 and 4 characters", "cat", wide, 1 + 3 + 2],
    ["Chinese: 3 characters, 2 pairs, 1 triple", "很好吃", wordsOnly, 6],
    ["Japanese kana are as Chinese", "すし", wordsOnly, 3],
    ["a pair does not reach over Chinese text", "ok 好 ok", wordsOnly, 2],
    ["words on both sides of a comma are a pair, and the comma is one", "yes, no", wordsOnly, 4],
    ["a character outside the basic plane is one character", "𠀀", wordsOnly, 1],
    ["an emoji is a symbol", "👍", wordsOnly, 1],
    ["full-width letters are letters", "FREE", wordsOnly, 1],
  ];
  it.each(table)("%s", (_story, text, preprocessing, features) => {
    expect(count(text, preprocessing)).toBe(features);
  });
});

describe("texts that read the same", () => {
  const table: [story: string, a: string, b: string][] = [
    ["upper and lower case", "FREE Money", "free money"],
    ["full-width and half-width", "FREE 100", "free 100"],
    ["composed and combining accents", "caf\u00e9", "cafe\u0301"],
    ["any space", "a\u00a0b", "a \n\t b"],
    ["many exclamation marks", "now!!!!!!!!!", "now!!!"],
  ];
  it.each(table)("%s", (_story, a, b) => expect(sorted(a)).toEqual(sorted(b)));
});

describe("texts that do not", () => {
  const table: [story: string, a: string, b: string][] = [
    ["the order of words", "man bites dog", "dog bites man"],
    ["one and three exclamation marks", "now!", "now!!!"],
    ["Chinese order", "不好吃", "好不吃"],
  ];
  it.each(table)("%s", (_story, a, b) => expect(sorted(a)).not.toEqual(sorted(b)));
});

describe("an empty text", () => {
  it.each([[""], [" \n\t "], ["\u200b"]])("has one feature of weight zero: %j", (text) => {
    const { ids, weights } = textFeatures(wide)(text);
    expect([...ids]).toEqual([0]);
    expect([...weights]).toEqual([0]);
  });
});

it("reads no further than it is told", () => {
  const first = { ...wordsOnly, charsMax: 4 };
  expect(sorted("free money", first)).toEqual(sorted("free"));
});

it("weighs by 1 + ln(count), scaled to length 1", () => {
  const { weights } = textFeatures({ ...wordsOnly, words: 1 })("a a b");
  const [a, b] = [1 + Math.LN2, 1];
  expect(weights[0]).toBeCloseTo(a / Math.hypot(a, b), 6);
  expect(weights[1]).toBeCloseTo(b / Math.hypot(a, b), 6);
});

it("leaves out buckets without relevance and weighs the others by it", () => {
  const words = { ...wordsOnly, words: 1 };
  const [common, telling] = [textFeatures(words)("the").ids[0] ?? 0, textFeatures(words)("viagra").ids[0] ?? 0];
  const bytes = new Uint8Array(words.buckets);
  bytes[telling] = 200;
  const relevance = Buffer.from(bytes).toString("base64");
  const weighed = textFeatures({ ...words, relevance });
  expect([...weighed("the viagra").ids]).toEqual([telling]);
  expect([...weighed("the").weights]).toEqual([0]);
  bytes[common] = 100;
  const both = textFeatures({ ...words, relevance: Buffer.from(bytes).toString("base64") })("the viagra");
  expect(both.weights[1]).toBeCloseTo(2 * (both.weights[0] ?? 0), 6);
});

it("is the same for ever: whoever changes it must raise the format", () => {
  const text = "Dear friend, WIN $1,000,000 now!!! 恭喜您中奖了 — привет мир, こんにちは 👍 𠀀𠀁 ﬁne";
  const { ids, weights } = textFeatures(wide)(text);
  expect(sha256(new Uint8Array(ids.buffer))).toBe("d46a6f82c2a34a41432e7163217c357be1901173cdee71f2975387dc7dc7bd23");
  expect(sha256([...weights].map((weight) => weight.toFixed(5)).join(" "))).toBe(
    "ef25ff8aa253b53e824c8c875abb581a02daa59660a15ca65c6b375fa3252f69",
  );
});

it("refuses preprocessing of another format", () => {
  expect(() => textFeatures({ ...wide, format: 2 as 1 })).toThrow(/another version/);
});

it("gives unique ids below the buckets, weights of length 1, and does not remember the text before", () => {
  const features = textFeatures(wide);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.string({ maxLength: 50 }), (text, other) => {
      const { ids, weights } = features(text);
      features(other);
      const again = features(text);
      expect(again.ids).toEqual(ids);
      expect(again.weights).toEqual(weights);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.every((id) => id >= 0 && id < wide.buckets)).toBe(true);
      const squares = weights.reduce((sum, weight) => sum + weight * weight, 0);
      expect(squares === 0 || Math.abs(squares - 1) < 1e-5).toBe(true);
    }),
    { seed: 20, numRuns: 300 },
  );
});
