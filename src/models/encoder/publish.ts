import { Refusal } from "../../kernel/errors.ts";
import type { Store } from "../../store/index.ts";
import { onnxPart } from "../../tensor/index.ts";
import type { ModelCard } from "../card.ts";
import type { Model, ModelBundle } from "../model.ts";
import type { Preprocessing } from "../preprocessing.ts";
import { type NewModel, findModel, getModel, insertModel, loadBundle, prepareModel } from "../registry.ts";
import { openEncoder, vectorsOnnx } from "./encoder-model.ts";
import { type EncoderFacts, getEncoder, loadEncoder } from "./registry.ts";
import type { TokenPreprocessing } from "./tokenizer.ts";

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
  return insertOnce(store, model);
}

const insertOnce = (store: Store, model: NewModel): Promise<Model> =>
  store.transaction(async (tx) => (await findModel(tx, model)) ?? insertModel(tx, model));

export interface PublishVectorsInput {
  /** A `text-encoder` model. */
  readonly model: string;
  readonly nowMs: number;
}

/**
 * The encoder within a `text-encoder` model, as that model's training left it, as a model that answers a text with its
 * vector, of norm 1. Published again it is the model that is there. Refuses (`invalid_request`) a model without
 * one, or whose file does not give its vectors.
 */
export async function publishVectors(store: Store, { model: id, nowMs }: PublishVectorsInput): Promise<Model> {
  const trained = await getModel(store, id);
  const bundle = await loadBundle(store, id);
  const preprocessing = tokensOf(trained, bundle.preprocessing);
  const model = await prepareModel(store, {
    task: "text-embedding",
    onnx: vectorsPart(trained, bundle),
    preprocessing,
    labels: [],
    card: tunedCardOf(trained, bundle),
    name: trained.name,
    lineage: { ...trained.lineage, run: null, recipe: null, parent: trained.id },
    summary: null,
    nowMs,
  });
  return insertOnce(store, model);
}

function vectorsPart({ id }: Model, { onnx }: ModelBundle): Uint8Array {
  try {
    return onnxPart(onnx, "vectors");
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "not_found") throw error;
    throw new Refusal("invalid_request", `The file of ${id} does not give its encoder's vectors.`, {
      hint: "A model of the recipe text-encoder gives them; one from before this was so is trained again.",
    });
  }
}

function tokensOf({ id }: Model, preprocessing: Preprocessing): TokenPreprocessing {
  if (preprocessing.kind === "tokens") return preprocessing;
  if (preprocessing.kind === "tokens-and-ngrams") return preprocessing.tokens;
  throw new Refusal("invalid_request", `${id} has no encoder within it.`, {
    hint: "A model of the recipe text-encoder has one.",
  });
}

const tunedCardOf = ({ id, name }: Model, { card }: ModelBundle): ModelCard => ({
  ...card,
  task: "text-embedding",
  description: `The encoder within ${name} (${id}), as its training left it: a vector of norm 1 for a text. ${card.description}`,
  labels: [],
  evaluation: null,
  intendedUse: ["Search, clustering and comparison of texts by what sets the model's labels apart."],
  limits: [...card.limits, "Its vectors can be compared with each other only, not with another model's."],
});

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
