import fc from "fast-check";
import { expect } from "vitest";
import { must } from "../../kernel/errors.ts";
import { seededRandom } from "../../kernel/random.ts";
import { gradients } from "../graph/gradient.ts";
import { sizeOf } from "../graph/shape.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import { evaluate, evaluator, type Numbers } from "./evaluate.ts";

/** A graph, what it is fed, and what it gives. */
export interface Case {
  readonly y: Tensor;
  readonly feeds?: { readonly [name: string]: Numbers };
  readonly is: Numbers;
}
/** Hand-computed values of a family; an operation without a case does not compile. */
export type Cases<F> = { readonly [K in keyof F]: readonly Case[] };

/** In a standard file, and with the runtime's own operations. */
export async function checkValues(cases: readonly Case[]): Promise<void> {
  for (const { y, feeds, is } of cases) {
    for (const standardOnly of [true, false]) {
      const got = await evaluate(y, feeds, { standardOnly });
      expect(got.dims).toEqual(is.dims);
      for (const [i, wanted] of is.data.entries()) expect(got.data[i], `element ${i}`).toBeCloseTo(wanted, 5);
    }
  }
}

export interface Dims {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}
export interface Probe {
  /** Shapes of the inputs that are differentiated. */
  readonly shapes: (dims: Dims) => readonly (readonly number[])[];
  readonly y: (inputs: readonly Tensor[], dims: Dims) => Tensor;
  /** Where inputs are drawn from. Default -2..2. */
  readonly range?: readonly [number, number];
  /** Inputs whose first axis may as well be a named dimension, the same for all of them. */
  readonly named?: readonly number[];
}

export const unary = (y: (x: Tensor) => Tensor, range?: readonly [number, number]): Probe => ({
  shapes: ({ a, b }) => [[a, b]],
  y: ([x]) => y(must(x, "x")),
  named: [0],
  ...(range ? { range } : {}),
});
/** Both broadcast directions at once: [a, b, 1] with [b, c] gives [a, b, c]. */
export const broadcast = (y: (left: Tensor, right: Tensor) => Tensor, range?: readonly [number, number]): Probe => ({
  shapes: ({ a, b, c }) => [
    [a, b, 1],
    [b, c],
  ],
  y: ([left, right]) => y(must(left, "left"), must(right, "right")),
  named: [0],
  ...(range ? { range } : {}),
});

/** Probes of a family; an operation through which a gradient flows does not compile without one. */
export type Probes<F, Flat extends keyof F = never> = { readonly [K in Exclude<keyof F, Flat>]: readonly Probe[] };

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
    data: Array.from({ length: sizeOf(shape) }, () => from + random.next() * (to - from)),
  }));
  const inputs = fed.map(({ dims: shape }, i) =>
    input(`x${i}`, useNames && named.includes(i) ? ["n", ...shape.slice(1)] : shape),
  );
  const result = y(inputs, at);
  const loss = result.square().mul(0.5).add(result.mul(0.3)).sum();
  const run = await evaluator({ loss, ...Object.fromEntries(gradients(loss, inputs).map((g, i) => [`g${i}`, g])) });
  const feeds = Object.fromEntries(fed.map((value, i) => [`x${i}`, value]));
  const lossWith = async (name: string, value: Numbers): Promise<number> =>
    must((await run({ ...feeds, [name]: value }))["loss"]?.data[0], "loss");

  const analytic = await run(feeds);
  for (const [name, { dims: shape, data }] of Object.entries(feeds)) {
    const gradient = must(analytic[name.replace("x", "g")], "gradient");
    expect(gradient.dims).toEqual(shape);
    for (const [j, x] of data.entries()) {
      const lossAt = (moved: number): Promise<number> => lossWith(name, { dims: shape, data: data.with(j, moved) });
      const numeric = ((await lossAt(x + step)) - (await lossAt(x - step))) / (2 * step);
      const exact = must(gradient.data[j], "element");
      const tolerance = 5e-3 + 5e-3 * Math.abs(numeric);
      expect(Math.abs(exact - numeric), `${name}[${j}]: ${exact} against ${numeric}`).toBeLessThan(tolerance);
    }
  }
  await run.release();
}

export async function checkGradients(probes: readonly Probe[]): Promise<void> {
  for (const probe of probes) {
    const property = fc.asyncProperty(dims, fc.nat(1_000_000), (at, seed) => check(probe, at, seed));
    await fc.assert(property, { numRuns: 6, seed: 20_260_101, endOnFailure: true });
  }
}
