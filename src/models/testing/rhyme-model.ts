import type { Store } from "../../store/index.ts";
import { defineModel, exportOnnx } from "../../tensor/index.ts";
import { type Computation, type Model, registerModel } from "../index.ts";

/** Ids 2 to 7. */
export const rhymeWords = ["row", " row", " your", " boat", ",", "海"] as const;

const [row, rowAgain, your, boat, comma, sea] = [2, 3, 4, 5, 6, 7];

/** What may follow each token, with weights: most often one thing, so that a text is known. */
const follows: Readonly<Record<number, Readonly<Record<number, number>>>> = {
  0: { [row]: 8, [sea]: 1, 1: 1 },
  1: { [rowAgain]: 1 },
  [row]: { [rowAgain]: 8, [your]: 2 },
  [rowAgain]: { [your]: 6, [rowAgain]: 4 },
  [your]: { [boat]: 9, [sea]: 1 },
  [boat]: { [comma]: 10 },
  [comma]: { [rowAgain]: 9, 0: 1 },
  [sea]: { 0: 10 },
};

/** A language model made by hand: what follows depends on the last word only. */
export function rhymeModel(): Computation {
  const size = rhymeWords.length + 2;
  const data = new Float32Array(size * size).fill(-100);
  for (const [from, choices] of Object.entries(follows)) {
    for (const [to, weight] of Object.entries(choices)) data[Number(from) * size + Number(to)] = Math.log(weight);
  }
  const model = defineModel("rhyme", (scope) => {
    const ids = scope.input("ids", ["batch", "length"], { type: scope.mode === "export" ? "int64" : "int32" });
    return { logits: scope.parameter("follows", [size, size]).gatherRows(ids) };
  });
  return {
    task: "language-model",
    onnx: exportOnnx(model, new Map([["follows", { shape: [size, size], data }]])),
    preprocessing: {
      kind: "language",
      format: 1,
      tokenizer: { kind: "words", format: 1, words: rhymeWords },
      context: null,
      states: [],
    },
    labels: [],
  };
}

export function registerRhymeModel(store: Store, nowMs: number): Promise<Model> {
  const none = { train: 0, validation: 0, test: 0 };
  return registerModel(store, {
    ...rhymeModel(),
    name: "rhyme",
    lineage: { run: null, datasetVersion: null, recipe: null, parent: null },
    summary: null,
    nowMs,
    card: {
      format: 1,
      name: "rhyme",
      task: "language-model",
      description: "Six words, for tests.",
      labels: [],
      data: { dataset: "none", version: "none", number: 1, digest: "", testDigest: "", examples: none, classes: [] },
      training: {
        recipe: "none",
        settings: {},
        seed: 1,
        parameters: 64,
        epochs: 0,
        bestEpoch: 0,
        temperature: 1,
        fireDrill: null,
      },
      evaluation: null,
      intendedUse: [],
      limits: [],
    },
  });
}
