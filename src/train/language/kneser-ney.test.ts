import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { learnWords, openTokenizer } from "../../models/index.ts";
import { discountsFrom, kneserNeyTrigrams } from "./kneser-ney.ts";
import { learnSpelling, perplexities, tell } from "./spelling.ts";

describe("Kneser-Ney", () => {
  it("is what one computes by hand", () => {
    // a = 2, b = 3; the text "a b a b" and its end. Too small for estimated discounts, so each is 0.75.
    const [a, b] = [2, 3];
    const scores = kneserNeyTrigrams([[a, b, a, b]], 4).score([b, a, b]);
    // continuations: a follows {end, b}, b follows {a}, end follows {b}: 4 in all, 3 * 0.75 freed
    const p1 = { a: (2 - 0.75 + 2.25 / 4) / 4, b: (1 - 0.75 + 2.25 / 4) / 4 };
    const p2 = { bAfterA: (2 - 0.75 + 0.75 * p1.b) / 2, aAfterB: (1 - 0.75 + 1.5 * p1.a) / 2 };
    const expected = [
      0.75 * ((1 * 0.75 * p1.b) / 1), //      b after end, end: never seen after one end, nor after two
      p2.aAfterB, //                          a after end, b: never a context of three
      1 - 0.75 + 0.75 * p2.bAfterA, //        b after b, a: seen once
      0.5 * (1 - 0.75 + 1.5 * ((1 - 0.75 + 1.5 * ((1 - 0.75 + 2.25 / 4) / 4)) / 2)), // end after a, b
    ];
    expect([...scores].map((score) => Math.exp(score).toFixed(9))).toEqual(expected.map((p) => p.toFixed(9)));
  });

  it("estimates its discounts from how many n-grams are rare", () => {
    // Y = 8 / (8 + 2 * 4) = 0.5
    expect(discountsFrom([0, 8, 4, 2, 1])).toEqual([
      1 - (2 * 0.5 * 4) / 8,
      2 - (3 * 0.5 * 2) / 4,
      3 - (4 * 0.5 * 1) / 2,
    ]);
    expect(discountsFrom([0, 0, 3, 2, 1])).toEqual([0.75, 0.75, 0.75]);
    expect(discountsFrom([0, 1, 2, 900, 1])).toEqual([expect.closeTo(0.2), 0.75, expect.closeTo(2.9991)]);
  });

  it("gives every context probabilities that sum to 1", () => {
    const text = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 40 });
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 0, max: 4 }),
        (texts, x, y) => {
          const trigrams = kneserNeyTrigrams(texts, 5);
          // the last score of [x, y] is of the end after them; a longer text tells the rest
          const end = Math.exp(trigrams.score([x, y])[2] ?? 0);
          const others = [1, 2, 3, 4].map((token) => Math.exp(trigrams.score([x, y, token])[2] ?? 0));
          expect([end, ...others].reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
        },
      ),
      { seed: 6, numRuns: 200 },
    );
  });
});

describe("units", () => {
  const texts = ["the whale", "the whale", "the sea", "the ship"];
  const tokenizer = openTokenizer(learnWords(texts, 4)); // knows "the" and " whale"

  it("an unknown word costs what it takes to spell it", () => {
    const spelling = learnSpelling(tokenizer, texts);
    expect(spelling.nats("the whale")).toBe(0);
    expect(spelling.nats("the sea")).toBeGreaterThan(1);
    expect(spelling.nats("the zoo")).toBeGreaterThan(spelling.nats("the sea") + Math.log(0x110000)); // z, o, o
  });

  it("a text told token by token", () => {
    const scores = [Math.log(0.5), Math.log(0.25), Math.log(0.5)];
    const told = tell("the whale", scores, learnSpelling(tokenizer, texts));
    expect(told).toEqual({ nats: Math.log(16), spelling: 0, words: 3, characters: 10, tokens: 3 });
    expect(perplexities([told, told])).toEqual({
      perWord: expect.closeTo(16 ** (1 / 3)),
      perWordUnspelled: expect.closeTo(16 ** (1 / 3)),
      bitsPerCharacter: expect.closeTo(0.4),
    });
  });
});
