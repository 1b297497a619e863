import { describe, expect, test } from "vitest";
import { numbers } from "../../testing/evaluate.ts";
import { type Cases, checkGradients, checkValues, type Probe, type Probes } from "../../testing/rules.ts";
import { averagePool, globalAveragePool, maxPool, type PoolOptions } from "../convolution.ts";
import { gradients } from "../gradient.ts";
import { constant, type Tensor } from "../tensor.ts";
import type { PoolingOperations } from "./pooling.ts";

const image = constant([1, 2, 9, 4, 5, 6, 7, 8, 3], [1, 1, 3, 3]);
const even = constant(Array(16).fill(1), [1, 1, 4, 4]);

describe("values computed by hand", () => {
  const cases: Cases<PoolingOperations> = {
    maxPool: [
      { y: maxPool(image, { kernel: 2 }), is: numbers([1, 1, 1, 1], 5) },
      { y: maxPool(image, { kernel: 2, stride: 1 }), is: numbers([1, 1, 2, 2], 5, 9, 8, 8) },
      { y: maxPool(image, { kernel: [1, 2], padding: [0, 1] }), is: numbers([1, 1, 3, 2], 1, 9, 4, 6, 7, 8) },
      { y: maxPool(image.neg(), { kernel: 3, stride: 2, padding: 1 }), is: numbers([1, 1, 2, 2], -1, -2, -4, -3) },
      { y: maxPool(constant([3, 1, 2, 5], [2, 1, 2]), { kernel: 2 }), is: numbers([2, 1, 1], 3, 5) },
      {
        // of equal numbers, the first gets the gradient
        y: gradients(maxPool(even, { kernel: 2 }).sum(), [even])[0]!,
        is: numbers([1, 1, 4, 4], 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0),
      },
    ],
    averagePool: [
      { y: averagePool(image, { kernel: 2, stride: 1 }), is: numbers([1, 1, 2, 2], 3, 5.5, 6, 5.5) },
      { y: averagePool(image, { kernel: 2, padding: "same" }), is: numbers([1, 1, 2, 2], 3, 7.5, 7.5, 3) },
      { y: globalAveragePool(image), is: numbers([1, 1], 5) },
    ],
  };
  test.each(Object.entries(cases))("%s", async (_, list) => {
    await expect(checkValues(list)).resolves.toBeUndefined();
  });
});

describe("gradients agree with central differences", () => {
  /** Numbers that differ by more than x and a step do, within every window. */
  const apart = (x: Tensor): Tensor => {
    const rest = x.shape.slice(1).map(Number);
    const size = rest.reduce((product, dim) => product * dim, 1);
    return x.add(
      constant(
        Array.from({ length: size }, (_, i) => ((i * 7) % 17) * 0.25 - 2),
        rest,
      ),
    );
  };
  const probe = (space: readonly number[], y: (x: Tensor) => Tensor): Probe => ({
    shapes: ({ a, b, c }) => [[Math.min(a, 2), Math.min(b, 2), ...space.map((size) => size + 1 + (c % 2))]],
    y: ([x]) => y(apart(x!)).mul(0.5),
    named: [0],
    range: [-0.1, 0.1],
  });
  const windows = (pool: (x: Tensor, options: PoolOptions) => Tensor): readonly Probe[] => [
    probe([2, 3], (x) => pool(x, { kernel: 2 })),
    probe([2, 2], (x) => pool(x, { kernel: [2, 3], stride: [1, 2] })),
    probe([2, 2], (x) => pool(x, { kernel: 3, stride: 2, padding: 1 })),
    probe([1, 2], (x) => pool(x, { kernel: 2, padding: "same" })),
    probe([3], (x) => pool(x, { kernel: 2 })),
    probe([2], (x) => pool(x, { kernel: 3, stride: 1, padding: 1 })),
    probe([2, 2], (x) =>
      pool(gradients(pool(x, { kernel: 2 }).square().sum(), [x])[0]!, { kernel: 2, stride: 1 }).add(x.mean()),
    ),
  ];
  const probes: Probes<PoolingOperations> = {
    maxPool: windows(maxPool),
    averagePool: [...windows(averagePool), probe([2, 2], globalAveragePool)],
  };
  test.each(Object.entries(probes))("%s", async (_, list) => {
    await expect(checkGradients(list)).resolves.toBeUndefined();
  });
});
