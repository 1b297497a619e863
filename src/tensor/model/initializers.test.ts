import { describe, expect, test } from "vitest";
import { seededRandom } from "../../kernel/random.ts";
import {
  glorot,
  glorotNormal,
  he,
  heUniform,
  type Initializer,
  normal,
  ones,
  orthogonal,
  truncatedNormal,
  uniform,
  zeros,
} from "./initializers.ts";

const drawn = (initial: Initializer, shape: readonly number[]): Float32Array => {
  const data = new Float32Array(shape.reduce((product, dim) => product * dim, 1));
  initial.draw(data, shape, seededRandom(1));
  return data;
};
const variance = (data: Float32Array): number => data.reduce((sum, x) => sum + x * x, 0) / data.length;
const largest = (data: Float32Array): number => data.reduce((max, x) => Math.max(max, Math.abs(x)), 0);

describe("initializers have the variance that their authors ask for", () => {
  const rows: readonly (readonly [Initializer, readonly number[], number])[] = [
    [glorot, [100, 300], 2 / 400],
    [glorotNormal, [100, 300], 2 / 400],
    [he, [100, 300], 2 / 100],
    [heUniform, [100, 300], 2 / 100],
    // a kernel of 64 filters over 32 channels: 32 · 9 numbers meet in an output, each reaches 64 · 9
    [glorot, [64, 32, 3, 3], 2 / (288 + 576)],
    [he, [64, 32, 3, 3], 2 / 288],
    [heUniform, [64, 32, 5], 2 / 160],
    [normal(0.5), [10_000], 0.25],
    [truncatedNormal(1), [10_000], 0.7737], // 1 - 4 φ(2) / (2 Φ(2) - 1)
    [orthogonal(), [100, 300], 1 / 300],
    [orthogonal(), [300, 100], 1 / 300],
  ];
  test.each(rows)("%o %j", (initial, shape, expected) => {
    expect(variance(drawn(initial, shape)) / expected).toBeCloseTo(1, 1);
  });

  test("and the bounds", () => {
    expect(largest(drawn(uniform(0.05), [1_000]))).toBeLessThanOrEqual(0.05);
    expect(largest(drawn(truncatedNormal(0.1), [10_000]))).toBeLessThanOrEqual(0.2);
    expect([...drawn(zeros, [2]), ...drawn(ones, [2])]).toEqual([0, 0, 1, 1]);
  });
});

describe("the orthogonal initializer", () => {
  test.each([
    [[5, 5], 1],
    [[4, 12], 1],
    [[12, 4], 2],
    [[6, 2, 3], 1],
  ])("of %j has an orthonormal shorter side, times %d", (shape, gain) => {
    const data = drawn(orthogonal(gain), shape);
    const rows = shape[0]!;
    const columns = data.length / rows;
    const [count, length] = rows <= columns ? [rows, columns] : [columns, rows];
    const at = (i: number, j: number): number => data[rows <= columns ? i * columns + j : j * columns + i]!;
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < count; k++) {
        const product = Array.from({ length }, (_, j) => at(i, j) * at(k, j)).reduce((sum, x) => sum + x, 0);
        expect(product).toBeCloseTo(i === k ? gain * gain : 0, 5);
      }
    }
  });
});

test("the same seed draws the same numbers", () => expect(drawn(he, [3, 4])).toEqual(drawn(he, [3, 4])));
