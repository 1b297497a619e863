import type { Store } from "../../store/index.ts";
import type { ModelCard } from "../card.ts";
import type { Model } from "../model.ts";
import { findModel, insertModel, prepareModel } from "../registry.ts";
import { openEncoder, vectorsOnnx } from "./encoder-model.ts";
import { type EncoderFacts, getEncoder, loadEncoder } from "./registry.ts";

export interface PublishInput {
  /** What recipes call the encoder. */
  readonly encoder: string;
  readonly nowMs: number;
}

/**
 * A registered encoder as a model that answers a text with its vector, of norm 1. Published again it is the model that is
 * there. Refuses (`not_found`) a name that no encoder has.
 */
export async function publishEncoder(store: Store, { encoder: name, nowMs }: PublishInput): Promise<Model> {
  const opened = openEncoder(await loadEncoder(store, await getEncoder(store, name)));
  const model = await prepareModel(store, {
    task: "text-embedding",
    onnx: vectorsOnnx(opened),
    preprocessing: opened.preprocessing,
    labels: [],
    card: cardOf(name, opened.facts),
    name,
    lineage: { run: null, datasetVersion: null, recipe: null, parent: null },
    summary: null,
    nowMs,
  });
  return store.transaction(async (tx) => (await findModel(tx, model)) ?? insertModel(tx, model));
}

const cardOf = (name: string, facts: EncoderFacts): ModelCard => ({
  format: 1,
  name,
  task: "text-embedding",
  description: `The pretrained encoder ${facts.name} (${facts.source}, ${facts.license}): ${facts.width} numbers for a text, of norm 1.`,
  labels: [],
  data: null,
  training: null,
  evaluation: null,
  intendedUse: ["Search, clustering and comparison of texts by what they mean."],
  limits: [
    `It was trained on text of the language "${facts.language}" by others; what it learned there it brings along.`,
    `It reads the first ${facts.lengthMax} tokens of a text.`,
    "Its vectors can be compared with each other only, not with another model's.",
  ],
});
