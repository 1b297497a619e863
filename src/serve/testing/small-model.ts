import { systemClock } from "../../kernel/clock.ts";
import { type Model, type ModelCard, type TextPreprocessing, registerModel, textFeatures } from "../../models/index.ts";
import type { Store } from "../../store/index.ts";
import {
  type Batch,
  adam,
  classification,
  constantRate,
  defineModel,
  dense,
  embeddingBag,
  exportOnnx,
  fit,
} from "../../tensor/index.ts";

const labels = ["ham", "spam"] as const;
const hamTexts = ["see you at the meeting", "the report is attached", "lunch at noon", "thanks for the notes"];
const spamTexts = ["win a free prize", "free money for you", "win cash today", "claim your prize and win"];

/** A real model, trained here in a moment and registered: `win` and `free` are spam, `meeting` and `report` are not. */
export async function registerSmallModel(
  store: Store,
  { nowMs, buckets = 1_024, seed = 7 }: { readonly nowMs: number; readonly buckets?: number; readonly seed?: number },
): Promise<Model> {
  const preprocessing: TextPreprocessing = {
    kind: "hashed-ngrams",
    format: 1,
    buckets,
    words: 2,
    characters: [3, 5],
    cjk: [1, 2],
    charsMax: 20_000,
    relevance: null,
  };
  const definition = defineModel("small", (scope) => {
    const logits = dense(scope, "classes", embeddingBag(scope, "words", { rows: buckets, width: 16 }), { units: 2 });
    return { logits, probabilities: logits.softmax() };
  });
  const bags = [...hamTexts, ...spamTexts].map(textFeatures(preprocessing));
  const truth = Int32Array.from(bags, (_, i) => (i < hamTexts.length ? 0 : 1));
  const batch: Batch = { size: bags.length, bags: { words: bags }, values: { labels: truth } };
  const { weights } = await fit({
    model: definition,
    objective: classification({ classes: 2 }),
    optimizer: adam(),
    schedule: constantRate(0.05),
    train: () => [batch],
    epochs: 60,
    seed,
    clock: systemClock,
  });
  const onnx = exportOnnx(definition, weights, { outputs: ["probabilities"] });
  const lineage = { run: null, datasetVersion: null, recipe: null, parent: null };
  const task = "text-classification";
  return registerModel(store, {
    task,
    onnx,
    preprocessing,
    labels,
    card,
    name: "small",
    lineage,
    summary: null,
    nowMs,
  });
}

const card: ModelCard = {
  format: 1,
  name: "small",
  task: "text-classification",
  description: "Eight short texts, for tests.",
  labels,
  data: {
    dataset: "none",
    version: "none",
    number: 1,
    digest: "",
    testDigest: "",
    examples: { train: 8, validation: 0, test: 0 },
    classes: labels.map((label) => ({ label, train: 4, validation: 0, test: 0 })),
  },
  training: {
    recipe: "none",
    settings: {},
    seed: 7,
    parameters: 0,
    epochs: 60,
    bestEpoch: 60,
    temperature: 1,
    fireDrill: null,
  },
  evaluation: null,
  intendedUse: [],
  limits: [],
};
