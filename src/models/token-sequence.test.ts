import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { exportedCodec, openCodec } from "./preprocessing.ts";
import { type TokenSequencePreprocessing, type TokenUnit, tokenSequenceCodec, tokenizer } from "./token-sequence.ts";

const base: TokenSequencePreprocessing = {
  kind: "token-sequence",
  format: 1,
  unit: "words",
  vocabulary: ["a", "b", "c", "d", "e", "f", "g"],
  lengthMax: 5,
  keep: "head",
  charsMax: 1_000,
};

describe("tokens of a text", () => {
  const table: [story: string, unit: TokenUnit, text: string, expected: string[]][] = [
    ["words, numbers and marks", "words", "Don't pay $20 NOW!!", ["don't", "pay", "$", "20", "now", "!", "!"]],
    ["wide forms are narrow, case goes", "words", "ＦＲＥＥ ﬁsh", ["free", "fish"]],
    ["marks above letters stay with them", "words", "Café naïve", ["café", "naïve"]],
    ["Chinese characters are words of their own", "words", "我love你", ["我", "love", "你"]],
    ["nothing", "words", " \n\u200b ", []],
    ["characters without white space", "characters", "a b\n好👍", ["a", "b", "好", "👍"]],
    ["Chinese words", "chinese-words", "送餐速度很快， good", ["送餐", "速度", "很快", ",", "good"]],
  ];
  it.each(table)("%s", (_story, unit, text, expected) => {
    expect(tokenizer({ unit, charsMax: 100 })(text)).toEqual(expected);
  });
  it("are read up to a number of characters", () => {
    expect(tokenizer({ unit: "words", charsMax: 4 })("one two")).toEqual(["one"]);
  });
});

describe("the codec of token sequences", () => {
  const long = "a b c d e f g";
  const table: [story: string, change: Partial<TokenSequencePreprocessing>, text: string, expected: number[]][] = [
    ["ids count from 2, 1 is unknown", {}, "a g zebra", [2, 8, 1]],
    ["an empty text is one unknown token", {}, "  ", [1]],
    ["a long text keeps its head", { keep: "head" }, long, [2, 3, 4, 5, 6]],
    ["or its tail", { keep: "tail" }, long, [4, 5, 6, 7, 8]],
    ["or both ends", { keep: "ends" }, long, [2, 3, 4, 7, 8]],
  ];
  it.each(table)("%s", (_story, change, text, expected) => {
    expect([...tokenSequenceCodec({ ...base, ...change }).read(text)]).toEqual(expected);
  });

  it("pads to the longest of a batch", () => {
    const { read, feeds } = tokenSequenceCodec(base);
    const { tokens, lengths } = feeds([read("a b"), read("c"), read("d e f")]);
    expect(tokens).toEqual({ data: Int32Array.of(2, 3, 0, 4, 0, 0, 5, 6, 7), dims: [3, 3] });
    expect(lengths).toEqual({ data: Int32Array.of(2, 1, 3), dims: [3] });
  });

  it.each(["words", "chinese-words"] as const)("runs alone in an exported folder: %s", async (unit) => {
    const preprocessing = { ...base, unit, vocabulary: ["送餐", "很快", "送", "a"] };
    const { module, packages } = exportedCodec(preprocessing);
    const folder = await mkdtemp(path.join(tmpdir(), "codec-"));
    try {
      const file = path.join(folder, "preprocessing.mjs");
      const code = await readFile(new URL(`../../dist/models/${module}`, import.meta.url), "utf8");
      await writeFile(file, code.replace(/\/\/# sourceMappingURL.*/, ""));
      if (packages.length > 0) {
        await symlink(fileURLToPath(new URL("../../node_modules", import.meta.url)), path.join(folder, "node_modules"));
      }
      const { codec } = (await import(pathToFileURL(file).href)) as { codec: typeof tokenSequenceCodec };
      const text = "a 送餐很快";
      expect(codec(preprocessing).read(text)).toEqual(openCodec(preprocessing).read(text));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
