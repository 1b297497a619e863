import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../kernel/clock.ts";
import { seededRandom } from "../../../kernel/random.ts";
import { type Predictor, openPredictor, readWords } from "../../../models/index.ts";
import type { FigureAssessment } from "../../assess.ts";
import { evaluateComputation } from "../../evaluators.ts";
import type { WorkExamples } from "../../work-folder.ts";
import type { Trained } from "../architecture.ts";
import { readCorpus } from "./corpus.ts";
import { countTogether } from "./glove.ts";
import { type WordVectorsRecipe, wordVectorsRecipe } from "./recipe.ts";
import { wordVectors } from "./train.ts";

/** Sentences in which beasts and crafts do different things: words of one kind stand beside the same words. */
const beasts = ["whale", "shark", "dolphin"];
const crafts = ["ship", "boat", "canoe"];
function sentences(count: number, seed: string): WorkExamples {
  const random = seededRandom(seed);
  const one = (words: readonly string[]): string => words[random.below(words.length)] ?? "";
  const inputs = Array.from({ length: count }, () =>
    random.next() < 0.5
      ? `The hungry ${one(beasts)} swims deep, ${one(["eats", "hunts"])} fish.`
      : `A wooden ${one(crafts)} sails fast; ${one(["carries", "brings"])} cargo!`,
  );
  return { inputs, keys: inputs.map((_, i) => `${seed}-${i}`), labels: inputs.map(() => "") };
}

const [train, test] = [sentences(400, "train"), sentences(60, "test")];
const recipe = (given: object): WordVectorsRecipe =>
  wordVectorsRecipe.parse({
    name: "test",
    task: "word-vectors",
    architecture: "word-vectors",
    width: 16,
    window: 4,
    subsample: 0,
    ...given,
  });
const trainWith = (how: WordVectorsRecipe): Promise<Trained> =>
  wordVectors.train({ recipe: how, train, validation: test, labels: [], seed: 7, threads: 1, clock: systemClock });

describe("words", () => {
  it("are read in lower case, in text without spaces too", () => {
    expect(readWords("The Whale's jaw—café, 1851!")).toEqual(["the", "whale's", "jaw", "café", "1851"]);
    expect(readWords("明月照海")).toContain("明月");
  });
  it("that are rare have no vector, the others come by frequency", () => {
    const corpus = readCorpus(["a b a", "c a b d"], { countMin: 2, wordsMax: 9 });
    expect(corpus).toEqual({
      words: ["a", "b"],
      counts: Float64Array.of(3, 2),
      texts: [Int32Array.of(0, 1, 0), Int32Array.of(0, 1)],
    });
  });
  it("count together by how near they stand", () => {
    const { words, others, counts } = countTogether({ texts: [Int32Array.of(0, 1, 2)], words: ["a", "b", "c"] }, 2);
    const found = [...counts].map((count, i) => `${words[i]}${others[i]} ${count}`).sort();
    expect(found).toEqual(["01 1", "02 0.5", "10 1", "12 1", "20 0.5", "21 1"]);
  });
});

describe.each([
  ["skip-gram", recipe({ method: "skip-gram", epochs: 20 })],
  ["cbow", recipe({ method: "cbow", epochs: 40 })],
  ["glove", recipe({ method: "glove", epochs: 40 })],
] as const)("%s", (_, how) => {
  let trained: Trained;
  let predictor: Predictor;
  beforeAll(async () => {
    trained = await trainWith(how);
    predictor = await openPredictor(trained.computation, { threads: 1 });
  });
  afterAll(() => predictor.close());

  const nearest = async (input: string, count: number): Promise<string[]> => {
    const [answer] = await predictor.predict([input]);
    if (!answer || !("neighbours" in answer)) throw new Error(JSON.stringify(answer));
    expect(answer.neighbours.every(({ similarity }) => similarity < 1.0001)).toBe(true);
    return answer.neighbours.slice(0, count).map(({ word }) => word);
  };

  it("puts words near that are used alike", async () => {
    expect((await nearest("whale", 2)).sort()).toEqual(["dolphin", "shark"]);
    expect((await nearest("Boat", 2)).sort()).toEqual(["canoe", "ship"]);
  });
  it("adds and takes away", async () => {
    expect([...crafts]).toContain((await nearest("swims - whale + ship", 3)).find((word) => crafts.includes(word)));
    expect(await nearest("whale - whale + ship", 2)).toEqual(await nearest("ship - whale + whale", 2));
  });
  it("says what it cannot answer", async () => {
    const answers = await predictor.predict(["submarine", "two words", "", "whale - submarine"]);
    expect(answers.map((answer) => "invalid" in answer)).toEqual([true, true, true, true]);
  });
  it("agrees with unseen text on which words are used alike, and is the same each time", async () => {
    const { computation } = trained;
    const common = { labels: [], threads: 1, temperature: 1, train, splits: [test] };
    const [evaluated] = await evaluateComputation({ computation, ...common });
    const { metrics, baselines } = evaluated!.assessment as FigureAssessment;
    expect(metrics.figures[0]!.estimate.value).toBeGreaterThan(0.4);
    expect(baselines[0]!.figures[0]!.estimate.value).toBeGreaterThan(0.8); // so small a language is soon counted
    expect(Buffer.compare((await trainWith(how)).computation.onnx, computation.onnx)).toBe(0);
  });
});

it("too little text is refused", async () => {
  await expect(trainWith(recipe({ count_min: 1_000 }))).rejects.toMatchObject({ code: "invalid_data" });
});
