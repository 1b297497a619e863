import { seededRandom } from "../../kernel/random.ts";
import { type Weight, defineModel, dense, embeddingBag, exportOnnx } from "../../tensor/index.ts";
import type { ModelCard } from "../card.ts";
import type { NewModelInput } from "../registry.ts";
import type { TextPreprocessing } from "../text-features.ts";

export const smallPreprocessing: TextPreprocessing = {
  kind: "hashed-ngrams",
  format: 1,
  buckets: 256,
  words: 2,
  characters: [3, 4],
  cjk: [1, 3],
  charsMax: 1_000,
  relevance: null,
};

const labels = ["bad", "good", "neutral"];

const card: ModelCard = {
  format: 1,
  name: "small",
  task: "text-classification",
  description: "A model with random weights.",
  labels,
  data: {
    dataset: "none",
    version: "dsv_none",
    number: 1,
    digest: "0".repeat(64),
    testDigest: "0".repeat(64),
    examples: { train: 0, validation: 0, test: 0 },
    classes: [],
  },
  training: {
    recipe: "none",
    settings: {},
    seed: 1,
    parameters: 0,
    epochs: 0,
    bestEpoch: 0,
    temperature: 1,
    fireDrill: null,
  },
  evaluation: null,
  intendedUse: ["Tests."],
  limits: ["It knows nothing."],
};

/** A model of three labels whose weights are random but the same for the same seed. */
export function smallModel(seed: number, nowMs: number): NewModelInput {
  const { buckets } = smallPreprocessing;
  const random = seededRandom(seed);
  const weight = (...shape: number[]): Weight => {
    const size = shape.reduce((product, length) => product * length, 1);
    return { shape, data: Float32Array.from({ length: size }, () => random.normal()) };
  };
  const model = defineModel("small", (scope) => {
    const bag = embeddingBag(scope, "features", { rows: buckets, width: 4 });
    return { probabilities: dense(scope, "classes", bag, { units: labels.length }).softmax() };
  });
  const weights = new Map([
    ["features", weight(buckets, 4)],
    ["classes.kernel", weight(4, labels.length)],
    ["classes.bias", weight(labels.length)],
  ]);
  return {
    onnx: exportOnnx(model, weights),
    task: "text-classification",
    preprocessing: smallPreprocessing,
    labels,
    card,
    name: "small",
    lineage: { run: null, datasetVersion: null, recipe: null, parent: null },
    summary: null,
    nowMs,
  };
}
