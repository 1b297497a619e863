import { learnColumns } from "./architectures/table-mlp/learn-columns.ts";
import { categoryIds, numberWidth, tableCodec } from "../models/index.ts";

/** Rows that are learned from at most; more hardly change a baseline. */
const rowsMax = 20_000;
const steps = 300;
const rate = 0.05;

/**
 * Multinomial logistic regression over standardized numbers and one column for each value of a category, with an L2
 * penalty of 1 / rows, by 300 steps of Adam over all rows at once.
 */
export function fitLogistic(
  rows: readonly string[],
  labels: Int32Array,
  classes: number,
): (rows: readonly string[]) => Float32Array {
  const seen = rows.slice(0, rowsMax);
  const preprocessing = learnColumns(seen, { intervals: 0, values: 200, rows_min: 2 });
  const codec = tableCodec(preprocessing);
  const numbers = numberWidth(preprocessing);
  const width = numbers + categoryIds(preprocessing) + 1; // the last one is the intercept
  const features = seen.map((row) => codec.read(row));
  const weights = new Float64Array(width * classes);
  const [first, second] = [new Float64Array(weights.length), new Float64Array(weights.length)]; // Adam's moments
  const probabilities = new Float64Array(classes);
  const score = (row: (typeof features)[number]): void => {
    probabilities.set(weights.subarray((width - 1) * classes));
    const add = (feature: number, value: number): void => {
      for (let k = 0; k < classes; k++) {
        probabilities[k] = (probabilities[k] as number) + value * (weights[feature * classes + k] as number);
      }
    };
    for (const [i, value] of row.numbers.entries()) if (value !== 0) add(i, value);
    for (const id of row.categories) add(numbers + id, 1);
    softmax(probabilities);
  };
  for (let step = 1; step <= steps; step++) {
    const gradient = weights.map((weight, i) => (i < (width - 1) * classes ? weight / seen.length : 0));
    for (const [i, row] of features.entries()) {
      score(row);
      const off = probabilities.map((p, k) => (p - (labels[i] === k ? 1 : 0)) / seen.length);
      const add = (feature: number, value: number): void => {
        for (let k = 0; k < classes; k++) {
          gradient[feature * classes + k] = (gradient[feature * classes + k] as number) + value * (off[k] as number);
        }
      };
      for (const [f, value] of row.numbers.entries()) if (value !== 0) add(f, value);
      for (const id of row.categories) add(numbers + id, 1);
      add(width - 1, 1);
    }
    adam(weights, gradient, first, second, step);
  }
  return (asked) => {
    const out = new Float32Array(asked.length * classes);
    for (const [i, row] of asked.entries()) {
      score(codec.read(row));
      out.set(probabilities, i * classes);
    }
    return out;
  };
}

function adam(w: Float64Array, gradient: Float64Array, first: Float64Array, second: Float64Array, step: number): void {
  for (let i = 0; i < w.length; i++) {
    const g = gradient[i] as number;
    first[i] = 0.9 * (first[i] as number) + 0.1 * g;
    second[i] = 0.999 * (second[i] as number) + 0.001 * g * g;
    const [m, v] = [(first[i] as number) / (1 - 0.9 ** step), (second[i] as number) / (1 - 0.999 ** step)];
    w[i] = (w[i] as number) - (rate * m) / (Math.sqrt(v) + 1e-8);
  }
}

function softmax(row: Float64Array): void {
  const highest = row.reduce((max, x) => Math.max(max, x));
  for (const [k, x] of row.entries()) row[k] = Math.exp(x - highest);
  const total = row.reduce((sum, x) => sum + x, 0);
  for (const [k, x] of row.entries()) row[k] = x / total;
}
