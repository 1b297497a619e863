import { describe, expect, test } from "vitest";
import { numbers } from "../../testing/evaluate.ts";
import { type Cases, checkGradients, checkValues, type Probe, type Probes } from "../../testing/rules.ts";
import { batchNorm, batchNormBy, groupNorm, layerNorm } from "../normalization.ts";
import { constant, input, type Tensor } from "../tensor.ts";
import type { NormalizationOperations } from "./normalization.ts";

const row = (...data: readonly number[]): Tensor => constant(data);
const x2 = input("x", ["n", 2]);
const channels = constant([0, 2, 10, 10, 4, 6, 10, 10], [2, 2, 2]); // of channel 0: mean 3, variance 5; of channel 1: 10, 0

describe("values computed by hand", () => {
  const cases: Cases<NormalizationOperations> = {
    layerNorm: [
      {
        y: layerNorm(x2, row(2, 1), row(0, 1), { epsilon: 0 }), // mean 2, deviation 1; mean 0, deviation 3
        feeds: { x: numbers([2, 2], 1, 3, 3, -3) },
        is: numbers([2, 2], -2, 2, 2, 0),
      },
      {
        // one group for both channels: mean 2, variance 1 + ε = 4
        y: groupNorm(constant([1, 3], [1, 2, 1]), row(2, 4), row(0, 1), { groups: 1, epsilon: 3 }),
        is: numbers([1, 2, 1], -1, 3),
      },
      {
        y: groupNorm(constant([1, 3, 5, 5], [1, 2, 2]), row(1, 1), row(0, 7), { groups: 2, epsilon: 3 }),
        is: numbers([1, 2, 2], -0.5, 0.5, 7, 7),
      },
    ],
    batchNorm: [
      {
        y: batchNorm(channels, row(3, 1), row(1, 5), 4).y, // deviation √(5 + 4) = 3
        is: numbers([2, 2, 2], -2, 0, 5, 5, 2, 4, 5, 5),
      },
      { y: batchNorm(channels, row(3, 1), row(1, 5)).mean, is: numbers([2], 3, 10) },
      { y: batchNorm(channels, row(3, 1), row(1, 5)).variance, is: numbers([2], 5, 0) },
    ],
    batchNormBy: [
      {
        y: batchNormBy(constant([1, 2, 3, 4], [2, 2]), row(2, 1), row(0, 1), row(1, 0), row(3, 0), 1), // deviations 2 and 1
        is: numbers([2, 2], 0, 3, 2, 5),
      },
    ],
  };
  test.each(Object.entries(cases))("%s", async (_, list) => {
    await expect(checkValues(list)).resolves.toBeUndefined();
  });
});

describe("gradients agree with central differences", () => {
  /** Several numbers a channel, apart from each other, so that no variance is close to zero. */
  const spread = (x: Tensor): Tensor => {
    const data = Array.from({ length: x.shape.map(Number).reduce((a, b) => a * b, 1) }, (_, i) => (i % 5) * 1.5 - 3);
    return x.add(constant(data, x.shape.map(Number)));
  };
  const perChannel = (y: (x: Tensor, scale: Tensor, bias: Tensor) => Tensor): Probe => ({
    shapes: ({ a, b, c }) => [[a + 2, b, c], [b], [b]],
    y: ([x, scale, bias]) => y(spread(x!), scale!, bias!),
    range: [-1, 1],
  });
  const probes: Probes<NormalizationOperations> = {
    layerNorm: [
      {
        shapes: ({ a, b, c }) => [[a, b, c + 3], [c + 3], [c + 3]],
        y: ([x, scale, bias]) =>
          layerNorm(x!.add(row(-2, 1, 0, 3, -1, 2).slice(0, 0, Number(x!.dim(-1)))), scale!, bias!),
        named: [0],
        range: [-1, 1],
      },
      {
        shapes: ({ a, b, c }) => [
          [a, b + 1, c + 1],
          [b + 1, c + 1],
          [b + 1, c + 1],
        ],
        y: ([x, scale, bias]) => layerNorm(spread(x!), scale!, bias!, { axis: 1, epsilon: 1 }),
        range: [-1, 1],
      },
      {
        // all three outputs are read
        shapes: ({ a, c }) => [[a, c + 1], [c + 1], [c + 1]],
        y: ([x, scale, bias]) => {
          const y = layerNorm(x!, scale!, bias!, { epsilon: 1 });
          const [node] = y.inputs;
          return y.add(node!.pick(1)).mul(node!.pick(2));
        },
        named: [0],
      },
      {
        // only mean and inverse deviation are
        shapes: ({ a, c }) => [[a, c + 1]],
        y: ([x], { c }) => {
          const [node] = layerNorm(x!, constant(Array(c + 1).fill(1)), constant(Array(c + 1).fill(0)), {
            epsilon: 1,
          }).inputs;
          return node!.pick(1).mul(node!.pick(2));
        },
      },
      {
        shapes: ({ a, b, c }) => [[a, 2 * b, c + 1], [2 * b], [2 * b]],
        y: ([x, scale, bias]) => groupNorm(x!, scale!, bias!, { groups: 2, epsilon: 1 }),
        named: [0],
      },
    ],
    batchNorm: [
      {
        shapes: ({ a, b }) => [[a + 2, b], [b], [b]],
        y: ([x, scale, bias]) => batchNorm(spread(x!), scale!, bias!, 0.1).y,
        range: [-1, 1],
      },
      perChannel((x, scale, bias) => batchNorm(x, scale, bias, 0.1).y),
      perChannel((x, scale, bias) => {
        const { y, mean, variance } = batchNorm(x, scale, bias, 0.1);
        return y.add(mean.reshape([mean.dim(0), 1])).mul(variance.reshape([mean.dim(0), 1]).add(1));
      }),
      perChannel((x, scale, bias) =>
        batchNorm(x, scale, bias, 0.1)
          .mean.mul(batchNorm(x, scale, bias, 0.1).variance)
          .add(scale)
          .add(bias),
      ),
    ],
    batchNormBy: [
      perChannel((x, scale, bias) => batchNormBy(x, scale, bias, bias.mul(2), scale.square(), 0.5)),
      {
        shapes: ({ a, b }) => [[a, b], [b], [b]],
        y: ([x, scale, bias]) => batchNormBy(x!, scale!, bias!, bias!, scale!.square(), 0.5),
        named: [0],
      },
    ],
  };
  test.each(Object.entries(probes))("%s", async (_, list) => {
    await expect(checkGradients(list)).resolves.toBeUndefined();
  });
});
