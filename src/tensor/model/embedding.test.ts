import { describe, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { seededRandom } from "../../kernel/random.ts";
import { input } from "../graph/tensor.ts";
import { openSession, value } from "../runtime/runtime.ts";
import type { Batch } from "../training/batch.ts";
import { fit, type FitResult } from "../training/fit.ts";
import { classification } from "../training/objective.ts";
import { adam, type Optimizer, sgd } from "../training/optimizers.ts";
import { constantRate } from "../training/schedules.ts";
import { embedding, type EmbeddingOptions } from "./embedding.ts";
import { exportOnnx } from "./export.ts";
import { dense } from "./layers.ts";
import { buildModel, defineModel, type Model, Scope } from "./model.ts";

const rows = 30;
const model = (update: NonNullable<EmbeddingOptions["update"]>): Model =>
  defineModel("words", (scope) => {
    const ids = scope.input("ids", ["batch", "length"], { type: "int32" });
    const words = embedding(scope, "words", ids, { rows, width: 8, update });
    return { logits: dense(scope, "classes", words.mean([1]), { units: 2 }) };
  });

/** Lengths differ between batches; row 29 is never read. */
function batches(epoch: number): Batch[] {
  const random = seededRandom(epoch);
  return [5, 3, 5].map((length) => {
    const labels = Int32Array.from({ length: 8 }, () => random.below(2));
    const ids = Int32Array.from(
      { length: 8 * length },
      (_, i) => 2 * random.below(14) + (labels[Math.floor(i / length)] ?? 0),
    );
    return { size: 8, values: { ids, labels } };
  });
}

const train = (update: NonNullable<EmbeddingOptions["update"]>, optimizer: Optimizer): Promise<FitResult> =>
  fit({
    model: model(update),
    objective: classification({ classes: 2 }),
    optimizer,
    schedule: constantRate(0.05),
    train: batches,
    validation: () => batches(99),
    epochs: 12,
    seed: 4,
    clock: systemClock,
  });

describe("an embedding", () => {
  test("dense and sparse are the same model where the optimizer has no moments", async () => {
    const [one, other] = await Promise.all([train("dense", sgd()), train("sparse", sgd())]);
    for (const [name, { shape, data }] of one.weights) {
      expect(other.weights.get(name)?.shape).toEqual(shape);
      for (const [i, x] of data.entries()) expect(other.weights.get(name)?.data[i]).toBeCloseTo(x, 5);
    }
  });

  test.each(["dense", "sparse"] as const)("%s learns, leaves unread rows, and exports as a gather", async (update) => {
    const { curves, weights } = await train(update, adam());
    expect(curves.at(-1)?.validation?.["accuracy"]).toBe(1);
    const other = await train("dense", sgd()); // begins with the same row
    expect(weights.get("words")?.data.slice(-8)).toEqual(other.weights.get("words")?.data.slice(-8));
    const session = await openSession(exportOnnx(model(update), weights));
    const { logits } = await session.run({ ids: value(Int32Array.of(1, 3, 2, 4), [2, 2]) });
    const [a = 0, b = 0, c = 0, d = 0] = Array.from(logits!.data, Number);
    expect([b > a, c > d]).toEqual([true, true]);
    await session.release();
  });

  test("sparse has a table, dense a parameter", () => {
    const [sparse, dense] = [buildModel(model("sparse"), "train"), buildModel(model("dense"), "train")];
    expect([sparse.tables[0]?.ids, sparse.parameters.length]).toEqual([{ name: "ids", shape: ["batch", "length"] }, 2]);
    expect([dense.tables.length, dense.parameters[0]?.decays]).toEqual([0, false]);
  });

  test("an id beyond the table is refused, and sparse ids are an input of the model", async () => {
    const wrong = { size: 1, values: { ids: Int32Array.of(rows), labels: Int32Array.of(0) } };
    const options = { model: model("sparse"), objective: classification({ classes: 2 }), optimizer: sgd() };
    const run = fit({
      ...options,
      schedule: constantRate(0.1),
      train: () => [wrong],
      epochs: 1,
      seed: 1,
      clock: systemClock,
    });
    await expect(run).rejects.toThrow('Row 30 is outside the table "words" of 30 rows.');
    const foreign = input("other", ["batch"], "int32");
    const sparse = { rows, width: 4, update: "sparse" } as const;
    expect(() => embedding(new Scope("train"), "t", foreign, sparse)).toThrow("int32 input of the model");
  });
});
