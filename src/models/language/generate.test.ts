import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rhymeModel } from "../testing/rhyme-model.ts";
import { type GenerateOptions, generate } from "./generate.ts";
import { type LanguageModel, openLanguageModel } from "./language-model.ts";

let model: LanguageModel;
beforeAll(async () => {
  model = await openLanguageModel(rhymeModel(), { threads: 1 });
});
afterAll(() => model.close());

const greedy: GenerateOptions = {
  prompt: "row row your",
  tokensMax: 5,
  temperature: 0,
  topK: 0,
  topP: 1,
  stops: [],
  seed: 1,
  alternatives: 0,
};

async function write(options: Partial<GenerateOptions>) {
  const writing = generate(model, { ...greedy, ...options });
  const pieces: string[] = [];
  const tokens = [];
  for (;;) {
    const { done, value } = await writing.next();
    if (done) return { pieces, tokens, ending: value, text: [...pieces, value.text].join("") };
    if (!value) continue;
    pieces.push(value.text);
    tokens.push(value);
  }
}

describe("generation", () => {
  const rows: readonly [
    story: string,
    given: Partial<GenerateOptions>,
    text: string,
    reason: string,
    tokens: number,
  ][] = [
    ["as far as it may", {}, " boat, row your boat", "length", 5],
    ["from nothing", { prompt: "" }, "row row your boat,", "length", 5],
    ["to a stop, which is no part of it", { stops: [" row"] }, " boat,", "stop", 3],
    ["to a stop inside a token", { stops: ["o"] }, " b", "stop", 1],
    ["to a stop over two tokens", { stops: ["t, r"] }, " boa", "stop", 3],
    ["on, if a stop only began", { stops: ["t, x"], tokensMax: 2 }, " boat,", "length", 2],
    ["to the end that the model puts", { prompt: "海", tokensMax: 9 }, "", "stop", 0],
    ["on after words it does not know", { prompt: "the whale", tokensMax: 2 }, " row your", "length", 2],
  ];
  it.each(rows)("writes %s", async (_, given, text, reason, writtenTokens) => {
    const written = await write(given);
    expect(written.text).toBe(text);
    expect(written.ending).toMatchObject({ reason, writtenTokens });
  });

  it("keeps back what may begin a stop, and gives it in the end", async () => {
    const { pieces, ending } = await write({ stops: [", row your sea"], tokensMax: 4 });
    expect(pieces).toEqual([" boat", "", "", ""]);
    expect(ending.text).toBe(", row your");
  });

  it("tells how likely each token was, and what else was", async () => {
    const { tokens } = await write({ prompt: "row", tokensMax: 1, alternatives: 2, temperature: 0.1 });
    expect(tokens).toEqual([
      {
        text: " row",
        token: " row",
        logProbability: expect.closeTo(Math.log(0.8)),
        alternatives: [
          { token: " row", logProbability: expect.closeTo(Math.log(0.8)) },
          { token: " your", logProbability: expect.closeTo(Math.log(0.2)) },
        ],
      },
    ]);
  });

  it("reads a long prompt in parts, between which others may compute", async () => {
    const writing = generate(model, { ...greedy, prompt: " row".repeat(300) });
    let parts = 0;
    while ((await writing.next()).value === null) parts++;
    expect(parts).toBe(4);
  });

  it("draws by the seed, and never the unknown word", async () => {
    const texts = await Promise.all(
      Array.from({ length: 40 }, async (_, seed) => (await write({ prompt: "", temperature: 1, seed })).text),
    );
    expect(new Set(texts).size).toBeGreaterThan(3);
    expect(texts.filter((text) => text.includes("\u{fffd}"))).toEqual([]);
    expect((await write({ prompt: "", temperature: 1, seed: 7 })).text).toBe(texts[7]);
  });

  it("tells a text's probability", async () => {
    const scores = await model.score("row row");
    // row after nothing: 8 of 10, row after row: 8 of 10, the end after that: hardly ever
    expect([...scores.subarray(0, 2)]).toEqual([expect.closeTo(Math.log(0.8), 4), expect.closeTo(Math.log(0.8), 4)]);
    expect(scores[2]).toBeLessThan(-50);
  });
});
