import { describe, expect, test } from "vitest";
import { evaluate, type Numbers, numbers } from "../testing/evaluate.ts";
import type { OpKind } from "./operations.ts";
import { concat, constant, input, parameter, scatterRows, softmaxCrossEntropy, type Tensor } from "./tensor.ts";

interface Case {
  readonly y: Tensor;
  readonly feeds?: { readonly [name: string]: Numbers };
  readonly is: Numbers;
}

const x23 = input("x", ["n", 3]);
const fed23 = numbers([2, 3], 1, 2, 3, 4, 5, 6);
const row = (...data: readonly number[]): Tensor => constant(data);
const ids = input("ids", ["n"], "int64");

/** Hand-computed values; typed by the operation union, so an operation without a case does not compile. */
const cases: { readonly [K in OpKind]: readonly Case[] } = {
  input: [{ y: x23, feeds: { x: fed23 }, is: fed23 }],
  parameter: [{ y: parameter("w", [2]), feeds: { w: numbers([2], 7, 8) }, is: numbers([2], 7, 8) }],
  constant: [
    { y: constant([1, 2, 3, 4], [2, 2]), is: numbers([2, 2], 1, 2, 3, 4) },
    { y: constant(3), is: numbers([], 3) },
  ],
  add: [
    { y: x23.add(row(10, 20, 30)), feeds: { x: fed23 }, is: numbers([2, 3], 11, 22, 33, 14, 25, 36) },
    { y: constant([1, 2], [2, 1]).add(constant([10, 20], [1, 2])), is: numbers([2, 2], 11, 21, 12, 22) },
  ],
  sub: [{ y: x23.sub(1), feeds: { x: fed23 }, is: numbers([2, 3], 0, 1, 2, 3, 4, 5) }],
  mul: [
    { y: x23.mul(row(1, 0, -1)), feeds: { x: fed23 }, is: numbers([2, 3], 1, 0, -3, 4, 0, -6) },
    { y: x23.mul(1), feeds: { x: fed23 }, is: fed23 },
  ],
  div: [{ y: row(1, 4, 9).div(row(2, 2, -3)), is: numbers([3], 0.5, 2, -3) }],
  pow: [{ y: row(2, 3, 4).pow(row(3, 2, 0.5)), is: numbers([3], 8, 9, 2) }],
  neg: [{ y: row(1, -2).neg(), is: numbers([2], -1, 2) }],
  exp: [{ y: row(0, 1, -1).exp(), is: numbers([3], 1, Math.E, 1 / Math.E) }],
  log: [{ y: row(1, Math.E).log(), is: numbers([2], 0, 1) }],
  sqrt: [{ y: row(4, 2).sqrt(), is: numbers([2], 2, Math.SQRT2) }],
  erf: [{ y: row(0, 1, -1).erf(), is: numbers([3], 0, 0.8427008, -0.8427008) }],
  tanh: [{ y: row(0, 1).tanh(), is: numbers([2], 0, 0.7615942) }],
  sigmoid: [{ y: row(0, Math.log(3)).sigmoid(), is: numbers([2], 0.5, 0.75) }],
  relu: [{ y: row(-1, 0, 2).relu(), is: numbers([3], 0, 0, 2) }],
  gelu: [{ y: row(0, 1, -1).gelu(), is: numbers([3], 0, 0.8413447, -0.1586553) }],
  positive: [{ y: row(-3, 0, 1e-30, 5).positive(), is: numbers([4], 0, 0, 1, 1) }],
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
  reshape: [
    { y: x23.reshape(["n", 1, 3]), feeds: { x: fed23 }, is: numbers([2, 1, 3], 1, 2, 3, 4, 5, 6) },
    { y: x23.reshape(["3*n"]), feeds: { x: fed23 }, is: numbers([6], 1, 2, 3, 4, 5, 6) },
  ],
  transpose: [
    { y: x23.transpose(), feeds: { x: fed23 }, is: numbers([3, 2], 1, 4, 2, 5, 3, 6) },
    { y: constant([1, 2, 3, 4], [1, 2, 2]).transpose([2, 0, 1]), is: numbers([2, 1, 2], 1, 3, 2, 4) },
  ],
  expand: [
    { y: row(7, 8, 9).expand(x23), feeds: { x: fed23 }, is: numbers([2, 3], 7, 8, 9, 7, 8, 9) },
    { y: constant(1).expand(row(0, 0)), is: numbers([2], 1, 1) },
  ],
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
  count: [
    { y: x23.count([0, 1]), feeds: { x: fed23 }, is: numbers([], 6) },
    { y: row(1, 2, 3).count([0]), is: numbers([], 3) },
  ],
  softmax: [
    { y: row(0, Math.log(3)).softmax(), is: numbers([2], 0.25, 0.75) },
    { y: constant([0, 5, Math.log(3), 5], [2, 2]).softmax(0), is: numbers([2, 2], 0.25, 0.5, 0.75, 0.5) },
  ],
  logSoftmax: [
    { y: row(0, Math.log(3)).logSoftmax(), is: numbers([2], Math.log(0.25), Math.log(0.75)) },
    { y: row(0, 1000).logSoftmax(), is: numbers([2], -1000, 0) },
  ],
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
  gatherRows: [
    {
      y: constant([1, 2, 3, 4, 5, 6], [3, 2]).gatherRows(ids),
      feeds: { ids: numbers([3], 2, 0, 2) },
      is: numbers([3, 2], 5, 6, 1, 2, 5, 6),
    },
  ],
  scatterRows: [
    {
      // row 2 is named twice and adds up
      y: scatterRows(
        constant([1, 2, 3, 4, 5, 6], [3, 2]),
        constant(BigInt64Array.of(2n, 0n, 2n)),
        parameter("w", [4, 2]),
      ),
      feeds: { w: numbers([4, 2], 9, 9, 9, 9, 9, 9, 9, 9) },
      is: numbers([4, 2], 3, 4, 0, 0, 6, 8, 0, 0),
    },
  ],
  concat: [
    {
      y: concat([x23, x23.slice(1, 0, 1)], 1),
      feeds: { x: fed23 },
      is: numbers([2, 4], 1, 2, 3, 1, 4, 5, 6, 4),
    },
  ],
  slice: [{ y: x23.slice(1, 1, 3), feeds: { x: fed23 }, is: numbers([2, 2], 2, 3, 5, 6) }],
  pad: [{ y: x23.pad(1, 1, 2), feeds: { x: fed23 }, is: numbers([2, 6], 0, 1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0) }],
  cast: [{ y: row(1.9, -1.9).cast("int32").cast("float32"), is: numbers([2], 1, -1) }],
  oneHot: [
    { y: ids.oneHot(3), feeds: { ids: numbers([2], 2, 0) }, is: numbers([2, 3], 0, 0, 1, 1, 0, 0) },
    { y: constant(Int32Array.of(1)).oneHot(2), is: numbers([1, 2], 0, 1) },
  ],
  argMax: [{ y: x23.neg().argMax(), feeds: { x: fed23 }, is: numbers([2], 0, 0) }],
  equal: [
    {
      y: row(1, 2, 3)
        .equal(row(1, 5, 3))
        .cast("float32"),
      is: numbers([3], 1, 0, 1),
    },
  ],
};

describe("values computed by hand", () => {
  test.each(Object.entries(cases))("%s", async (kind, rows) => {
    for (const { y, feeds, is } of rows) {
      const got = await evaluate(y, feeds);
      expect(got.dims).toEqual(is.dims);
      for (const [i, wanted] of is.data.entries()) expect(got.data[i], `${kind}[${i}]`).toBeCloseTo(wanted, 5);
    }
  });
});

describe("graphs that make no sense do not come to be", () => {
  const refused: readonly (readonly [string, () => Tensor])[] = [
    ["shapes that do not broadcast", () => row(1, 2).add(row(1, 2, 3))],
    ["two names for one dimension", () => input("a", ["n"]).add(input("b", ["m"]))],
    ["matmul with unequal inner dimensions", () => x23.matmul(constant([1, 2], [2, 1]))],
    ["reshape to another number of elements", () => x23.reshape(["n", 2])],
    ["an axis beyond the rank", () => x23.sum([2])],
    ["arithmetic on integers", () => ids.add(1)],
    ["a slice beyond the end", () => x23.slice(1, 2, 4)],
    ["a slice of a dimension of unknown size", () => x23.slice(0, 0, 1)],
    ["parts of unequal shape", () => concat([x23, input("z", ["n", 3, 1])], 1)],
    ["a permutation that repeats an axis", () => x23.transpose([0, 0])],
    ["ids that are not integers", () => x23.gatherRows(row(1))],
    ["weights of another length", () => softmaxCrossEntropy(x23, x23, row(1))],
  ];
  test.each(refused)("%s", (_, make) => expect(make).toThrow("Invariant broken"));
});
