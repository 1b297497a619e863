import { describe, expect, it } from "vitest";
import { seededRandom } from "../kernel/random.ts";
import { bootstrap, quantile } from "./bootstrap.ts";
import { wilson } from "./distributions.ts";
import { measure } from "./metrics.ts";
import { type ScoredExamples, answersOf, decodeScored, encodeScored, lossesOf } from "./scored.ts";
import { foundSlices } from "./found-slices.ts";
import { slicesOf } from "./slices.ts";
import { fitTemperature } from "./temperature.ts";

const labels = ["a", "b", "c"];

/** Answers given with a probability; the rest is shared by the other labels. */
function scoredOf(rows: readonly (readonly [truth: number, answer: number, probability: number])[]): ScoredExamples {
  const probabilities = rows.flatMap(([, answer, p]) => labels.map((_, k) => (k === answer ? p : (1 - p) / 2)));
  return {
    labels,
    keys: rows.map((_, i) => `ex_${i}`),
    truth: Int32Array.from(rows, ([truth]) => truth),
    probabilities: Float32Array.from(probabilities),
  };
}

/** By hand: a is right 2 of 3 and said 3 times, b is right 1 of 2 and said once, c is right 1 of 1 and said twice. */
const six = scoredOf([
  [0, 0, 0.9],
  [0, 0, 0.8],
  [0, 2, 0.5],
  [1, 1, 0.7],
  [1, 0, 0.6],
  [2, 2, 0.95],
]);

describe("metrics of six examples, by hand", () => {
  const metrics = measure(six, { seed: 1 });
  const value = { confusion: metrics.confusion, examples: metrics.examples };
  it("counts", () => {
    expect(value).toEqual({
      examples: 6,
      confusion: [
        [2, 0, 1],
        [1, 1, 0],
        [0, 0, 1],
      ],
    });
    expect(metrics.classes.map(({ label, examples }) => [label, examples])).toEqual([
      ["a", 3],
      ["b", 2],
      ["c", 1],
    ]);
  });
  const precision = [2 / 3, 1, 1 / 2];
  const recall = [2 / 3, 1 / 2, 1];
  const f1 = [2 / 3, 2 / 3, 2 / 3];
  const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
  const table: [name: string, got: number, expected: number][] = [
    ["accuracy", metrics.accuracy.value, 4 / 6],
    ["macro precision", metrics.macroPrecision.value, mean(precision)],
    ["macro recall", metrics.macroRecall.value, mean(recall)],
    ["macro F1", metrics.macroF1.value, mean(f1)],
    ["cross-entropy", metrics.crossEntropy.value, -mean([0.9, 0.8, 0.25, 0.7, 0.2, 0.95].map(Math.log))],
    // every example has a bin of its own, so each gap counts by itself
    ["calibration error", metrics.calibrationError.value, mean([0.1, 0.2, 0.5, 0.3, 0.6, 0.05])],
    ["precision of c", metrics.classes[2]?.precision.value ?? -1, 1 / 2],
    ["recall of b", metrics.classes[1]?.recall.value ?? -1, 1 / 2],
  ];
  it.each(table)("%s", (_name, got, expected) => expect(got).toBeCloseTo(expected, 5));

  it("every interval holds its value and is the same for the same seed", () => {
    const { confusion: _, classes, examples: __, ...figures } = metrics;
    for (const { value, low, high } of [...Object.values(figures), ...classes.map(({ f1 }) => f1)]) {
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
    }
    expect(measure(six, { seed: 1 })).toEqual(metrics);
  });
});

describe("edges", () => {
  it("a class that is never true and never said does not count in the means", () => {
    const two = measure(scoredOf([[0, 0, 0.9], [1, 1, 0.9]]), { seed: 1 }); // prettier-ignore
    expect(two.macroF1.value).toBe(1);
    expect(two.classes[2]).toMatchObject({ examples: 0, f1: { value: 0 } });
  });
  it("a sure and wrong answer costs 16 nats, not infinitely many", () => {
    const sure = { labels: ["a", "b"], truth: Int32Array.of(0), probabilities: Float32Array.of(0, 1) };
    expect(lossesOf(sure)[0]).toBeCloseTo(-Math.log(1e-7), 9);
  });
  it("of equally probable labels the first is the answer", () => {
    expect([...answersOf({ labels, truth: Int32Array.of(0), probabilities: Float32Array.of(0.4, 0.4, 0.2) })]).toEqual([
      0,
    ]);
  });
  it("answers survive being a blob", () => {
    expect(decodeScored(encodeScored(six))).toEqual(six);
    const losses = {
      measure: "nats per word",
      keys: ["a", "b"],
      losses: Float64Array.of(1, 2),
      units: Float64Array.of(3, 4),
    };
    expect(decodeScored(encodeScored(losses))).toEqual(losses);
  });
});

describe("the bootstrap", () => {
  it("interval of a mean has the width that theory says", () => {
    const n = 2_000;
    const values = Float64Array.from({ length: n }, (_, i) => i % 2); // mean 1/2, deviation 1/2
    const [mean] = bootstrap(
      n,
      (draw) => Float64Array.of(values.reduce((sum, value, i) => sum + value * (draw[i] ?? 0), 0) / n),
      { seed: 5 },
    );
    const reach = 1.96 * (0.5 / Math.sqrt(n));
    expect(mean?.value).toBe(0.5);
    expect((mean?.high ?? 0) - (mean?.low ?? 0)).toBeCloseTo(2 * reach, 2);
  });
  it("quantiles lie between neighbours", () => {
    expect([0, 0.25, 0.5, 1].map((share) => quantile(Float64Array.of(1, 2, 3, 4), share))).toEqual([1, 1.75, 2.5, 4]);
  });
});

describe("Wilson's interval", () => {
  // Newcombe 1998, Statistics in Medicine 17: table I, method 3
  const table: [hits: number, n: number, low: number, high: number][] = [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ];
  it.each(table)("%i of %i", (hits, n, low, high) => {
    const interval = wilson(hits, n);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });
});

describe("slices", () => {
  it("find the label and the length where a model is weak", () => {
    const n = 400; // wrong on every label b that is long
    const truth = Int32Array.from({ length: n }, (_, i) => i % 2);
    const chars = Int32Array.from({ length: n }, (_, i) => i);
    const answers = truth.map((label, i) => (label === 1 && i >= 300 ? 0 : label));
    const probabilities = Float32Array.from({ length: 2 * n }, (_, i) => (answers[i >> 1] === i % 2 ? 0.9 : 0.1));
    const texts = Array.from(chars, (length) => "x".repeat(length));
    const slices = slicesOf({ labels: ["a", "b"], truth, probabilities }, texts, "text-classification");
    expect(slices.filter(({ isWeak }) => isWeak).map(({ name }) => name)).toEqual(["label b", "over 299 characters"]);
    expect(slices.slice(2).map(({ examples }) => examples)).toEqual([100, 100, 100, 100]);
    expect(slices.map(({ confidence }) => confidence?.toFixed(3))).toEqual(Array(6).fill("0.900")); // too sure in some
  });

  /** Of 400 examples one in twenty is wrong, by chance, and one in four of those that are planted. */
  const rightOf = (planted: (i: number) => boolean): boolean[] => {
    const random = seededRandom(3);
    return Array.from({ length: 400 }, (_, i) => random.next() > (planted(i) ? 0.25 : 0.05));
  };

  it("find a planted word, and none where errors fall by chance", () => {
    const random = seededRandom(1);
    const texts = Array.from({ length: 400 }, (_, i) => {
      const words = Array.from({ length: 12 }, () => `w${random.below(300)}`);
      return [...words, i % 5 < 2 ? "Invoice" : "letter"].join(" ");
    });
    const found = foundSlices(
      "text-classification",
      texts,
      rightOf((i) => i % 5 < 2),
    );
    expect(found.map(({ name }) => name)).toEqual(['with the word "invoice"']);
    expect(
      foundSlices(
        "text-classification",
        texts,
        rightOf(() => false),
      ),
    ).toEqual([]);
    const chinese = texts.map((text) => text.replace("Invoice", "发票").replace("letter", "信件"));
    expect(
      foundSlices(
        "text-classification",
        chinese,
        rightOf((i) => i % 5 < 2),
      )[0]?.name,
    ).toContain("发");
  });

  it("find a planted value of a column, a quarter of its numbers, and what is missing", () => {
    const random = seededRandom(2);
    const row = (i: number, extra: object): string =>
      JSON.stringify({ age: 20 + random.below(50), job: ["cook", "clerk"][random.below(2)], ...extra, i });
    const names = (of: (i: number) => object, planted: (i: number) => boolean): string[] => {
      const rows = Array.from({ length: 400 }, (_, i) => row(i, of(i)));
      return foundSlices("table-classification", rows, rightOf(planted)).map(({ name }) => name);
    };
    const isPlanted = (i: number): boolean => i % 5 < 2;
    expect(names((i) => ({ town: isPlanted(i) ? "Ulm" : "Bonn" }), isPlanted)).toEqual(["town = Ulm"]);
    expect(names((i) => ({ town: isPlanted(i) ? null : "Bonn" }), isPlanted)).toEqual(["town is missing"]);
    const low = (i: number): number => (isPlanted(i) ? i % 97 : 100 + (i % 89));
    expect(names((i) => ({ sum: low(i) }), isPlanted)[0]).toMatch(/^sum up to \d+/);
  });
});

describe("temperature", () => {
  /** Two classes; the right one gets probability p in all but every tenth example. */
  const sureOf = (p: number, n: number): [Float32Array, Int32Array] => [
    Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? p : 1 - p)),
    Int32Array.from({ length: n }, (_, i) => (i % 10 === 0 ? 1 : 0)),
  ];
  it("cools what is too sure and warms what is too shy, to what is true", () => {
    for (const p of [0.999, 0.6]) {
      const [probabilities, truth] = sureOf(p, 1_000);
      const temperature = fitTemperature(probabilities, truth, 2);
      const logit = Math.log(p / (1 - p)) / temperature;
      expect(1 / (1 + Math.exp(-logit))).toBeCloseTo(0.9, 2);
    }
  });
  it("does not make a few examples without an error certain", () => {
    const probabilities = Float32Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 0.8 : 0.2));
    const temperature = fitTemperature(probabilities, new Int32Array(20), 2);
    const p = 1 / (1 + Math.exp(-Math.log(4) / temperature));
    expect(p).toBeLessThan(0.99);
  });
});
