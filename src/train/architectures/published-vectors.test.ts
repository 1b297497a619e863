import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Computation,
  insertModel,
  openEncoder,
  openPredictor,
  loadBundle,
  prepareModel,
  publishVectors,
  vectorsOnnx,
} from "../../models/index.ts";
import { smallEncoder } from "../../models/testing/small-encoder.ts";
import { systemClock } from "../../kernel/clock.ts";
import { must } from "../../kernel/errors.ts";
import { sqliteStores, testEpochMs } from "../../store/testing/engines.ts";
import type { Store } from "../../store/index.ts";
import { recipeSchema, trainRecipe } from "./index.ts";

const words = { warm: ["sun", "fire", "summer", "desert"], cold: ["ice", "snow", "winter", "frost"] } as const;
const encoder = smallEncoder([...words.warm, ...words.cold]);
const texts = words.warm.flatMap((warm, i) => [`${warm} ${words.warm[(i + 1) % 4]}`, `${words.cold[i]}`]);
const labels = texts.map((_, i) => (i % 2 === 0 ? "warm" : "cold"));

async function vectorsOf(computation: Computation): Promise<number[][]> {
  const predictor = await openPredictor(computation, { threads: 1 });
  const answers = await predictor.predict(texts);
  await predictor.close();
  return answers.map((answer) => ("vector" in answer ? [...answer.vector] : []));
}

/** How much more alike two texts of one label are than two of different labels. */
function apartness(vectors: readonly (readonly number[])[]): number {
  const mean = (isSame: boolean): number => {
    const products = vectors.flatMap((a, i) =>
      vectors.flatMap((b, j) =>
        i < j && (labels[i] === labels[j]) === isSame
          ? a.reduce((sum, x, k) => sum + x * must(b[k], "as wide"), 0)
          : [],
      ),
    );
    return products.reduce((sum, x) => sum + x, 0) / products.length;
  };
  return mean(true) - mean(false);
}

describe("the encoder within a trained model, published", () => {
  let store: Store;
  let dispose: () => Promise<void>;
  beforeAll(async () => void ({ store, dispose } = await sqliteStores.open()));
  afterAll(() => dispose());

  async function modelOf(fields: object): Promise<string> {
    const recipe = recipeSchema.parse({ name: "climate", task: "text-classification", ...fields });
    const split = { keys: texts.map((_, i) => `ex_${i}`), inputs: texts, labels };
    const input = {
      train: split,
      validation: split,
      labels: ["cold", "warm"],
      seed: 1,
      threads: 1,
      clock: systemClock,
    };
    const { computation } = await trainRecipe({ ...input, recipe, encoder });
    const card = {
      format: 1,
      name: "climate",
      task: "text-classification",
      description: "Warm or cold.",
      labels: computation.labels,
      data: null,
      training: null,
      evaluation: null,
      intendedUse: [],
      limits: [],
    } as const;
    const lineage = { run: null, datasetVersion: null, recipe: recipe.name, parent: null };
    const model = { ...computation, card, name: "climate", lineage, summary: null, nowMs: testEpochMs };
    return (await insertModel(store, await prepareModel(store, model))).id;
  }

  const recipe = { architecture: "text-encoder", encoder: "small", ngrams: null, head: { epochs: 12, rate: 0.02 } };
  const training = { epochs: 30, batch: 8, rate: 0.02 };
  const tuned = { ...recipe, train: "all", training };

  it("is the encoder as it was where only the softmax was trained", async () => {
    const model = await publishVectors(store, { model: await modelOf(recipe), nowMs: testEpochMs });
    const opened = openEncoder(encoder);
    const { preprocessing } = opened;
    const given = { task: "text-embedding", onnx: vectorsOnnx(opened), preprocessing, labels: [] } as const;
    const [mine, its] = [await vectorsOf(await loadBundle(store, model.id)), await vectorsOf(given)];
    for (const [i, vector] of mine.entries())
      for (const [k, x] of vector.entries()) expect(x).toBeCloseTo(its[i]?.[k] ?? Number.NaN, 5);
  });

  it.each([
    ["alone", tuned],
    ["with n-grams beside it, which it leaves behind", { ...tuned, ngrams: { bucket_bits: 10 } }],
  ])("is what its training made of it: %s", async (_story, fields) => {
    const from = await modelOf(fields);
    const model = await publishVectors(store, { model: from, nowMs: testEpochMs });
    expect(model).toMatchObject({ task: "text-embedding", labels: [], lineage: { parent: from, run: null } });
    expect(await publishVectors(store, { model: from, nowMs: testEpochMs + 1 })).toEqual(model);
    const vectors = await vectorsOf(await loadBundle(store, model.id));
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    const opened = openEncoder(encoder);
    const { preprocessing } = opened;
    const before = { task: "text-embedding", onnx: vectorsOnnx(opened), preprocessing, labels: [] } as const;
    expect(apartness(vectors)).toBeGreaterThan(apartness(await vectorsOf(before)) + 0.1);
  });

  it("is not there where no encoder is", async () => {
    const dense = await modelOf({ architecture: "text-dense", hidden: [4], training: { epochs: 1, batch: 8 } });
    await expect(publishVectors(store, { model: dense, nowMs: testEpochMs })).rejects.toMatchObject({
      code: "invalid_request",
    });
  });
});
