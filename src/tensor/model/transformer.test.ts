import { describe, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { seededRandom } from "../../kernel/random.ts";
import { constant, input, type Tensor } from "../graph/tensor.ts";
import { value, type Values } from "../runtime/runtime.ts";
import { expectSameAsExport, freshWeights } from "../testing/compare-export.ts";
import { evaluate, numbers } from "../testing/evaluate.ts";
import { checkGradients } from "../testing/rules.ts";
import type { Batch } from "../training/batch.ts";
import { fit } from "../training/fit.ts";
import { classification } from "../training/objective.ts";
import { adam } from "../training/optimizers.ts";
import { constantRate } from "../training/schedules.ts";
import { attend, multiHeadAttention } from "./attention.ts";
import { embedding } from "./embedding.ts";
import { dense } from "./layers.ts";
import { buildModel, defineModel, type Model, Scope } from "./model.ts";
import {
  addPositions,
  cacheInputs,
  cacheOutputs,
  meanOverTime,
  transformerDecoderFrom,
  transformerEncoder,
  type TransformerOptions,
} from "./transformer.ts";

const rows = 8;
const width = 8;
const objective = classification({ classes: 2 });
const small = { layers: 2, heads: 2, hidden: 16 };

describe("attention", () => {
  const [q, k, v] = ["q", "k", "v"].map((name) => input(name, [1, 1, "length", 1])) as [Tensor, Tensor, Tensor];
  const fed = {
    q: numbers([1, 1, 2, 1], 1, 2),
    k: numbers([1, 1, 2, 1], 0, Math.log(3)),
    v: numbers([1, 1, 2, 1], 4, 8),
  };

  test("weighs values by the softmax of products, by hand", async () => {
    // weights of the queries: (1, 3) / 4 and (1, 9) / 10
    expect((await evaluate(attend(q, k, v), fed)).data).toEqual([expect.closeTo(7, 5), expect.closeTo(7.6, 5)]);
    expect((await evaluate(attend(q, k, v, { causal: true }), fed)).data).toEqual([4, expect.closeTo(7.6, 5)]);
    expect((await evaluate(attend(q, k, v, { lengths: constant(Int32Array.of(1)) }), fed)).data).toEqual([4, 4]);
    const second = k.positions(2).cast("float32").greater(0);
    expect((await evaluate(attend(q, k, v, { mask: second }), fed)).data).toEqual([8, 8]);
  });

  test("gradients agree with central differences", async () => {
    const shapes = ({ a, b, c }: { a: number; b: number; c: number }) => [
      [2, a, b, c],
      [2, a, b, c],
      [2, a, b, c],
    ];
    const lengths = (b: number) => constant(Int32Array.of(1, b));
    const probes = [
      { shapes, y: ([x, y, z]: readonly Tensor[]) => attend(x!, y!, z!), named: [0, 1, 2] },
      {
        shapes,
        y: ([x, y, z]: readonly Tensor[], { b }: { b: number }) =>
          attend(x!, y!, z!, { causal: true, lengths: lengths(b), drop: (weights) => weights.mul(2) }),
      },
    ];
    await expect(checkGradients(probes)).resolves.toBeUndefined();
  });

  test("reads another sequence where it is given a memory", () => {
    const scope = new Scope("train");
    const x = input("x", ["batch", "length", 4]);
    const y = multiHeadAttention(scope, "a", x, { heads: 2, memory: input("m", ["batch", "other", 6]), dropout: 0.1 });
    expect(y.shape).toEqual(["batch", "length", 4]);
    expect(scope.parameters.find(({ name }) => name === "a.key.kernel")?.shape).toEqual([6, 4]);
    expect(scope.masks).toEqual([{ name: "a.dropout", shape: ["batch", 2, "length", "other"], rate: 0.1 }]);
    expect(() => multiHeadAttention(scope, "b", x, { heads: 3 })).toThrow("3 heads share a width of 4");
  });
});

const encoder = (options: Partial<TransformerOptions>): Model =>
  defineModel("encoder", (scope) => {
    const ids = scope.input("ids", ["batch", "length"], { type: "int32" });
    const lengths = scope.input("lengths", ["batch"], { type: "int32" });
    const words = embedding(scope, "words", ids, { rows, width });
    const placed = addPositions(scope, "positions", words, { kind: "learned", lengthMax: 16 });
    const h = transformerEncoder(scope, "encoder", placed, { ...small, ...options, lengths });
    const logits = dense(scope, "classes", meanOverTime(h, lengths), { units: 2 });
    return { logits };
  });

/** Does id 1 come before id 2? Padding is any id. */
function batch(size: number, seed: number): Batch {
  const random = seededRandom(seed);
  const length = 6;
  const ids = Int32Array.from({ length: size * length }, () => 3 + random.below(rows - 3));
  const lengths = Int32Array.from({ length: size }, () => 3 + random.below(length - 2));
  const labels = lengths.map((own, i) => {
    const first = random.below(own - 1);
    const second = first + 1 + random.below(own - 1 - first);
    const label = random.below(2);
    ids[i * length + first] = 2 - label;
    ids[i * length + second] = 1 + label;
    return label;
  });
  return { size, values: { ids, lengths, labels } };
}

describe("transformer layers", () => {
  test.each([
    ["pre", "gelu", 0],
    ["post", "relu", 0.1],
  ] as const)("with norm %s, %s and dropout %f learn what depends on order", async (norm, activation, dropout) => {
    const { curves } = await fit({
      model: encoder({ norm, activation, dropout }),
      objective,
      optimizer: adam(),
      schedule: constantRate(0.005),
      train: (epoch) => Array.from({ length: 25 }, (_, i) => batch(32, epoch * 100 + i)),
      validation: () => [batch(200, 1)],
      epochs: 8,
      seed: 3,
      clock: systemClock,
    });
    expect(Math.max(...curves.map(({ validation }) => validation?.["accuracy"] ?? 0))).toBeGreaterThan(0.95);
  });

  test.each([{ norm: "pre" }, { norm: "post" }, { causal: true }] as const)(
    "%j: the exported file gives what training computes, whatever the padding",
    async (options) => {
      const model = encoder({ ...options, dropout: 0.5 });
      const weights = await freshWeights(model, objective);
      const feeds = (padding: number): Values => ({
        ids: value(Int32Array.of(1, 2, 3, 4, 5, 6, 7, padding, padding, padding), [2, 5]),
        lengths: value(Int32Array.of(5, 2), [2]),
      });
      const { logits } = await expectSameAsExport(model, weights, feeds(0));
      const other = (await expectSameAsExport(model, weights, feeds(7)))["logits"];
      for (const [i, x] of logits!.data.entries()) expect(other?.data[i]).toBeCloseTo(Number(x), 5);
    },
  );

  test("sinusoidal positions are those of the paper", async () => {
    const scope = new Scope("export");
    const y = addPositions(scope, "p", input("x", [1, "length", 4]), { kind: "sinusoidal", lengthMax: 9 });
    const { data } = await evaluate(y, { x: numbers([1, 2, 4], 0, 0, 0, 0, 0, 0, 0, 0) });
    const second = [Math.sin(1), Math.cos(1), Math.sin(0.01), Math.cos(0.01)];
    for (const [i, x] of [0, 1, 0, 1, ...second].entries()) expect(data[i]).toBeCloseTo(x, 6);
  });

  test("a mean over time counts what is inside the length", async () => {
    const y = meanOverTime(constant([1, 2, 30, 4, 5, 6], [2, 3, 1]), constant(Int32Array.of(2, 3)));
    expect((await evaluate(y)).data).toEqual([1.5, 5]);
    expect((await evaluate(meanOverTime(constant([1, 2, 6], [1, 3, 1])))).data).toEqual([3]);
  });
});

describe("a decoder that generates", () => {
  const options = { ...small, dropout: 0.1 };
  const start = (scope: Scope) =>
    embedding(scope, "words", scope.input("ids", ["batch", "length"], { type: "int32" }), { rows, width });
  const whole = defineModel("whole", (scope) => {
    const x = addPositions(scope, "positions", start(scope), { kind: "learned", lengthMax: 16 });
    const y = transformerEncoder(scope, "decoder", x, { ...options, causal: true });
    return { logits: dense(scope, "next", y.mean([1]), { units: 2 }), y };
  });
  const stepwise = defineModel("stepwise", (scope) => {
    const past = cacheInputs(scope, { ...options, width });
    const x = addPositions(scope, "positions", start(scope), { kind: "learned", lengthMax: 16, past: past[0]! });
    const { y, present } = transformerDecoderFrom(scope, "decoder", x, { ...options, past });
    return { y, ...cacheOutputs(present) };
  });

  test("step by step with a cache, gives what the whole sequence gives", async () => {
    const weights = await freshWeights(whole, objective);
    const ids = [3, 1, 4, 1, 5];
    const all = (await expectSameAsExport(whole, weights, { ids: value(Int32Array.from(ids), [1, ids.length]) }))["y"];
    const caches = buildModel(stepwise, "export").inputs.filter(({ name }) => name.startsWith("past"));
    let past: Values = Object.fromEntries(caches.map(({ name }) => [name, value(new Float32Array(), [1, 2, 0, 4])]));
    const got: number[] = [];
    for (const part of [[3, 1], [4], [1], [5]]) {
      const result = await expectSameAsExport(stepwise, weights, {
        ids: value(Int32Array.from(part), [1, part.length]),
        ...past,
      });
      got.push(...Array.from(result["y"]!.data, Number));
      past = Object.fromEntries(caches.map(({ name }) => [name, result[name.replace("past", "present")]!]));
    }
    for (const [i, x] of all!.data.entries()) expect(got[i]).toBeCloseTo(Number(x), 4);
  });
});
