import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../kernel/random.ts";
import { evaluator, numbers } from "../../testing/evaluate.ts";
import { type Cases, checkGradients, checkValues, type Probe, type Probes } from "../../testing/rules.ts";
import { conv, type ConvOptions, maxPool } from "../convolution.ts";
import { gradients } from "../gradient.ts";
import { constant, input, Tensor } from "../tensor.ts";
import type { ConvolutionOperations } from "./convolution.ts";

const image = constant([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1, 3, 3]);
const corner = constant([1, 0, 0, 10], [1, 1, 2, 2]); // the upper left, and ten times the lower right
const even = constant(Array(9).fill(1), [1, 1, 3, 3]);
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
    convMaxPool: [
      { y: maxPool(conv(image, corner), { kernel: 2 }), is: numbers([1, 1, 1, 1], 95) },
      { y: maxPool(conv(image, corner.neg()), { kernel: [1, 2] }), is: numbers([1, 1, 2, 1], -51, -84) },
      {
        y: maxPool(conv(image, corner.neg(), constant([60])).relu(), { kernel: [2, 1] }),
        is: numbers([1, 1, 1, 2], 9, 0),
      },
      {
        // of equal numbers the first gets the gradient, and what no window holds gets none
        y: gradients(maxPool(conv(even, constant([2], [1, 1, 1, 1])), { kernel: 2 }).sum(), [even])[0]!,
        is: numbers([1, 1, 3, 3], 2, 0, 0, 0, 0, 0, 0, 0, 0),
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
      const sizes = space.map((size, i) => (i === 0 ? size + (c % 2) : size));
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
  /** Kernels of one element over numbers that are far from each other: no step changes which is the largest. */
  const pooled = (space: readonly number[], window: number | readonly number[], groups = 1): Probe => {
    const { shapes } = probe(
      space,
      space.map(() => 1),
      { groups },
    );
    return {
      shapes: (dims) => shapes({ ...dims, b: 1 }),
      y: ([x, w, bias], dims) => {
        const [, ...rest] = shapes({ ...dims, b: 1 })[0]!;
        const size = rest.reduce((product, dim) => product * dim, 1);
        const far = constant(
          Array.from({ length: size }, (_, i) => ((i * 7) % 17) * 0.25 - 2),
          rest,
        );
        return maxPool(conv(x!.add(far), w!.add(1), bias, { groups }), { kernel: window }).mul(0.5);
      },
      named: [0],
      range: [-0.1, 0.1],
    };
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
    convMaxPool: [pooled([2, 2], 2), pooled([2, 4], [1, 3]), pooled([3], 2, 2)],
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

describe("the maximum over windows of a convolution is that of its parts, in value and gradients", () => {
  const rows: readonly (readonly [string, readonly number[], readonly number[], readonly number[], ConvOptions])[] = [
    ["plain", [8, 8], [3, 3], [2, 2], {}],
    ["places left over", [9, 10], [3, 3], [2, 3], {}],
    ["zeros around x", [6, 7], [3, 2], [2, 2], { padding: "same" }],
    ["strides", [11, 9], [2, 3], [2, 2], { stride: [2, 1], padding: 1 }],
    ["dilation", [9, 9], [2, 3], [3, 1], { dilation: [3, 2] }],
    ["groups", [6, 6], [3, 3], [2, 2], { groups: 2, padding: 1 }],
    ["one axis", [13], [4], [3], { padding: 2 }],
    ["three axes", [4, 5, 4], [2, 2, 1], [1, 2, 2], {}],
  ];
  test.each(rows)("%s", async (_, space, kernel, window, options) => {
    const random = seededRandom(7);
    const draw = (dims: readonly number[]) =>
      numbers(dims, ...Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, () => random.normal()));
    const groups = options.groups ?? 1;
    const feeds = { x: draw([3, 2 * groups, ...space]), w: draw([4, 2, ...kernel]), b: draw([4]) };
    const inputs = Object.entries(feeds).map(([name, { dims }]) => input(name, dims));
    const [x, w, b] = inputs;
    const whole = conv(x!, w!, b, options);
    const zeros = window.map(() => 0);
    const byParts = new Tensor("maxPool", [whole], {
      kernel: window,
      strides: window,
      pads: [...zeros, ...zeros],
    }).pick(0);
    const fused = maxPool(whole, { kernel: window });
    expect(fused.kind).toBe("convMaxPool");
    const ofBoth = Object.entries({ byParts, fused }).flatMap(([name, y]) => [
      [name, y] as const,
      ...gradients(y.square().sum(), inputs).map((g, i) => [`${name}${i}`, g] as const),
    ]);
    const run = await evaluator(Object.fromEntries(ofBoth), { standardOnly: false });
    const results = await run(feeds);
    for (const name of ["", "0", "1", "2"]) {
      const [expected, got] = [results[`byParts${name}`]!, results[`fused${name}`]!];
      expect(got.dims).toEqual(expected.dims);
      for (const [i, value] of expected.data.entries()) expect(got.data[i], `${name}[${i}]`).toBeCloseTo(value, 3);
    }
    await run.release();
  });
});
