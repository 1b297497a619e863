import { describe, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { seededRandom } from "../../kernel/random.ts";
import { input } from "../graph/tensor.ts";
import { expectSameAsExport, freshWeights } from "../testing/compare-export.ts";
import { value } from "../runtime/runtime.ts";
import type { Batch } from "../training/batch.ts";
import { fit } from "../training/fit.ts";
import { classification } from "../training/objective.ts";
import { adam } from "../training/optimizers.ts";
import { constantRate } from "../training/schedules.ts";
import { embedding } from "./embedding.ts";
import { dense } from "./layers.ts";
import { buildModel, defineModel, type Model, Scope } from "./model.ts";
import { gru, gruFrom, lstm, lstmFrom, type RecurrentOptions } from "./recurrent.ts";

const rows = 8;
const layers = { lstm, gru };
type Cell = keyof typeof layers;

const classifier = (cell: Cell, options: RecurrentOptions): Model =>
  defineModel(cell, (scope) => {
    const ids = scope.input("ids", ["batch", "length"], { type: "int32" });
    const lengths = scope.input("lengths", ["batch"], { type: "int32" });
    const words = embedding(scope, "words", ids, { rows, width: 4 });
    const state = layers[cell](scope, "state", words, { ...options, lengths, outputs: "last" });
    const logits = dense(scope, "classes", state, { units: 2 });
    return { logits, probabilities: logits.softmax() };
  });

/** Which of the ids 1 and 2 came last? Other ids and padding only disturb. */
function batch(size: number, length: number, seed: number): Batch {
  const random = seededRandom(seed);
  const ids = new Int32Array(size * length);
  const lengths = Int32Array.from({ length: size }, () => 2 + random.below(length - 1));
  const labels = lengths.map((own, i) => {
    for (let t = 0; t < length; t++) ids[i * length + t] = t < own ? 3 + random.below(rows - 3) : random.below(rows);
    const label = random.below(2);
    const at = Math.floor(random.next() * (own - 1));
    ids[i * length + at] = 2 - label;
    ids[i * length + at + 1] = 1 + label;
    return label;
  });
  return { size, values: { ids, lengths, labels } };
}

describe("recurrent layers", () => {
  test("have kernels, recurrent weights and biases for each layer and direction", () => {
    const shapes = (model: Model) => buildModel(model, "train").parameters.map(({ name, shape }) => [name, ...shape]);
    expect(shapes(classifier("lstm", { units: 6, layers: 2 })).slice(1, 7)).toEqual([
      ["state.0.kernel", 24, 4],
      ["state.0.recurrent", 24, 6],
      ["state.0.bias", 24],
      ["state.1.kernel", 24, 6],
      ["state.1.recurrent", 24, 6],
      ["state.1.bias", 24],
    ]);
    expect(shapes(classifier("gru", { units: 6, direction: "both" })).slice(1)).toEqual([
      ["state.0.forward.kernel", 18, 4],
      ["state.0.forward.recurrent", 18, 6],
      ["state.0.forward.bias", 36],
      ["state.0.backward.kernel", 18, 4],
      ["state.0.backward.recurrent", 18, 6],
      ["state.0.backward.bias", 36],
      ["classes.kernel", 12, 2],
      ["classes.bias", 2],
    ]);
  });

  test("dropout lies between layers", () => {
    const masks = buildModel(classifier("lstm", { units: 6, layers: 3, dropout: 0.2 }), "train").masks;
    expect(masks.map(({ name, shape }) => [name, ...shape])).toEqual([
      ["state.0.dropout", "length", "batch", 6],
      ["state.1.dropout", "length", "batch", 6],
    ]);
  });

  test.each([
    ["lstm", { units: 8 }],
    ["lstm", { units: 8, layers: 2, direction: "both" }],
    ["gru", { units: 8 }],
    ["gru", { units: 8, direction: "backward" }],
  ] as const)("a %s of %j learns what depends on order", async (cell, options) => {
    const { curves } = await fit({
      model: classifier(cell, options),
      objective: classification({ classes: 2 }),
      optimizer: adam(),
      schedule: constantRate(0.03),
      train: (epoch) => Array.from({ length: 10 }, (_, i) => batch(32, 6 + (i % 2), epoch * 100 + i)),
      validation: () => [batch(100, 9, 1)],
      epochs: 6,
      seed: 3,
      clock: systemClock,
    });
    expect(Math.max(...curves.map(({ validation }) => validation?.["accuracy"] ?? 0))).toBeGreaterThan(0.95);
  });

  test.each([
    ["lstm", { units: 3, layers: 2, direction: "both" }],
    ["gru", { units: 3, layers: 2, direction: "backward" }],
  ] as const)("the exported %s gives what training computes, whatever the padding", async (cell, options) => {
    const model = classifier(cell, options);
    const weights = await freshWeights(model, classification({ classes: 2 }));
    const feeds = (padding: number) => ({
      ids: value(Int32Array.of(1, 2, 3, 4, 5, 6, 7, padding, padding, padding), [2, 5]),
      lengths: value(Int32Array.of(5, 2), [2]),
    });
    const { logits } = await expectSameAsExport(model, weights, feeds(0));
    expect(await expectSameAsExport(model, weights, feeds(7))).toHaveProperty("logits.data", logits?.data);
  });
});

describe("continued from a state", () => {
  test.each([
    ["lstm", lstmFrom, 2],
    ["gru", gruFrom, 1],
  ] as const)("two halves of a sequence through an %s are the whole", async (cell, from, states) => {
    const width = 3;
    const named = (scope: Scope, suffix: string) =>
      [0, 1].map((layer) =>
        Array.from({ length: states }, (_, k) => scope.input(`${suffix}.${layer}.${k}`, ["batch", width])),
      );
    const model = defineModel("m", (scope) => {
      const x = scope.input("x", ["batch", "length", 2]);
      const { y, states: after } = from(scope, "layer", x, {
        units: width,
        layers: 2,
        initial: named(scope, "before"),
      });
      return { y, ...Object.fromEntries(after.flat().map((state, i) => [`after${i}`, state])) };
    });
    const whole = defineModel("m", (scope) => ({
      y: layers[cell](scope, "layer", scope.input("x", ["batch", "length", 2]), { units: width, layers: 2 }),
    }));
    const random = seededRandom(5);
    const weights = new Map(
      buildModel(whole, "export").parameters.map(({ name, shape, initial }) => {
        const data = new Float32Array(shape.reduce((product, dim) => product * dim, 1));
        initial.draw(data, shape, random);
        return [name, { shape, data }];
      }),
    );
    const zeros = Object.fromEntries(
      [0, 1].flatMap((layer) =>
        Array.from({ length: states }, (_, k) => [`before.${layer}.${k}`, value(new Float32Array(width), [1, width])]),
      ),
    );
    const first = await expectSameAsExport(model, weights, {
      x: value(Float32Array.of(1, 2, 3, 4), [1, 2, 2]),
      ...zeros,
    });
    const carried = Object.fromEntries(Object.keys(zeros).map((name, i) => [name, first[`after${i}`]!]));
    const second = await expectSameAsExport(model, weights, { x: value(Float32Array.of(5, 6), [1, 1, 2]), ...carried });
    const all = await expectSameAsExport(whole, weights, { x: value(Float32Array.of(1, 2, 3, 4, 5, 6), [1, 3, 2]) });
    const halves = [...first["y"]!.data, ...second["y"]!.data].map(Number);
    for (const [i, x] of all["y"]!.data.entries()) expect(halves[i]).toBeCloseTo(Number(x), 5);
  });
});

test("a flat input and no layer do not come to be", () => {
  const scope = new Scope("export");
  expect(() => lstm(scope, "a", input("x", ["batch", 4]), { units: 2 })).toThrow("[batch, length, n]");
  expect(() => gru(scope, "b", input("x", ["batch", "length", 4]), { units: 2, layers: 0 })).toThrow("a layer");
});
