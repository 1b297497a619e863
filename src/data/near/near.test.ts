import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../kernel/random.ts";
import { groupNearDuplicates, nearDuplicateJaccardMin } from "./groups.ts";
import { packSketch, sketchOf, unpackSketch } from "./minhash.ts";
import { jaccard, shinglesOf } from "./shingles.ts";

const similarity = (a: string, b: string): number => jaccard(shinglesOf(a), shinglesOf(b));

async function groupsOf(texts: readonly string[]): Promise<number[]> {
  const shingles = texts.map(shinglesOf);
  const groups = await groupNearDuplicates({
    sketches: shingles.map((one) => sketchOf(one)),
    knownCount: 0,
    knownGroupOf: () => "",
    shinglesAt: async (i) => shingles[i]!,
  });
  return texts.map((_, i) => groups.find(i));
}

const advert =
  "Dear friend, we have a wonderful offer for you today: buy two bottles of our herbal remedy and get the third one " +
  "for free, delivered to your door within three days, no questions asked, your money back if you are not happy.";

describe("similarity of two texts", () => {
  it.each([
    ["the same text", advert, advert, 1, 1],
    ["case and punctuation do not count", "Hello, World! How are you?", "hello world how are you", 1, 1],
    ["one word of forty changed", advert, advert.replace("friend", "Mary"), 0.9, 0.99],
    ["a short question about another thing", "show me my balance please", "show me my card please", 0, 0.3],
    [
      "one character of a Chinese sentence",
      "送餐速度很快味道也不错下次还会再来点餐的",
      "送餐速度很快味道也不错下次还会再来点菜的",
      0.7,
      0.9,
    ],
    ["another Chinese sentence", "送餐速度很快味道也不错", "等了两个小时还没有送到", 0, 0.1],
    ["two words, the same", "thank you", "Thank you!", 1, 1],
    ["two words, others", "thank you", "thank god", 0, 0],
    ["only emoji", "👍👍", "👍👍", 1, 1],
    ["only punctuation, not the same", "!!!", "???", 0, 0],
  ])("%s", (_story, a, b, atLeast, atMost) => {
    const value = similarity(a, b);
    expect(value).toBeGreaterThanOrEqual(atLeast);
    expect(value).toBeLessThanOrEqual(atMost);
  });

  it("is what sets say it is", () => {
    const tokens = fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 3, maxLength: 30 });
    const naive = (words: readonly string[]): Set<string> =>
      new Set(words.slice(2).map((_, i) => words.slice(i, i + 3).join(" ")));
    fc.assert(
      fc.property(tokens, tokens, (left, right) => {
        const a = naive(left);
        const b = naive(right);
        const shared = [...a].filter((s) => b.has(s)).length;
        expect(similarity(left.join(" "), right.join(" "))).toBeCloseTo(shared / (a.size + b.size - shared), 10);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe("groups", () => {
  it("joins the variants of one advert, through each other if need be, and nothing else", async () => {
    const words = advert.split(" ");
    const first = [...words, "aaa"].join(" ");
    const second = ["bbb", ...words].join(" ");
    const texts = [
      first,
      "Where is my parcel? It was sent a week ago.",
      second,
      advert,
      "Lunch at noon?",
      "lunch, at noon",
    ];
    expect(await groupsOf(texts)).toEqual([0, 1, 0, 0, 4, 4]);
  });

  it("finds what comparing every pair finds", async () => {
    const random = seededRandom(11);
    const vocabulary = Array.from({ length: 300 }, (_, i) => `word${i}`);
    const sentence = (): string[] =>
      Array.from({ length: 20 + random.below(40) }, () => vocabulary[random.below(300)]!);
    const texts: string[] = [];
    for (let i = 0; i < 60; i++) {
      const words = sentence();
      for (let copy = 0; copy < 4; copy++) {
        const changes = random.below(4);
        const variant = [...words];
        for (let k = 0; k < changes; k++) variant[random.below(variant.length)] = vocabulary[random.below(300)]!;
        texts.push(variant.join(" "));
      }
    }
    const found = await groupsOf(texts);
    let near = 0;
    let missed = 0;
    for (let i = 0; i < texts.length; i++) {
      for (let j = 0; j < i; j++) {
        if (similarity(texts[i]!, texts[j]!) < nearDuplicateJaccardMin) continue;
        near++;
        if (found[i] !== found[j]) missed++;
      }
    }
    expect(near).toBeGreaterThan(50);
    expect(missed).toBe(0);
  });

  it("a thousand copies of a template cost a thousand comparisons, not a million", async () => {
    let asked = 0;
    const texts = Array.from({ length: 1_000 }, (_, i) => `${advert} Your number is ${i}.`);
    const shingles = texts.map(shinglesOf);
    const groups = await groupNearDuplicates({
      sketches: shingles.map((one) => sketchOf(one)),
      knownCount: 0,
      knownGroupOf: () => "",
      shinglesAt: async (i) => (asked++, shingles[i]!),
    });
    expect(texts.every((_, i) => groups.find(i) === 0)).toBe(true);
    expect(asked).toBeLessThan(10_000);
  });
});

it("a sketch survives its packed form", () => {
  const sketch = sketchOf(shinglesOf(advert));
  expect(unpackSketch(packSketch(sketch))).toEqual(sketch);
});
