import { describe, expect, test } from "vitest";
import { numbers } from "../../testing/evaluate.ts";
import { type Cases, checkGradients, checkValues, type Probes } from "../../testing/rules.ts";
import { constant, softmaxCrossEntropy, type Tensor } from "../tensor.ts";
import type { LossOperations } from "./loss.ts";

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
  };
  test.each(Object.entries(cases))("%s", async (_, list) => {
    await expect(checkValues(list)).resolves.toBeUndefined();
  });
});

describe("gradients agree with central differences", () => {
  const probes: Probes<LossOperations> = {
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
