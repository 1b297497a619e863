import { describe, expect, test } from "vitest";
import { fit } from "../training/fit.ts";
import { systemClock } from "../../kernel/clock.ts";
import { bagModel, batchOf, classes, type Example, examples, rows } from "../testing/models.ts";
import type { Batch } from "../training/batch.ts";
import { classification } from "../training/objective.ts";
import { sgd } from "../training/optimizers.ts";
import { constantRate } from "../training/schedules.ts";
import { exportOnnx } from "./export.ts";
import { uniform } from "./initializers.ts";
import { dense, embeddingBag, mlp } from "./layers.ts";
import { buildModel, defineModel } from "./model.ts";
import { summarize } from "./summary.ts";

describe("models", () => {
  test("print as a table", () => {
    expect(`\n${summarize(bagModel)}\n`).toBe(`
bags: 587 parameters, 166 flops (batch 1, length 1)
         name            shape                    parameters  flops  begins as
input    ids             [batch, length] int64
input    weights         [batch, length] float32
layer    words           [batch, 8]                      512     16
trained  words           [64, 8]                         512         uniform(0.05)
layer    hidden          [batch, 6]                       54    108
trained  hidden.kernel   [8, 6]                           48         he
trained  hidden.bias     [6]                               6         zeros
layer    classes         [batch, 3]                       21     42
trained  classes.kernel  [6, 3]                           18         glorot
trained  classes.bias    [3]                               3         zeros
output   logits          [batch, 3] float32
output   probabilities   [batch, 3] float32
`);
    expect(summarize(bagModel, { length: 50 })).toMatch(/^bags: 587 parameters, 950 flops \(batch 1, length 50\)/);
  });

  test("dropout is in the training graph only", () => {
    expect(buildModel(bagModel, "train").masks).toEqual([{ name: "drop", shape: ["batch", 8], rate: 0.3 }]);
    expect(buildModel(bagModel, "evaluate").masks).toEqual([]);
    expect(buildModel(bagModel, "export").masks).toEqual([]);
  });

  test("an mlp is dense layers with an activation and dropout between them", () => {
    const model = defineModel("m", (scope) => ({
      y: mlp(scope, "net", scope.input("x", ["batch", 4]), {
        hidden: [5, 6],
        units: 2,
        dropout: 0.5,
        activation: "tanh",
      }),
    }));
    const built = buildModel(model, "train");
    expect(built.parameters.map(({ name, shape }) => [name, ...shape])).toEqual([
      ["net.0.kernel", 4, 5],
      ["net.0.bias", 5],
      ["net.1.kernel", 5, 6],
      ["net.1.bias", 6],
      ["net.2.kernel", 6, 2],
      ["net.2.bias", 2],
    ]);
    expect(built.masks.map(({ name, rate }) => [name, rate])).toEqual([
      ["net.0.dropout", 0.5],
      ["net.1.dropout", 0.5],
    ]);
    expect(built.outputs["y"]?.shape).toEqual(["batch", 2]);
  });

  test("a name that is used twice, a width that is no multiple of four and foreign weights do not pass", () => {
    const twice = defineModel("m", (scope) => ({ x: scope.input("x", ["batch"]), again: scope.input("x", ["batch"]) }));
    expect(() => buildModel(twice, "train")).toThrow('the name "x" is used once');
    const narrow = defineModel("m", (scope) => ({ y: embeddingBag(scope, "t", { rows: 8, width: 6 }) }));
    expect(() => buildModel(narrow, "train")).toThrow("multiple of 4");
    expect(() => exportOnnx(bagModel, new Map())).toThrow('"hidden.kernel" is [8, 6] there');
  });
});

describe("the embedding bag", () => {
  /** The same numbers as a dense layer over rows of counts: with plain SGD touched rows are all that changes. */
  test("trains exactly like a dense layer over weighted counts", async () => {
    const list = examples(40, 9);
    const counts = (part: readonly Example[]): Batch => {
      const x = new Float32Array(part.length * rows);
      for (const [i, { bag }] of part.entries()) {
        for (const [k, id] of bag.ids.entries()) x[i * rows + id]! += bag.weights[k]!;
      }
      return { size: part.length, values: { x, labels: batchOf(part).values!["labels"]! } };
    };
    const common = {
      objective: classification({ classes }),
      optimizer: sgd(),
      schedule: constantRate(0.5),
      epochs: 3,
      seed: 1,
      clock: systemClock,
    };
    const table = defineModel("m", (scope) => ({
      logits: dense(scope, "out", embeddingBag(scope, "words", { rows, width: 8 }), { units: classes }),
    }));
    const matrix = defineModel("m", (scope) => {
      const h = scope
        .input("x", ["batch", rows])
        .matmul(scope.parameter("words", [rows, 8], { initial: uniform(0.05) }));
      return { logits: dense(scope, "out", h, { units: classes }) };
    });
    const parts = [list.slice(0, 16), list.slice(16, 32), list.slice(32)];
    const sparse = await fit({ ...common, model: table, train: () => parts.map(batchOf) });
    const full = await fit({ ...common, model: matrix, train: () => parts.map(counts) });
    for (const [i, { train }] of sparse.curves.entries()) expect(train.loss).toBeCloseTo(full.curves[i]!.train.loss, 5);
    for (const [name, { data }] of full.weights) {
      const other = sparse.weights.get(name)!.data;
      for (const [i, x] of data.entries()) expect(other[i]).toBeCloseTo(x, 5);
    }
  });

  test("a batch of empty bags is zeros, not an error", async () => {
    const empty = { ids: new Int32Array(), weights: new Float32Array() };
    const batch = { size: 2, bags: { words: [empty, empty] }, values: { labels: Int32Array.of(0, 1) } };
    const { curves } = await fit({
      model: bagModel,
      objective: classification({ classes }),
      optimizer: sgd(),
      schedule: constantRate(0),
      train: () => [batch],
      epochs: 1,
      seed: 1,
      clock: systemClock,
    });
    expect(curves[0]?.train.loss).toBeCloseTo(Math.log(classes), 5);
  });
});
