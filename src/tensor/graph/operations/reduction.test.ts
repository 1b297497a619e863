import { describe, expect, test } from "vitest";
import { numbers } from "../../testing/evaluate.ts";
import { type Cases, checkGradients, checkValues, type Probes, unary } from "../../testing/rules.ts";
import { gradients } from "../gradient.ts";
import { constant, input, type Tensor } from "../tensor.ts";
import type { ReductionOperations } from "./reduction.ts";

const x23 = input("x", ["n", 3]);
const fed23 = numbers([2, 3], 1, 2, 3, 4, 5, 6);
const row = (...data: readonly number[]): Tensor => constant(data);

/** Numbers that differ by more than x and a step do. */
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
const equals = row(2, 3, 3);

describe("values computed by hand", () => {
  const cases: Cases<ReductionOperations> = {
    reduceSum: [
      { y: x23.sum(), feeds: { x: fed23 }, is: numbers([], 21) },
      { y: x23.sum([0]), feeds: { x: fed23 }, is: numbers([3], 5, 7, 9) },
      { y: x23.sum([-1], true), feeds: { x: fed23 }, is: numbers([2, 1], 6, 15) },
      { y: row(3).sum([]), is: numbers([1], 3) },
    ],
    reduceMean: [
      { y: x23.mean(), feeds: { x: fed23 }, is: numbers([], 3.5) },
      { y: x23.mean([1]), feeds: { x: fed23 }, is: numbers([2], 2, 5) },
    ],
    reduceMax: [
      { y: x23.max(), feeds: { x: fed23 }, is: numbers([], 6) },
      { y: x23.max([0]), feeds: { x: fed23 }, is: numbers([3], 4, 5, 6) },
      { y: gradients(equals.max().mul(8), [equals])[0]!, is: numbers([3], 0, 4, 4) }, // equal ones share
    ],
    reduceMin: [{ y: x23.min([1], true), feeds: { x: fed23 }, is: numbers([2, 1], 1, 4) }],
    count: [
      { y: x23.count([0, 1]), feeds: { x: fed23 }, is: numbers([], 6) },
      { y: row(1, 2, 3).count([0]), is: numbers([], 3) },
    ],
    argMax: [{ y: x23.neg().argMax(), feeds: { x: fed23 }, is: numbers([2], 0, 0) }],
    softmax: [
      { y: row(0, Math.log(3)).softmax(), is: numbers([2], 0.25, 0.75) },
      { y: constant([0, 5, Math.log(3), 5], [2, 2]).softmax(0), is: numbers([2, 2], 0.25, 0.5, 0.75, 0.5) },
    ],
    logSoftmax: [
      { y: row(0, Math.log(3)).logSoftmax(), is: numbers([2], Math.log(0.25), Math.log(0.75)) },
      { y: row(0, 1000).logSoftmax(), is: numbers([2], -1000, 0) },
    ],
  };
  test.each(Object.entries(cases))("%s", async (_, list) => {
    await expect(checkValues(list)).resolves.toBeUndefined();
  });
});

describe("gradients agree with central differences", () => {
  const probes: Probes<ReductionOperations, "count" | "argMax"> = {
    reduceSum: [
      { shapes: ({ a, b, c }) => [[a, b, c]], y: ([x]) => x!.sum([1]), named: [0] },
      { shapes: ({ a, b, c }) => [[a, b, c]], y: ([x]) => x!.sum([0, 2], true), named: [0] },
    ],
    reduceMean: [{ shapes: ({ a, b, c }) => [[a, b, c]], y: ([x]) => x!.mean([0, 2]), named: [0] }],
    reduceMax: [
      { shapes: ({ a, b, c }) => [[a, b, c]], y: ([x]) => apart(x!).max([1]), named: [0], range: [-0.1, 0.1] },
      { shapes: ({ a, b }) => [[1, a * b]], y: ([x]) => apart(x!).max(), range: [-0.1, 0.1] },
    ],
    reduceMin: [
      { shapes: ({ a, b, c }) => [[a, b, c]], y: ([x]) => apart(x!).min([1, 2], true), named: [0], range: [-0.1, 0.1] },
    ],
    softmax: [unary((x) => x.softmax()), unary((x) => x.softmax(0))],
    logSoftmax: [unary((x) => x.logSoftmax()), unary((x) => x.logSoftmax(0))],
  };
  test.each(Object.entries(probes))("%s", async (_, list) => {
    await expect(checkGradients(list)).resolves.toBeUndefined();
  });
});
