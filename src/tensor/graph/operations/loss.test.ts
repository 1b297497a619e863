import { describe, expect, test } from "vitest";
import { numbers } from "../../testing/evaluate.ts";
import { type Cases, checkGradients, checkValues, type Probes } from "../../testing/rules.ts";
import { labelCrossEntropy } from "../losses.ts";
import { constant, make, softmaxCrossEntropy, type Tensor } from "../tensor.ts";
import type { LossOperations } from "./loss.ts";

const ids = (...values: readonly number[]): Tensor => constant(Int32Array.from(values));
const row = (...data: readonly number[]): Tensor => constant(data);

describe("values computed by hand", () => {
  const cases: Cases<LossOperations> = {
    softmaxCrossEntropy: [
      {
        // row 1: -ln 0.75, weight 1; row 2: -ln 0.5, weight 3
        y: softmaxCrossEntropy(constant([0, Math.log(3), 0, 0], [2, 2]), constant([0, 1, 1, 0], [2, 2]), row(1, 3)),
        is: numbers([], (-Math.log(0.75) - 3 * Math.log(0.5)) / 4),
      },
      {
        // smoothing 0.2 over two classes turns (0, 1) into (0.1, 0.9)
        y: softmaxCrossEntropy(constant([0, Math.log(3)], [1, 2]), constant([0, 1], [1, 2]), row(1), 0.2),
        is: numbers([], -0.1 * Math.log(0.25) - 0.9 * Math.log(0.75)),
      },
    ],
    labelCrossEntropy: [
      {
        y: labelCrossEntropy(constant([0, Math.log(3), 0, 0, 5, 1], [3, 2]), ids(1, 0, -1), row(1, 3, 0)),
        is: numbers([], (-Math.log(0.75) - 3 * Math.log(0.5)) / 4),
      },
      {
        y: labelCrossEntropy(constant([0, Math.log(3)], [1, 2]), ids(1), row(1), 0.2),
        is: numbers([], -0.1 * Math.log(0.25) - 0.9 * Math.log(0.75)),
      },
    ],
    labelCrossEntropyGradient: [
      {
        // softmax (1/4, 3/4) and (1/2, 1/2) less the labels, times the shares 1/4 and 3/4
        y: make("labelCrossEntropyGradient", [constant([0, Math.log(3), 0, 0], [2, 2]), ids(1, 0), row(1, 3)], {
          labelSmoothing: 0,
          classes: 2,
        }),
        is: numbers([2, 2], 1 / 16, -1 / 16, -3 / 8, 3 / 8),
      },
    ],
  };
  test.each(Object.entries(cases))("%s", async (_, list) => {
    await expect(checkValues(list)).resolves.toBeUndefined();
  });
});

describe("gradients agree with central differences", () => {
  const probes: Probes<LossOperations, "labelCrossEntropyGradient"> = {
    labelCrossEntropy: [
      {
        shapes: ({ a, b }) => [[a, b]],
        y: ([x], { a, b }) => {
          const labels = constant(Int32Array.from({ length: a }, (_, i) => (i * 7) % b));
          const weights = constant(Array.from({ length: a }, (_, i) => 1 + (i % 3)));
          return labelCrossEntropy(x!, labels, weights, 0.1).add(labelCrossEntropy(x!.mul(2), labels, weights));
        },
      },
      {
        shapes: ({ a, b }) => [[a, b]],
        y: ([x]) => labelCrossEntropy(x!, x!.argMax(), constant(2).expand(x!.sum([1]))),
        named: [0],
      },
    ],
    softmaxCrossEntropy: [
      {
        shapes: ({ a, b }) => [[a, b]],
        y: ([x], { a, b }) => {
          const labels = constant(Int32Array.from({ length: a }, (_, i) => (i * 7) % b)).oneHot(b);
          const weights = constant(Array.from({ length: a }, (_, i) => 1 + (i % 3)));
          return softmaxCrossEntropy(x!, labels, weights, 0.1).add(softmaxCrossEntropy(x!.mul(2), labels, weights));
        },
      },
      {
        shapes: ({ a, b }) => [[a, b]],
        y: ([x], { b }) => softmaxCrossEntropy(x!, x!.argMax().oneHot(b), constant(2).expand(x!.sum([1]))),
        named: [0],
      },
    ],
  };
  test.each(Object.entries(probes))("%s", async (_, list) => {
    await expect(checkGradients(list)).resolves.toBeUndefined();
  });
});
