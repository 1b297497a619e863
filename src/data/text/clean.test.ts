import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanLabel, cleanText } from "./clean.ts";

describe("cleanText", () => {
  it.each([
    ["plain text stays", "Where is my card?", "Where is my card?"],
    ["a decomposed accent is composed", "cafe\u0301", "café"],
    ["spaces of all kinds are one space", "a\u00a0\u2003b\t c\u3000d", "a b c d"],
    ["line ends of all kinds are one", "a\r\nb\rc\u2028d", "a\nb\nc\nd"],
    ["at most one empty line stands", "a\n\n \n\n\nb", "a\n\nb"],
    ["ends are trimmed, of each line too", "  a  \n  b  ", "a\nb"],
    ["controls and escape codes lose their control", "a\u0000b\u001b[1mc\u0007", "ab[1mc"],
    ["a byte order mark in the middle goes", "\ufeffa\ufeffb", "ab"],
    ["zero-width spaces that split a word go", "via\u200bgra", "viagra"],
    ["joiners stay: Persian needs them", "می\u200cخواهم", "می\u200cخواهم"],
    ["joiners stay: a family is one emoji", "👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"],
    ["Chinese with full-width punctuation stays", "送餐快，味道好！", "送餐快，味道好！"],
    ["half a surrogate pair becomes the replacement character", "a\ud800b", "a\ufffdb"],
    ["only invisible things is nothing", " \u200b\n\u00a0 ", ""],
  ])("%s", (_story, raw, clean) => {
    expect(cleanText(raw)).toBe(clean);
  });

  it("changes nothing the second time", () => {
    const odd = fc.constantFrom(" ", "\n", "\r", "\t", "\u0301", "e", "\u200b", "\u00a0", "好", "\u2028", "\u0000");
    const anyText = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(odd).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const once = cleanText(text);
        expect(cleanText(once)).toBe(once);
      }),
      { seed: 7, numRuns: 2_000 },
    );
  });
});

it("a label is one line", () => {
  expect(cleanLabel(" very\n bad ")).toBe("very bad");
});
