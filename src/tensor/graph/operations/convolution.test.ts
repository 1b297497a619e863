import { describe, expect, test } from "vitest";
import { numbers } from "../../testing/evaluate.ts";
import { type Cases, checkGradients, checkValues, type Probe, type Probes } from "../../testing/rules.ts";
import { conv, type ConvOptions } from "../convolution.ts";
import { gradients } from "../gradient.ts";
import { constant, input, type Tensor } from "../tensor.ts";
import type { ConvolutionOperations } from "./convolution.ts";

const image = constant([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1, 3, 3]);
const corner = constant([1, 0, 0, 10], [1, 1, 2, 2]); // the upper left, and ten times the lower right
const line = input("x", ["n", 1, 4]);
const fed = numbers([2, 1, 4], 1, 2, 3, 4, 5, 6, 7, 8);

describe("values computed by hand", () => {
  const cases: Cases<ConvolutionOperations> = {
    conv: [
      { y: conv(image, corner), is: numbers([1, 1, 2, 2], 51, 62, 84, 95) },
      {
        y: conv(image, corner, constant([0.5]), { stride: 2, padding: 1 }),
        is: numbers([1, 1, 2, 2], 10.5, 30.5, 70.5, 95.5),
      },
      {
        y: conv(image, corner, undefined, { padding: "same" }),
        is: numbers([1, 1, 3, 3], 51, 62, 3, 84, 95, 6, 7, 8, 9),
      },
      { y: conv(image, corner, undefined, { dilation: 2 }), is: numbers([1, 1, 1, 1], 91) },
      {
        y: conv(line, constant([1, -1], [1, 1, 2])),
        feeds: { x: fed },
        is: numbers([2, 1, 3], -1, -1, -1, -1, -1, -1),
      },
      {
        // two groups: the first filter sees the first channel, the second the second
        y: conv(constant([1, 2, 3, 4], [1, 2, 2]), constant([10, 100], [2, 1, 1]), undefined, { groups: 2 }),
        is: numbers([1, 2, 2], 10, 20, 300, 400),
      },
    ],
    convInput: [
      {
        y: gradients(conv(image, corner).sum(), [image])[0]!, // each element counts as often as the kernel saw it
        is: numbers([1, 1, 3, 3], 1, 1, 0, 1, 11, 10, 0, 10, 10),
      },
      {
        y: gradients(conv(image, corner, undefined, { stride: 2 }).sum(), [image])[0]!, // the last row is never seen
        is: numbers([1, 1, 3, 3], 1, 0, 0, 0, 10, 0, 0, 0, 0),
      },
    ],
    convWeights: [
      { y: gradients(conv(image, corner).sum(), [corner])[0]!, is: numbers([1, 1, 2, 2], 12, 16, 24, 28) },
      {
        y: gradients(conv(image, corner, undefined, { stride: 2 }).sum(), [corner])[0]!,
        is: numbers([1, 1, 2, 2], 1, 2, 4, 5),
      },
    ],
  };
  test.each(Object.entries(cases))("%s", async (_, list) => {
    await expect(checkValues(list)).resolves.toBeUndefined();
  });
});

describe("gradients agree with central differences", () => {
  /** x [a, groups · b, ...space] by w [2 · groups, b, ...kernel], with a bias where all three are differentiated. */
  const probe = (
    space: readonly number[],
    kernel: readonly number[],
    options: ConvOptions = {},
    wrap: (y: Tensor, inputs: readonly Tensor[]) => Tensor = (y) => y,
  ): Probe => ({
    shapes: ({ a, b, c }) => {
      const groups = options.groups ?? 1;
      const sizes = space.map((size, i) => (i === 0 ? size + c : size));
      return [
        [Math.min(a, 2), groups * Math.min(b, 2), ...sizes],
        [2 * groups, Math.min(b, 2), ...kernel],
        [2 * groups],
      ];
    },
    y: (inputs) => wrap(conv(inputs[0]!, inputs[1]!, inputs[2], options), inputs),
    named: [0],
  });
  const twice = (y: Tensor, [x, w]: readonly Tensor[]): Tensor => {
    const [dx, dw] = gradients(y.square().sum(), [x!, w!]);
    return y.sum().add(dx!.square().sum()).add(dw!.square().sum()).mul(1e-2);
  };
  const probes: Probes<ConvolutionOperations> = {
    conv: [
      probe([3, 4], [3, 2]),
      probe([3, 4], [2, 3], { padding: "same", stride: [1, 2] }),
      probe([4, 4], [2, 2], { stride: [2, 3], padding: [1, 0] }),
      probe([5, 3], [2, 2], { dilation: [2, 1], padding: [0, 2] }),
      probe([3, 2], [2, 2], { groups: 2, padding: 1 }),
      probe([4, 5], [2, 2], { groups: 3, stride: 2, dilation: [1, 2] }),
      probe([3], [3]),
      probe([3], [2], { stride: 2, padding: 1 }),
      probe([2], [3], { padding: "same", dilation: 2 }),
      probe([2, 2, 2], [2, 1, 2]),
      probe([2, 2], [1, 1]),
    ],
    convInput: [probe([2, 2], [2, 1], {}, twice)],
    convWeights: [probe([2, 2], [1, 2], { padding: 1, stride: 2 }, twice)],
  };
  test.each(Object.entries(probes))("%s", async (_, list) => {
    await expect(checkGradients(list)).resolves.toBeUndefined();
  });

  test("an axis of unknown length keeps it", async () => {
    const open: Probe = {
      shapes: ({ a, b, c }) => [
        [c + 1, a, b],
        [2, a, 3],
      ],
      y: ([x, w]) => conv(x!.transpose([1, 2, 0]).transpose([1, 0, 2]), w!, undefined, { padding: "same" }),
      named: [0],
    };
    await expect(checkGradients([open])).resolves.toBeUndefined();
  });
});
