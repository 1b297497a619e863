import { describe, expect, test } from "vitest";
import { evaluate, numbers } from "../../testing/evaluate.ts";
import { type Cases, checkGradients, checkValues, type Probes } from "../../testing/rules.ts";
import { constant, input } from "../tensor.ts";
import type { MatrixOperations } from "./matrix.ts";

const x23 = input("x", ["n", 3]);
const fed23 = numbers([2, 3], 1, 2, 3, 4, 5, 6);

describe("values computed by hand", () => {
  const cases: Cases<MatrixOperations> = {
    matmul: [
      { y: x23.matmul(constant([1, 0, 0, 1, 1, 1], [3, 2])), feeds: { x: fed23 }, is: numbers([2, 2], 4, 5, 10, 11) },
      {
        y: constant([1, 2, 3, 4], [2, 2]).matmul(constant([5, 6, 7, 8], [2, 2]), { transposeX: true }),
        is: numbers([2, 2], 26, 30, 38, 44),
      },
      {
        y: constant([1, 2, 3, 4], [2, 2]).matmul(constant([5, 6, 7, 8], [2, 2]), { transposeY: true }),
        is: numbers([2, 2], 17, 23, 39, 53),
      },
      {
        // a batch of two, each side read transposed, the right side shared
        y: constant([1, 2, 3, 4], [2, 2, 1]).matmul(constant([5, 6], [1, 2]), { transposeX: true, transposeY: true }),
        is: numbers([2, 1, 1], 17, 39),
      },
    ],
  };
  test.each(Object.entries(cases))("%s", async (_, list) => {
    await expect(checkValues(list)).resolves.toBeUndefined();
  });
});

describe("gradients agree with central differences", () => {
  const probes: Probes<MatrixOperations> = {
    matmul: [
      {
        shapes: ({ a, b, c }) => [
          [a, b],
          [b, c],
        ],
        y: ([x, y]) => x!.matmul(y!),
        named: [0],
      },
      {
        shapes: ({ a, b, c }) => [
          [b, a],
          [b, c],
        ],
        y: ([x, y]) => x!.matmul(y!, { transposeX: true }),
        named: [0, 1],
      },
      {
        shapes: ({ a, b, c }) => [
          [a, b],
          [c, b],
        ],
        y: ([x, y]) => x!.matmul(y!, { transposeY: true }),
        named: [0],
      },
      {
        shapes: ({ a, b, c }) => [
          [b, a],
          [c, b],
        ],
        y: ([x, y]) => x!.matmul(y!, { transposeX: true, transposeY: true }),
      },
      {
        shapes: ({ a, b, c }) => [
          [2, a, b],
          [b, c],
        ],
        y: ([x, y]) => x!.matmul(y!),
        named: [0],
      },
      {
        shapes: ({ a, b, c }) => [
          [2, a, b],
          [c, b],
        ],
        y: ([x, y]) => x!.matmul(y!, { transposeY: true }),
        named: [0],
      },
      {
        shapes: ({ a, b, c }) => [
          [2, b, a],
          [2, c, b],
        ],
        y: ([x, y]) => x!.matmul(y!, { transposeX: true, transposeY: true }),
        named: [0, 1],
      },
      {
        shapes: ({ a, b, c }) => [
          [2, 1, a, b],
          [3, b, c],
        ],
        y: ([x, y]) => x!.matmul(y!),
      },
    ],
  };
  test.each(Object.entries(probes))("%s", async (_, list) => {
    await expect(checkGradients(list)).resolves.toBeUndefined();
  });
});

test.each([
  [256, 300],
  [300, 256],
])("a product of tall matrices of %i and %i columns is the same where one of them is turned first", async (m, n) => {
  const [x, y] = [m, n].map((columns) =>
    constant(
      Float32Array.from({ length: 3 * columns }, (_, i) => Math.sin(i)),
      [3, columns],
    ),
  );
  const product = x!.matmul(y!, { transposeX: true });
  const [turned, plain] = [await evaluate(product, {}, { standardOnly: false }), await evaluate(product)];
  expect(turned.dims).toEqual([m, n]);
  const difference = plain.data.reduce((most, value, i) => Math.max(most, Math.abs(value - turned.data[i]!)), 0);
  expect(difference).toBeLessThan(1e-5);
});
