import { describe, expect, it } from "vitest";
import { seededRandom } from "../../kernel/random.ts";
import { type Columns, boostingDefaults, softmaxLoss, squaredLoss, trainBoostedTrees } from "./boosted-trees.ts";
import { fitTrees } from "./fit-trees.ts";
import { columnsOf } from "./table-columns.ts";

const random = seededRandom(3);
const draw = (n: number): Float64Array => Float64Array.from({ length: n }, () => random.next());
const options = { ...boostingDefaults, rowShare: 1, columnShare: 1, seed: 1 };

const accuracy = (scores: Float64Array, labels: Int32Array): number =>
  labels.filter((label, i) => (scores[2 * i + 1]! > scores[2 * i]! ? 1 : 0) === label).length / labels.length;

describe("boosted trees", () => {
  it("one split, by hand: leaves are minus rate · G / (H + λ)", () => {
    const columns = [Float64Array.of(0, 0, 1, 1)];
    const loss = squaredLoss(Float64Array.of(2, 2, 6, 6)); // mean 4, gradients 2, 2, -2, -2, curvature 1
    const model = trainBoostedTrees(columns, loss, { ...options, rounds: 1, rate: 0.5, depth: 1, rowsMin: 1 });
    const step = (0.5 * 4) / (2 + 1);
    expect([...model.score([Float64Array.of(0, 1, Number.NaN)])].map((x) => x.toFixed(6))).toEqual(
      [4 - step, 4 + step, 4 + step].map((x) => x.toFixed(6)), // nothing was missing: a missing value goes right
    );
  });

  it("learns what no line can: either, but not both", () => {
    const columns: Columns = [draw(600), draw(600)];
    const labels = Int32Array.from(columns[0]!, (x, i) => (x > 0.5 !== columns[1]![i]! > 0.5 ? 1 : 0));
    const model = trainBoostedTrees(columns, softmaxLoss(labels, 2), { ...options, depth: 3 });
    expect(accuracy(model.score(columns), labels)).toBeGreaterThan(0.97);
  });

  it("sends missing values where they belong", () => {
    const column = draw(400).map((x, i) => (i % 4 === 0 ? Number.NaN : x));
    const labels = Int32Array.from(column, (x) => (Number.isNaN(x) || x > 0.8 ? 1 : 0));
    const model = trainBoostedTrees([column], softmaxLoss(labels, 2), options);
    expect(accuracy(model.score([column]), labels)).toBeGreaterThan(0.99);
  });

  it("the same seed grows the same trees", () => {
    const columns: Columns = [draw(100), draw(100)];
    const loss = squaredLoss(draw(100));
    const grow = (seed: number) =>
      trainBoostedTrees(columns, loss, { ...boostingDefaults, rounds: 20, seed }).score(columns);
    expect(grow(1)).toEqual(grow(1));
    expect(grow(2)).not.toEqual(grow(1));
  });

  it("pure noise asks for few rounds: its held-out fifth says so", () => {
    const [column, values] = [draw(300), draw(300)];
    const model = fitTrees({
      columns: [column],
      lossOf: (rows) => squaredLoss(Float64Array.from(rows, (i) => values[i]!)),
      measure: (scores, rows) => scores.reduce((sum, s, r) => sum + (s - values[rows[r]!]!) ** 2, 0) / rows.length,
    });
    const scores = model.score([column]);
    expect(Math.max(...scores) - Math.min(...scores)).toBeLessThan(0.4);
  });
});

it("categories stand in the order of their targets; unknown and missing ones are missing", () => {
  const rows = ["a", "a", "b", "b"].map((city, i) => JSON.stringify({ city, age: i }));
  const read = columnsOf(rows, Float64Array.of(0, 0, 1, 1));
  const [city, age] = read([...rows.slice(1, 3), '{"city":"c","age":null}', '{"city":null,"age":2}']);
  expect(city![0]).toBeLessThan(city![1]!);
  expect([city![2], city![3], age![2]]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  expect(age![3]).toBe(2);
});
