import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Refusal } from "../../kernel/errors.ts";
import { seededRandom } from "../../kernel/random.ts";
import { gradients } from "../graph/gradient.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type Mode, Scope } from "../model/model.ts";
import { evaluator, type Numbers, numbers } from "../testing/evaluate.ts";
import type { Batch } from "./batch.ts";
import { meansOf } from "./curves.ts";
import { classification, type Objective } from "./objective.ts";
import { contrastive, triplet } from "./objectives/likeness.ts";
import { multiLabel } from "./objectives/multi-label.ts";
import { perPosition } from "./objectives/per-position.ts";
import { regression } from "./objectives/regression.ts";
import { transcription } from "./objectives/transcription.ts";

type Fed = { readonly [name: string]: Numbers };
/** Loss and metrics in double precision; `x` are the model's outputs, row-major. */
type Reference = (x: { readonly [output: string]: readonly number[] }) => { readonly [measured: string]: number };

/** Loss, weight and metrics of a model whose outputs are given, and the loss's gradient by each output. */
async function measure(objective: Objective, outputs: Fed, targets: Fed, mode: Mode = "train") {
  const scope = new Scope(mode);
  const nodes: { [name: string]: Tensor } = {};
  for (const [name, { dims }] of Object.entries(outputs)) {
    nodes[name] = scope.input(`x.${name}`, ["batch", ...dims.slice(1)]);
  }
  const { loss, weight, metrics } = objective.measure(nodes, scope);
  const names = Object.keys(nodes);
  const slopes = gradients(loss, Object.values(nodes)).map((g, i) => [`d.${names[i]}`, g] as const);
  const run = await evaluator({ loss, weight, ...metrics, ...Object.fromEntries(slopes) });
  const given = Object.entries(outputs).map(([name, value]) => [`x.${name}`, value] as const);
  const size = Object.values(outputs)[0]!.dims[0]!;
  const ones = scope.inputs.some(({ name }) => name === "sampleWeights")
    ? { sampleWeights: numbers([size], ...Array<number>(size).fill(1)) }
    : {};
  const results = await run({ ...ones, ...Object.fromEntries(given), ...targets });
  await run.release();
  return results;
}

/** Values and, by central differences of the reference in double precision, gradients. */
async function agree(objective: Objective, outputs: Fed, targets: Fed, reference: Reference, mode?: Mode) {
  const got = await measure(objective, outputs, targets, mode);
  const x = Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]));
  for (const [name, wanted] of Object.entries(reference(x))) expect(got[name]!.data[0], name).toBeCloseTo(wanted, 4);
  for (const [name, data] of Object.entries(x)) {
    for (const [i, value] of data.entries()) {
      const lossAt = (moved: number): number => reference({ ...x, [name]: data.with(i, moved) })["loss"]!;
      const slope = (lossAt(value + 1e-5) - lossAt(value - 1e-5)) / 2e-5;
      expect(got[`d.${name}`]!.data[i], `d loss / d ${name}[${i}]`).toBeCloseTo(slope, 3);
    }
  }
}

const sum = (xs: readonly number[]): number => xs.reduce((total, x) => total + x, 0);
const mean = (xs: readonly number[], weights: readonly number[]): number =>
  sum(xs.map((x, i) => x * weights[i]!)) / sum(weights);
const rowsOf = (data: readonly number[], width: number): number[][] =>
  Array.from({ length: data.length / width }, (_, i) => data.slice(i * width, (i + 1) * width));
const logSoftmax = (row: readonly number[]): number[] => {
  const total = Math.log(sum(row.map(Math.exp)));
  return row.map((x) => x - total);
};
const largest = (row: readonly number[]): number => row.indexOf(Math.max(...row));
const entropy = (row: readonly number[], target: readonly number[]): number =>
  -sum(logSoftmax(row).map((log, k) => log * target[k]!));
const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.sqrt(sum(a.map((x, i) => (x - b[i]!) ** 2)) + 1e-12);

/** Runs a table's row on random numbers of a few sizes. */
const cases = fc.record({ size: fc.integer({ min: 1, max: 4 }), seed: fc.nat(1_000_000) });
type Story = (
  size: number,
  draw: (...dims: readonly number[]) => Numbers,
  below: (bound: number) => number,
) => Promise<void>;
const stories: { readonly [name: string]: Story } = {
  "softmax cross-entropy with class weights, smoothing and sample weights": async (size, draw, below) => {
    const [labels, weights] = [Array.from({ length: size }, () => below(3)), draw(size).data.map((x) => x * x + 0.1)];
    const classWeights = [1, 2, 0.5];
    const both = labels.map((label, i) => weights[i]! * classWeights[label]!);
    const targets = { labels: numbers([size], ...labels), sampleWeights: numbers([size], ...weights) };
    const objective = classification({ classes: 3, labelSmoothing: 0.3, classWeights });
    const smooth = (label: number, s: number): number[] => [0, 1, 2].map((k) => (k === label ? 1 - s : 0) + s / 3);
    const referenceOf =
      (used: readonly number[], s: number): Reference =>
      ({ logits }) => {
        const rows = rowsOf(logits!, 3);
        return {
          loss: mean(
            rows.map((row, i) => entropy(row, smooth(labels[i]!, s))),
            used,
          ),
          accuracy: mean(
            rows.map((row, i) => Number(largest(row) === labels[i])),
            used,
          ),
          weight: sum(used),
        };
      };
    const outputs = { logits: draw(size, 3) };
    await agree(objective, outputs, targets, referenceOf(both, 0.3));
    await agree(objective, outputs, targets, referenceOf(weights, 0), "evaluate");
  },
  "softmax cross-entropy with soft targets": async (size, draw) => {
    const soft = rowsOf(draw(size, 3).data, 3).map((row) => logSoftmax(row).map(Math.exp));
    await agree(
      classification({ classes: 3, targets: "soft" }),
      { logits: draw(size, 3) },
      { targets: numbers([size, 3], ...soft.flat()) },
      ({ logits }) => {
        const rows = rowsOf(logits!, 3);
        const ones = rows.map(() => 1);
        return {
          loss: mean(
            rows.map((row, i) => entropy(row, soft[i]!)),
            ones,
          ),
          accuracy: mean(
            rows.map((row, i) => Number(largest(row) === largest(soft[i]!))),
            ones,
          ),
        };
      },
    );
  },
  "cross-entropy at every position that is no padding": async (size, draw, below) => {
    const labels = Array.from({ length: size * 3 }, (_, i) => (i > 0 && below(3) === 0 ? -1 : below(4)));
    await agree(
      perPosition({ classes: 4 }),
      { logits: draw(size, 3, 4) },
      { labels: numbers([size, 3], ...labels) },
      ({ logits }) => {
        const counted = rowsOf(logits!, 4).flatMap((row, i) => (labels[i]! < 0 ? [] : [{ row, label: labels[i]! }]));
        const ones = counted.map(() => 1);
        return {
          loss: mean(
            counted.map(({ row, label }) => -logSoftmax(row)[label]!),
            ones,
          ),
          accuracy: mean(
            counted.map(({ row, label }) => Number(largest(row) === label)),
            ones,
          ),
          weight: counted.length,
        };
      },
    );
  },
  "binary cross-entropy of several labels": async (size, draw, below) => {
    const targets = Array.from({ length: size * 2 }, () => below(2));
    const presence = [1, 3];
    await agree(
      multiLabel({ labels: 2, presenceWeights: presence }),
      { logits: draw(size, 2) },
      { targets: numbers([size, 2], ...targets) },
      ({ logits }) => {
        const losses = logits!.map((x, i) => {
          const p = 1 / (1 + Math.exp(-x));
          return targets[i] ? -presence[i % 2]! * Math.log(p) : -Math.log(1 - p);
        });
        const right = logits!.map((x, i) => Number(x > 0 === targets[i]! > 0.5));
        return { loss: sum(losses) / losses.length, accuracy: sum(right) / right.length };
      },
    );
  },
  "squared, absolute and Huber's errors": async (size, draw) => {
    const targets = draw(size, 2);
    const weights = draw(size).data.map((x) => x * x + 0.1);
    const referenceOf =
      (loss: (e: number) => number): Reference =>
      ({ prediction }) => {
        const off = rowsOf(
          prediction!.map((x, i) => x - targets.data[i]!),
          2,
        );
        const over = (f: (e: number) => number): number =>
          mean(
            off.map((row) => sum(row.map(f)) / 2),
            weights,
          );
        return { loss: over(loss), absoluteError: over(Math.abs), squaredError: over((e) => e * e) };
      };
    const outputs = { prediction: draw(size, 2) };
    const fed = { targets, sampleWeights: numbers([size], ...weights) };
    await agree(
      regression(),
      outputs,
      fed,
      referenceOf((e) => e * e),
    );
    await agree(regression({ error: "absolute" }), outputs, fed, referenceOf(Math.abs));
    const huber = (e: number): number => (Math.abs(e) <= 0.7 ? (e * e) / 2 : 0.7 * (Math.abs(e) - 0.35));
    await agree(regression({ error: { huber: 0.7 } }), outputs, fed, referenceOf(huber));
  },
  "pairs that are alike or not": async (size, draw, below) => {
    const alike = Array.from({ length: size }, () => below(2));
    await agree(
      contrastive({ margin: 3, left: "a", right: "b" }),
      { a: draw(size, 3), b: draw(size, 3) },
      { alike: numbers([size], ...alike) },
      ({ a, b }) => {
        const d = rowsOf(a!, 3).map((row, i) => distance(row, rowsOf(b!, 3)[i]!));
        const losses = d.map((x, i) => (alike[i] ? x * x : Math.max(0, 3 - x) ** 2) / 2);
        const right = d.map((x, i) => Number(x < 1.5 === (alike[i] === 1)));
        return { loss: sum(losses) / size, accuracy: sum(right) / size };
      },
    );
  },
  triplets: async (size, draw) => {
    const outputs = { a: draw(size, 3), b: draw(size, 3), c: draw(size, 3) };
    await agree(triplet({ margin: 0.5, anchor: "a", like: "b", unlike: "c" }), outputs, {}, ({ a, b, c }) => {
      const [as, bs, cs] = [a, b, c].map((x) => rowsOf(x!, 3)) as [number[][], number[][], number[][]];
      const further = as.map((row, i) => distance(row, bs[i]!) - distance(row, cs[i]!));
      const losses = further.map((x) => Math.max(0, x + 0.5));
      return { loss: sum(losses) / size, accuracy: further.filter((x) => x < 0).length / size };
    });
  },
};

describe("objectives agree with their definitions, and their gradients with central differences", () => {
  test.each(Object.entries(stories))("%s", async (_, story) => {
    const property = fc.asyncProperty(cases, async ({ size, seed }) => {
      const random = seededRandom(seed);
      const draw = (...dims: readonly number[]): Numbers =>
        numbers(dims, ...Array.from({ length: dims.reduce((n, dim) => n * dim, 1) }, () => random.normal() * 1.5));
      await story(size, draw, (bound) => random.below(bound));
    });
    await expect(fc.assert(property, { numRuns: 5, seed: 20_260_101, endOnFailure: true })).resolves.toBeUndefined();
  });

  test("transcription is the mean of CTC's -ln p, weighted", async () => {
    const even = numbers([2, 2, 2], ...Array<number>(8).fill(0));
    const fed = {
      labels: numbers([2, 2], 1, -1, 1, -1),
      frames: numbers([2], 2, 1),
      sampleWeights: numbers([2], 3, 1),
    };
    const { loss, weight } = await measure(transcription({ classes: 2 }), { logits: even }, fed);
    expect(loss!.data[0]).toBeCloseTo((-3 * Math.log(0.75) - Math.log(0.5)) / 4, 5);
    expect(weight!.data[0]).toBe(4);
  });
});

describe("metrics of an epoch", () => {
  test("perplexity and the root of the squared error follow from means over all batches", () => {
    const sums = { weight: 4, totals: { loss: 4 * Math.log(7), squaredError: 100 } };
    expect(meansOf(sums, perPosition({ classes: 2 }))["perplexity"]).toBeCloseTo(7, 6);
    expect(meansOf(sums, regression())["rootSquaredError"]).toBe(5);
  });
});

describe("objectives refuse", () => {
  const floats = (...xs: readonly number[]): Float32Array => Float32Array.from(xs);
  const ints = (...xs: readonly number[]): Int32Array => Int32Array.from(xs);
  const rows: readonly (readonly [string, Objective, Batch["values"] & object, RegExp])[] = [
    [
      "soft targets that do not sum to one",
      classification({ classes: 2, targets: "soft" }),
      { targets: floats(0.5, 0.4, 0, 1) },
      /example 0 are no distribution/,
    ],
    ["padding alone", perPosition({ classes: 2 }), { labels: ints(-1, -1, -1, -1) }, /no position whose label counts/],
    ["labels below padding", perPosition({ classes: 2 }), { labels: ints(-2, 0) }, /label -2 is outside/],
    ["half a label", multiLabel({ labels: 1 }), { targets: floats(1, 1.5) }, /target 1.5 is not from 0 to 1/],
    ["a target that is no number", regression(), { targets: floats(1, Number.NaN) }, /NaN/],
    ["a pair that is alike by half", contrastive({ left: "a", right: "b" }), { alike: floats(1, 0.5) }, /not 0.5/],
    [
      "weights of zero",
      triplet({ anchor: "a", like: "b", unlike: "c" }),
      { sampleWeights: floats(0, 0) },
      /above zero/,
    ],
    [
      "a blank among labels",
      transcription({ classes: 3 }),
      { labels: ints(1, 0, 2, -1), frames: ints(4, 4) },
      /labels 1 0;/,
    ],
    [
      "a label after padding",
      transcription({ classes: 3 }),
      { labels: ints(-1, 1, 2, -1), frames: ints(4, 4) },
      /Example 0/,
    ],
    [
      "too few frames",
      transcription({ classes: 3 }),
      { labels: ints(1, 2, 2, 2), frames: ints(2, 2) },
      /Example 1 has 2 frames for labels that need 3/,
    ],
  ];
  test.each(rows)("%s", (_, objective, values, message) => {
    const check = (): void => objective.check({ size: 2, values });
    expect(check).toThrow(Refusal);
    expect(check).toThrow(message);
  });
});
