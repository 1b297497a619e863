import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { learnBytePairs, learnCharacters, learnWords } from "./learn.ts";
import { type TokenizerParameters, openTokenizer, segments, unknownText, unknownToken } from "./tokenizer.ts";

const texts = [
  "Call me Ishmael. Some years ago\u2014never mind how long precisely",
  "It is not down in any map; true places never are.\n\nThe whale's jaw, the whale's eye, 1851.",
  "春江潮水连海平,海上明月共潮生。",
];

describe("segments", () => {
  const rows: readonly [story: string, text: string, expected: string[]][] = [
    ["a space belongs to the word after it", "the white whale", ["the", " white", " whale"]],
    ["an ending of a word is its own", "the whale's", ["the", " whale", "'s"]],
    ["a quote is no ending", "'sea", ["'", "sea"]],
    ["marks stay together", "Thar! \u201cshe blows!\u201d", ["Thar", "!", " \u201c", "she", " blows", "!\u201d"]],
    ["of several spaces the last goes with the word", "a   b", ["a", "  ", " b"]],
    ["line breaks stand alone, with blanks before them", "end. \n\nNext", ["end", ".", " \n\n", "Next"]],
    ["numbers", "in 1851 a", ["in", " 1851", " a"]],
    ["accents that are written apart", "cafe\u0301 x", ["cafe\u0301", " x"]],
    ["nothing", "", []],
  ];
  it.each(rows)("%s", (_, text, expected) => expect(segments(text)).toEqual(expected));

  it("joined they are the text, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        expect(segments(text).join("")).toBe(text);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe("words", () => {
  const tokenizer = openTokenizer(learnWords(texts, 12));
  it("keeps the most frequent segments, of equals the lower ones", () => {
    expect(learnWords(["b a b", " c b"], 5).words).toEqual([" b", " a", " c"]);
    expect(tokenizer.size).toBe(12);
  });
  it("reads what it knows exactly and the rest as unknown", () => {
    const ids = tokenizer.encode("the whale's tail,");
    expect(tokenizer.decode(ids)).toBe(`${unknownText} whale's${unknownText},`);
    expect(ids[0]).toBe(unknownToken);
  });
  it("says the same when the texts come in another order", () => {
    expect(learnWords([...texts].reverse(), 30)).toEqual(learnWords(texts, 30));
  });
});

describe("characters", () => {
  it("come back exactly, unless they were never seen", () => {
    const tokenizer = openTokenizer(learnCharacters(texts, 500));
    expect(tokenizer.decode(tokenizer.encode("海上生明月"))).toBe("海上生明月");
    expect(tokenizer.decode(tokenizer.encode("海鸥"))).toBe(`海${unknownText}`);
  });
});

describe("byte pairs", () => {
  it("joins the pairs that a slow and simple program joins", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c", " ", "海"), maxLength: 12 })), (given) => {
        expect(learnBytePairs(given, 275).merges).toEqual(slowly(given, 275));
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  it("learns by hand", () => {
    // "aaab": aa occurs 2, ab 1. In "aaab aaab" segments "aaab" and " aaab": aa 4, then (aa)a 2, a b 2
    const a = 98;
    expect(learnBytePairs(["aaab aaab"], 259).merges).toEqual([
      [a, a],
      [a, a + 1],
    ]);
  });

  const tokenizer = openTokenizer(learnBytePairs(texts, 400));
  it("any text comes back exactly", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
      { seed: 3, numRuns: 300 },
    );
    for (const text of texts) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      expect(tokenizer.encode(text).length).toBeLessThan(new TextEncoder().encode(text).length);
    }
  });
  it("encodes as the merges one after the other would", () => {
    const { merges } = learnBytePairs(texts, 400);
    fc.assert(
      fc.property(fc.stringMatching(/^[a-whl ]{0,30}$/), (text) => {
        const expected = segments(text).flatMap((segment) => {
          let ids = Array.from(new TextEncoder().encode(segment), (byte) => byte + 1);
          for (const [i, [left, right]] of merges.entries()) ids = joinSlowly(ids, left, right, 257 + i);
          return ids;
        });
        expect([...tokenizer.encode(text)]).toEqual(expected);
      }),
      { seed: 4, numRuns: 200 },
    );
  });
  it("gives a character only when its last byte is there", () => {
    const bytesOnly = openTokenizer({ kind: "byte-pairs", format: 1, merges: [] });
    const { push, end } = bytesOnly.decoder();
    expect([...bytesOnly.encode("a海")].map(push)).toEqual(["a", "", "", "海"]);
    expect([push(231), end()]).toEqual(["", unknownText]);
  });
  it("reads a long run of letters in time", () => {
    const long = "海".repeat(50_000);
    expect(tokenizer.decode(tokenizer.encode(long))).toBe(long);
  });
});

it("survives JSON", () => {
  const all: readonly TokenizerParameters[] = [
    learnWords(texts, 20),
    learnCharacters(texts, 20),
    learnBytePairs(texts, 300),
  ];
  for (const parameters of all) {
    const again = openTokenizer(JSON.parse(JSON.stringify(parameters)) as TokenizerParameters);
    expect(again.encode(texts[1] ?? "")).toEqual(openTokenizer(parameters).encode(texts[1] ?? ""));
  }
});

function joinSlowly(ids: readonly number[], left: number, right: number, made: number): number[] {
  const joined: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] === left && ids[i + 1] === right) {
      joined.push(made);
      i++;
    } else joined.push(ids[i] ?? 0);
  }
  return joined;
}

function slowly(given: readonly string[], size: number): [number, number][] {
  let words = given.flatMap(segments).map((segment) => Array.from(new TextEncoder().encode(segment), (b) => b + 1));
  const merges: [number, number][] = [];
  while (257 + merges.length < size) {
    const counts = new Map<string, number>();
    for (const ids of words) {
      for (let i = 1; i < ids.length; i++) {
        const pair = `${ids[i - 1]} ${ids[i]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    const ordered = [...counts]
      .map(([pair, count]) => ({ pair: pair.split(" ").map(Number) as [number, number], count }))
      .filter(({ count }) => count > 1)
      .sort((x, y) => y.count - x.count || x.pair[0] - y.pair[0] || x.pair[1] - y.pair[1]);
    const best = ordered[0];
    if (!best) break;
    const made = 257 + merges.length;
    merges.push(best.pair);
    words = words.map((ids) => joinSlowly(ids, best.pair[0], best.pair[1], made));
  }
  return merges;
}
