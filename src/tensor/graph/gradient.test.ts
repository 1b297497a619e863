import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../kernel/random.ts";
import { evaluator, type Numbers } from "../testing/evaluate.ts";
import { gradients } from "./gradient.ts";
import type { OpKind } from "./operations.ts";
import { concat, constant, input, scatterRows, softmaxCrossEntropy, type Tensor } from "./tensor.ts";

/** Operations through which no gradient flows. */
type Flat = "input" | "parameter" | "constant" | "positive" | "count" | "cast" | "oneHot" | "argMax" | "equal";
type Smooth = Exclude<OpKind, Flat>;

interface Dims {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}
interface Probe {
  /** Shapes of the inputs that are differentiated. */
  readonly shapes: (dims: Dims) => readonly (readonly number[])[];
  readonly y: (inputs: readonly Tensor[], dims: Dims) => Tensor;
  /** Where inputs are drawn from. Default -2..2. */
  readonly range?: readonly [number, number];
  /** Inputs whose first axis may as well be a named dimension, the same for all of them. */
  readonly named?: readonly number[];
}

const unary = (y: (x: Tensor) => Tensor, range?: readonly [number, number]): Probe => ({
  shapes: ({ a, b }) => [[a, b]],
  y: ([x]) => y(x!),
  named: [0],
  ...(range ? { range } : {}),
});
/** Both broadcast directions at once: [a, b, 1] with [b, c] gives [a, b, c]. */
const broadcast = (y: (left: Tensor, right: Tensor) => Tensor, range?: readonly [number, number]): Probe => ({
  shapes: ({ a, b, c }) => [
    [a, b, 1],
    [b, c],
  ],
  y: ([left, right]) => y(left!, right!),
  named: [0],
  ...(range ? { range } : {}),
});

/** Several probes for operations with several paths; typed by the union, so a new smooth operation needs one. */
const probes: { readonly [K in Smooth]: readonly Probe[] } = {
  add: [broadcast((x, y) => x.add(y)), unary((x) => x.add(x).add(x))],
  sub: [broadcast((x, y) => x.sub(y))],
  mul: [broadcast((x, y) => x.mul(y)), unary((x) => x.mul(x))],
  div: [broadcast((x, y) => x.div(y), [0.5, 2])],
  pow: [broadcast((x, y) => x.pow(y), [0.5, 2])],
  neg: [unary((x) => x.neg())],
  exp: [unary((x) => x.exp())],
  log: [unary((x) => x.log(), [0.5, 3])],
  sqrt: [unary((x) => x.sqrt(), [0.5, 3])],
  erf: [unary((x) => x.erf())],
  tanh: [unary((x) => x.tanh())],
  sigmoid: [unary((x) => x.sigmoid())],
  relu: [unary((x) => x.relu(), [0.1, 2]), unary((x) => x.relu(), [-2, -0.1])],
  gelu: [unary((x) => x.gelu())],
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
  reshape: [{ shapes: ({ a, b, c }) => [[a, b, c]], y: ([x], { a, b, c }) => x!.reshape([a * b, c]) }],
  transpose: [{ shapes: ({ a, b, c }) => [[a, b, c]], y: ([x]) => x!.transpose([2, 0, 1]), named: [0] }],
  expand: [
    {
      shapes: ({ a, b, c }) => [
        [b, 1],
        [a, b, c],
      ],
      y: ([x, like]) => x!.expand(like!).mul(like!),
      named: [1],
    },
  ],
  reduceSum: [
    { shapes: ({ a, b, c }) => [[a, b, c]], y: ([x]) => x!.sum([1]), named: [0] },
    { shapes: ({ a, b, c }) => [[a, b, c]], y: ([x]) => x!.sum([0, 2], true), named: [0] },
  ],
  reduceMean: [{ shapes: ({ a, b, c }) => [[a, b, c]], y: ([x]) => x!.mean([0, 2]), named: [0] }],
  softmax: [unary((x) => x.softmax()), unary((x) => x.softmax(0))],
  logSoftmax: [unary((x) => x.logSoftmax()), unary((x) => x.logSoftmax(0))],
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
  gatherRows: [
    {
      shapes: ({ a, b }) => [[a, b]],
      y: ([table], { a, c }) =>
        table!.gatherRows(
          constant(
            BigInt64Array.from({ length: 2 * c }, (_, i) => BigInt((i * 5) % a)),
            [2, c],
          ),
        ),
    },
  ],
  scatterRows: [
    {
      shapes: ({ b, c }) => [[c, b]],
      y: ([values], { a, b, c }) =>
        scatterRows(
          values!,
          constant(BigInt64Array.from({ length: c }, (_, i) => BigInt((i * 5) % a))),
          constant(Array(a * b).fill(0), [a, b]),
        ),
    },
  ],
  concat: [
    {
      shapes: ({ a, b, c }) => [
        [a, b],
        [a, c],
      ],
      y: ([x, y]) => concat([x!, y!, x!], 1),
      named: [0, 1],
    },
  ],
  slice: [{ shapes: ({ a, b, c }) => [[a, b + c]], y: ([x], { b, c }) => x!.slice(1, 1, b + c), named: [0] }],
  pad: [unary((x) => x.pad(1, 2, 1))],
};

const step = 1e-2;
const dims = fc.record({
  a: fc.integer({ min: 1, max: 4 }),
  b: fc.integer({ min: 1, max: 4 }),
  c: fc.integer({ min: 1, max: 3 }),
});

/** Compares the gradient of Σ (y²/2 + 0.3 y) with central differences, for every element of every input. */
async function check(
  { shapes, y, range: [from, to] = [-2, 2], named = [] }: Probe,
  at: Dims,
  seed: number,
): Promise<void> {
  const random = seededRandom(seed);
  const useNames = named.length > 0 && seed % 2 === 0;
  const fed = shapes(at).map((shape) => ({
    dims: shape,
    data: Array.from(
      { length: shape.reduce((product, dim) => product * dim, 1) },
      () => from + random.next() * (to - from),
    ),
  }));
  const inputs = fed.map(({ dims: shape }, i) =>
    input(`x${i}`, useNames && named.includes(i) ? ["n", ...shape.slice(1)] : shape),
  );
  const result = y(inputs, at);
  const loss = result.square().mul(0.5).add(result.mul(0.3)).sum();
  const run = await evaluator({ loss, ...Object.fromEntries(gradients(loss, inputs).map((g, i) => [`g${i}`, g])) });
  const feeds = Object.fromEntries(fed.map((value, i) => [`x${i}`, value]));
  const lossWith = async (name: string, value: Numbers): Promise<number> =>
    (await run({ ...feeds, [name]: value }))["loss"]!.data[0]!;

  const analytic = await run(feeds);
  for (const [name, { dims: shape, data }] of Object.entries(feeds)) {
    const gradient = analytic[name.replace("x", "g")]!;
    expect(gradient.dims).toEqual(shape);
    for (const [j, x] of data.entries()) {
      const [above, below] = [x + step, x - step].map((moved) => ({ dims: shape, data: data.with(j, moved) }));
      const numeric = ((await lossWith(name, above!)) - (await lossWith(name, below!))) / (2 * step);
      const exact = gradient.data[j]!;
      const tolerance = 5e-3 + 5e-3 * Math.abs(numeric);
      expect(Math.abs(exact - numeric), `${name}[${j}]: ${exact} against ${numeric}`).toBeLessThan(tolerance);
    }
  }
  await run.release();
}

describe("gradients agree with central differences", () => {
  test.each(Object.entries(probes))("%s", async (_, list) => {
    for (const probe of list) {
      const property = fc.asyncProperty(dims, fc.nat(1_000_000), (at, seed) => check(probe, at, seed));
      const parameters = { numRuns: 6, seed: 20_260_101, endOnFailure: true };
      await expect(fc.assert(property, parameters)).resolves.toBeUndefined();
    }
  });
});

describe("reverse accumulation", () => {
  test("a tensor used twice gets both contributions", async () => {
    const x = input("x", []);
    const [g] = gradients(x.mul(x).add(x.mul(3)), [x]); // d(x² + 3x) = 2x + 3
    const run = await evaluator({ g: g! });
    expect((await run({ x: { dims: [], data: [5] } }))["g"]!.data).toEqual([13]);
    await run.release();
  });

  test("gradients are tensors and can be differentiated again", async () => {
    const x = input("x", []);
    const [first] = gradients(x.pow(3), [x]);
    const [second] = gradients(first!, [x]); // 6x
    const run = await evaluator({ second: second! });
    expect((await run({ x: { dims: [], data: [2] } }))["second"]!.data[0]).toBeCloseTo(12, 4);
    await run.release();
  });

  test("a graph of ten thousand nodes does not exhaust the stack", () => {
    const x = input("x", []);
    let y: Tensor = x;
    for (let i = 0; i < 10_000; i++) y = y.add(x);
    expect(gradients(y, [x])).toHaveLength(1);
  });

  test("what the loss does not depend on is a mistake", () => {
    expect(() => gradients(input("x", []), [input("y", [])])).toThrow("depends on");
    expect(() => gradients(input("x", [2]), [])).toThrow("scalar");
  });
});
