import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../kernel/clock.ts";
import {
  type GenerateOptions,
  type LanguageModel,
  endOfText,
  generate,
  openLanguageModel,
} from "../../../models/index.ts";
import { evaluateComputation } from "../../evaluators.ts";
import type { WorkExamples } from "../../work-folder.ts";
import type { Trained } from "../architecture.ts";
import { type LanguageModelRecipe, decoderLanguageModelRecipe, recurrentLanguageModelRecipe } from "./recipe.ts";
import { decoderLanguageModel, recurrentLanguageModel } from "./train.ts";
import { trainingWindows, validationWindows } from "./windows.ts";

/** Sentences of a small grammar: what follows a word depends on more than the word before. */
function sentences(count: number, from: number): WorkExamples {
  const inputs = Array.from({ length: count }, (_, i) => {
    const [who, what] = [["whale", "ship", "crew"][(i + from) % 3], ["sea", "sky", "wind"][((i + from) >> 1) % 3]];
    return `the ${who} saw the ${what} and the ${what} saw the ${who} . the ${who} slept`;
  });
  return { inputs, keys: inputs.map((_, i) => `${from}-${i}`), labels: inputs.map(() => "") };
}

const [train, validation, test] = [sentences(24, 0), sentences(6, 1), sentences(6, 4)];
const common = { name: "test", task: "language-model" } as const;
const training = { epochs: 25, batch: 4, window: 16, rate: 0.03, patience: 25 };
const recipes: readonly LanguageModelRecipe[] = [
  recurrentLanguageModelRecipe.parse({
    ...common,
    architecture: "recurrent-language-model",
    tokenizer: { kind: "words", size: 300 },
    units: 16,
    dropout: 0,
    training,
  }),
  recurrentLanguageModelRecipe.parse({
    ...common,
    architecture: "recurrent-language-model",
    tokenizer: { kind: "characters", size: 300 },
    width: 8,
    units: 16,
    layers: 1,
    tied: true,
    dropout: 0,
    training,
  }),
  decoderLanguageModelRecipe.parse({
    ...common,
    architecture: "decoder-language-model",
    tokenizer: { kind: "byte-pairs", size: 300 },
    width: 32,
    heads: 2,
    layers: 2,
    dropout: 0,
    training: { ...training, epochs: 60, window: 32, rate: 0.005, decay: 0.01 },
  }),
];

function trainWith(recipe: LanguageModelRecipe): Promise<Trained> {
  const rest = { train, validation, labels: [], seed: 7, threads: 1, clock: systemClock };
  return recipe.architecture === "recurrent-language-model"
    ? recurrentLanguageModel.train({ recipe, ...rest })
    : decoderLanguageModel.train({ recipe, ...rest });
}

describe("windows", () => {
  it("cover a stream once, in each epoch otherwise", () => {
    for (const windows of [
      trainingWindows(101, 16, 7, 1),
      trainingWindows(101, 16, 7, 2),
      validationWindows(101, 16),
      validationWindows(5, 16),
    ]) {
      const asked = windows.flatMap(({ from, to, context }) =>
        Array.from({ length: to - from - context }, (_, i) => from + context + i),
      );
      expect(asked.sort((a, b) => a - b)).toEqual([...asked.keys()]);
      expect(windows.every(({ from, to, context }) => to - from <= 16 && context < to - from)).toBe(true);
    }
    expect(trainingWindows(101, 16, 7, 1)).not.toEqual(trainingWindows(101, 16, 7, 2));
    expect(trainingWindows(101, 16, 7, 2)).toEqual(trainingWindows(101, 16, 7, 2));
  });
});

const name = (recipe: LanguageModelRecipe): string => `${recipe.architecture}, ${recipe.tokenizer.kind}`;

describe.each(recipes.map((recipe) => [name(recipe), recipe] as const))("%s", (_, recipe) => {
  let trained: Trained;
  let model: LanguageModel;
  beforeAll(async () => {
    trained = await trainWith(recipe);
    model = await openLanguageModel(trained.computation, { threads: 1 });
  });
  afterAll(() => model.close());

  it("learns: it tells unseen text better than trigrams do", async () => {
    const { computation } = trained;
    const [evaluated] = await evaluateComputation({ computation, labels: [], threads: 1, train, splits: [test] });
    const { metrics, baselines } = evaluated!.assessment as Extract<
      NonNullable<typeof evaluated>["assessment"],
      { metrics: { figures: unknown } }
    >;
    const [perplexity] = metrics.figures;
    expect(perplexity!.name).toBe("perplexity per word");
    expect(perplexity!.estimate.value).toBeLessThan(baselines[0]!.figures[0]!.estimate.value);
  });

  it("is the same model each time", async () => {
    const short = { ...recipe, dropout: 0.2, training: { ...recipe.training, epochs: 2 } };
    const [one, other] = [await trainWith(short), await trainWith(short)];
    expect(Buffer.compare(one.computation.onnx, other.computation.onnx)).toBe(0);
  });

  it("reads in pieces what it reads at once", async () => {
    const ids = Int32Array.of(endOfText, ...model.tokenizer.encode("the whale saw the sea and"));
    const whole = await model.begin().read(ids);
    const reader = model.begin();
    const pieces: number[] = [];
    for (const id of ids) pieces.push(...(await reader.read(Int32Array.of(id))));
    const worst = pieces.reduce((most, logit, i) => Math.max(most, Math.abs(logit - (whole[i] ?? NaN))), 0);
    expect(worst).toBeLessThan(1e-4);
  });

  it("reads on beyond its context", async () => {
    const scores = await model.score(Array(12).fill(test.inputs[0]).join(" "));
    expect([...scores].every((score) => score < 0 && Number.isFinite(score))).toBe(true);
  });

  it("writes on from a prompt, the same by the same seed, until a stop, its end or the most tokens", async () => {
    const options = { prompt: "the whale saw", tokensMax: 30, stops: [], seed: 3, alternatives: 2 };
    const how = { ...options, temperature: 0.7, topK: 0, topP: 0.9 };
    const first = await written(model, how);
    expect(await written(model, how)).toEqual(first);
    expect(first.ending.promptTokens).toBe(model.tokenizer.encode("the whale saw").length);
    const greedy = await written(model, { ...how, temperature: 0, stops: [" slept"] });
    expect(greedy.text).toMatch(/^ the (sea|sky|wind|whale|ship|crew)/);
    const short = await written(model, { ...how, temperature: 0, tokensMax: 1 });
    expect([short.ending.reason, short.ending.writtenTokens]).toEqual(["length", 1]);
    expect(short.tokens[0]?.alternatives[0]).toEqual({
      token: short.tokens[0]?.token,
      logProbability: short.tokens[0]?.logProbability,
    });
  });
});

it("a fire drill learns no order", async () => {
  const { curves, bestEpoch } = await trainWith({ ...recipes[0]!, fire_drill: "shuffle_labels" });
  expect(curves[bestEpoch - 1]!.validation!["loss"]).toBeGreaterThan(1.5); // the same model undamaged: below 0.7
});

async function written(model: LanguageModel, options: GenerateOptions) {
  const writing = generate(model, options);
  const tokens = [];
  for (;;) {
    const { done, value } = await writing.next();
    if (done) return { tokens, ending: value, text: tokens.map(({ text }) => text).join("") + value.text };
    if (value) tokens.push(value);
  }
}
