import { describe, expect, it } from "vitest";
import type { Clock } from "../../kernel/clock.ts";
import { type Random, pick, seededRandom } from "../../kernel/random.ts";
import { openPredictor } from "../../models/index.ts";
import { smallEncoder } from "../../models/testing/small-encoder.ts";
import { classAnswers } from "../../models/testing/class-answers.ts";
import type { CheckpointStore } from "../../tensor/index.ts";
import type { WorkExamples } from "../work-folder.ts";
import type { TrainingInput } from "./architecture.ts";
import { type Recipe, recipeSchema, trainRecipe } from "./index.ts";

const neutral = "the we it was and then came table evening street with door about before again".split(" ");
const english = { good: "lovely fresh warm friendly".split(" "), bad: "cold rude stale slow".split(" ") };
const chinese = { good: ["好吃", "很快", "满意"], bad: ["难吃", "太慢", "冷了"] };

const sentences = {
  /** Eight words, one of which tells the label. */
  words(label: "good" | "bad", random: Random): string {
    const words = Array.from({ length: 8 }, () => pick(neutral, random));
    words[random.below(8)] = pick(english[label], random);
    return `${words.join(" ")} ${random.below(1_000)}`;
  },
  /** Five words, three of which tell the label. */
  plain(label: "good" | "bad", random: Random): string {
    const telling = Array.from({ length: 3 }, () => pick(english[label], random));
    return [pick(neutral, random), ...telling, pick(neutral, random)].join(" ");
  },
  /** The same words for both labels; what comes after "not" tells. */
  order(label: "good" | "bad", random: Random): string {
    const [first, second] = label === "good" ? ["cold", "warm"] : ["warm", "cold"];
    return `${pick(neutral, random)} not ${first} but ${second} ${random.below(1_000)}`;
  },
  chinese(label: "good" | "bad", random: Random): string {
    return `这家${pick(["外卖", "店", "餐厅"], random)}${pick(chinese[label], random)}，${random.below(1_000)}`;
  },
};

function examples(kind: keyof typeof sentences, count: number, seed: number): WorkExamples {
  const random = seededRandom(seed);
  const labels = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? "good" : "bad"));
  return {
    keys: labels.map((_, i) => `ex_${i}`),
    inputs: labels.map((label) => sentences[kind](label, random)),
    labels,
  };
}

/** Each look at it is a minute later, so that every step is a checkpoint's. */
function hastyClock(): Clock {
  let ms = 0;
  return { now: () => ms, elapsed: () => (ms += 60_000) };
}

function input(recipe: Recipe, kind: keyof typeof sentences): TrainingInput<Recipe> {
  return {
    recipe,
    train: examples(kind, 96, 1),
    validation: examples(kind, 40, 2),
    labels: ["bad", "good"],
    ...("encoder" in recipe ? { encoder: smallEncoder([...neutral, ...english.good, ...english.bad]) } : {}),
    seed: 7,
    threads: 1,
    clock: hastyClock(),
  };
}

/** Ends the run by an error after so many checkpoints; a second run finds the last one. */
function interrupted(after: number): CheckpointStore {
  let kept: Uint8Array | undefined;
  let saves = 0;
  return {
    load: async () => kept,
    async save(parts) {
      kept = Buffer.concat(parts);
      if (++saves === after) throw new Error("killed");
    },
  };
}

const training = { epochs: 6, batch: 16, rate: 0.02 };
const encoder = { architecture: "text-encoder", encoder: "small", head: { epochs: 12, rate: 0.02 } };
const table: [story: string, kind: keyof typeof sentences, recipe: object][] = [
  [
    "a perceptron over a bag",
    "words",
    {
      architecture: "text-dense",
      features: { bucket_bits: 10 },
      hidden: [16, 8],
      training: { ...training, rate: 0.01 },
    },
  ],
  [
    "a perceptron over embeddings",
    "words",
    { architecture: "text-dense", input: "embeddings", hidden: [16, 8], training: { ...training, epochs: 12 } },
  ],
  ["LSTM layers", "order", { architecture: "text-recurrent", units: 12, training: { ...training, epochs: 8 } }],
  [
    "GRU both ways, mean",
    "order",
    {
      architecture: "text-recurrent",
      cell: "gru",
      direction: "both",
      pool: "mean",
      layers: 1,
      units: 8,
      training: { ...training, epochs: 8 },
    },
  ],
  [
    "Transformer layers",
    "order",
    {
      architecture: "text-transformer",
      width: 16,
      heads: 2,
      hidden: 32,
      layers: 1,
      training: { ...training, epochs: 10, rate: 0.01 },
    },
  ],
  [
    "Chinese words",
    "chinese",
    {
      architecture: "text-transformer",
      width: 16,
      heads: 2,
      hidden: 16,
      layers: 1,
      training: { ...training, rate: 0.01 },
    },
  ],
  ["a softmax over an encoder's vectors", "words", encoder],
  ["an encoder and its softmax", "words", { ...encoder, train: "all", training: { epochs: 4, batch: 16, rate: 0.01 } }],
  ["its last layer", "words", { ...encoder, train: "last", training: { epochs: 4, batch: 16, rate: 0.01 } }],
  ["adapters", "words", { ...encoder, train: "adapters", training: { epochs: 4, batch: 16, rate: 0.01 } }],
];

describe.each(table)("%s", (_story, kind, fields) => {
  const recipe = recipeSchema.parse({ name: "small", task: "text-classification", ...fields });

  it("learns what no single word tells, answers with a calibrated model, and continues to the same bytes when it is killed", async () => {
    const given = input(recipe, kind);
    const trained = await trainRecipe(given);
    const predictor = await openPredictor(trained.computation, { threads: 1 });
    const answers = classAnswers(await predictor.predict(given.validation.inputs));
    await predictor.close();
    const right = answers.filter(({ label }, i) => label === given.validation.labels[i]).length;
    expect(right).toBeGreaterThanOrEqual(36);
    expect(trained.curves[trained.bestEpoch - 1]?.validation?.["accuracy"]).toBeCloseTo(right / 40, 6);
    expect(JSON.stringify(trained.settings)).not.toMatch(/vocabulary":\[|auto/);

    const checkpoint = interrupted(17);
    await expect(trainRecipe({ ...input(recipe, kind), checkpoint })).rejects.toThrow("killed");
    const continued = await trainRecipe({ ...input(recipe, kind), checkpoint });
    expect(continued.curves).toEqual(trained.curves);
    expect(Buffer.from(continued.computation.onnx).equals(trained.computation.onnx)).toBe(true);
  });
});

describe("without training", () => {
  const share = async (fields: object): Promise<number> => {
    const recipe = recipeSchema.parse({ name: "small", task: "text-classification", encoder: "small", ...fields });
    const given = input(recipe, "plain");
    const { computation } = await trainRecipe(given);
    const predictor = await openPredictor(computation, { threads: 1 });
    const answers = classAnswers(await predictor.predict(given.validation.inputs));
    await predictor.close();
    return answers.filter(({ label }, i) => label === given.validation.labels[i]).length / answers.length;
  };
  const descriptions = { good: english.good.join(" "), bad: english.bad.join(" ") };
  it("descriptions answer; descriptions of other labels answer wrongly", async () => {
    const zeroShot = { architecture: "text-zero-shot", descriptions };
    expect(await share(zeroShot)).toBeGreaterThan(0.8);
    expect(await share({ ...zeroShot, fire_drill: "shuffle_labels" })).toBeLessThan(0.2);
  });
  it("examples answer, and the same ones each time", async () => {
    const nearest = { architecture: "text-nearest", examples: 10 };
    expect(await share(nearest)).toBeGreaterThan(0.8);
    expect(await share(nearest)).toBe(await share(nearest));
  });
  it("a label that is not there is not described", async () => {
    await expect(share({ architecture: "text-zero-shot", descriptions: { ugly: "not nice" } })).rejects.toMatchObject({
      code: "invalid_data",
      message: 'The recipe describes "ugly", which is no label of this dataset.',
    });
  });
});

describe("recipes of text", () => {
  const refused: [story: string, recipe: object, message: RegExp][] = [
    [
      "heads that do not share the width",
      { architecture: "text-transformer", width: 10, heads: 4 },
      /heads share the width/,
    ],
    ["an unknown field", { architecture: "text-recurrent", unit: 3 }, /unit/],
    ["no hidden layer", { architecture: "text-dense", hidden: [] }, /hidden/],
  ];
  it.each(refused)("refuse %s", (_story, fields, message) => {
    const parsed = recipeSchema.safeParse({ name: "x", task: "text-classification", ...fields });
    expect(JSON.stringify(parsed.error?.issues)).toMatch(message);
  });
});
