import { describe, expect, test } from "vitest";
import { numbers } from "../../testing/evaluate.ts";
import { type Cases, checkGradients, checkValues, type Probe, type Probes, unary } from "../../testing/rules.ts";
import { gradients } from "../gradient.ts";
import { concat, constant, input, Tensor } from "../tensor.ts";
import type { ShapingOperations } from "./shaping.ts";

const x23 = input("x", ["n", 3]);
const open = input("open", ["n", "m", 1]);
const fed23 = numbers([2, 3], 1, 2, 3, 4, 5, 6);
const row = (...data: readonly number[]): Tensor => constant(data);

/** An axis of unknown size, of three or more. */
const long: Omit<Probe, "y"> = { shapes: ({ a, b }) => [[a + 2, b]], named: [0] };

describe("values computed by hand", () => {
  const cases: Cases<ShapingOperations> = {
    reshape: [
      { y: x23.reshape(["n", 1, 3]), feeds: { x: fed23 }, is: numbers([2, 1, 3], 1, 2, 3, 4, 5, 6) },
      { y: x23.reshape(["3*n"]), feeds: { x: fed23 }, is: numbers([6], 1, 2, 3, 4, 5, 6) },
    ],
    reshapeLike: [
      {
        y: open.flattenRows().mul(2).reshape(["n", "m", 1], open),
        feeds: { open: numbers([2, 2, 1], 1, 2, 3, 4) },
        is: numbers([2, 2, 1], 2, 4, 6, 8),
      },
    ],
    transpose: [
      { y: x23.transpose(), feeds: { x: fed23 }, is: numbers([3, 2], 1, 4, 2, 5, 3, 6) },
      { y: constant([1, 2, 3, 4], [1, 2, 2]).transpose([2, 0, 1]), is: numbers([2, 1, 2], 1, 3, 2, 4) },
    ],
    expand: [
      { y: row(7, 8, 9).expand(x23), feeds: { x: fed23 }, is: numbers([2, 3], 7, 8, 9, 7, 8, 9) },
      { y: constant(1).expand(row(0, 0)), is: numbers([2], 1, 1) },
    ],
    expandTo: [
      {
        y: row(7, 8).expandTo(["3*n", 2], x23),
        feeds: { x: numbers([1, 3], 1, 2, 3) },
        is: numbers([3, 2], 7, 8, 7, 8, 7, 8),
      },
      { y: constant(1).expandTo([2], row(0)), is: numbers([2], 1, 1) },
    ],
    concat: [
      {
        y: concat([x23, x23.slice(1, 0, 1)], 1),
        feeds: { x: fed23 },
        is: numbers([2, 4], 1, 2, 3, 1, 4, 5, 6, 4),
      },
      {
        y: concat([row(7, 8, 9).reshape([1, 3]), x23], 0),
        feeds: { x: fed23 },
        is: numbers([3, 3], 7, 8, 9, 1, 2, 3, 4, 5, 6),
      },
    ],
    split: [
      { y: x23.split(1, [1, 2])[1]!, feeds: { x: fed23 }, is: numbers([2, 2], 2, 3, 5, 6) },
      { y: concat(x23.split(-1, [2, 1]).reverse(), 1), feeds: { x: fed23 }, is: numbers([2, 3], 3, 1, 2, 6, 4, 5) },
    ],
    slice: [
      { y: x23.slice(1, 1, 3), feeds: { x: fed23 }, is: numbers([2, 2], 2, 3, 5, 6) },
      { y: x23.slice(1, 0, 3, 2), feeds: { x: fed23 }, is: numbers([2, 2], 1, 3, 4, 6) },
      { y: x23.slice(1, -2), feeds: { x: fed23 }, is: numbers([2, 2], 2, 3, 5, 6) },
      { y: x23.slice(0, -1), feeds: { x: fed23 }, is: numbers([1, 3], 4, 5, 6) },
      { y: x23.slice(0, 0, -1).add(x23.slice(0, 1)), feeds: { x: fed23 }, is: numbers([1, 3], 5, 7, 9) },
    ],
    unslice: [
      { y: gradients(x23.slice(0, -1).sum(), [x23])[0]!, feeds: { x: fed23 }, is: numbers([2, 3], 0, 0, 0, 1, 1, 1) },
      { y: gradients(x23.slice(0, 0, 1).sum(), [x23])[0]!, feeds: { x: fed23 }, is: numbers([2, 3], 1, 1, 1, 0, 0, 0) },
    ],
    pad: [{ y: x23.pad(1, 1, 2), feeds: { x: fed23 }, is: numbers([2, 6], 0, 1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0) }],
  };
  test.each(Object.entries(cases))("%s", async (_, list) => {
    await expect(checkValues(list)).resolves.toBeUndefined();
  });
});

describe("gradients agree with central differences", () => {
  const probes: Probes<ShapingOperations> = {
    reshape: [{ shapes: ({ a, b, c }) => [[a, b, c]], y: ([x], { a, b, c }) => x!.reshape([a * b, c]) }],
    reshapeLike: [
      {
        shapes: ({ a, b, c }) => [[a, b, c]],
        y: ([x]) => new Tensor("reshapeLike", [x!.flattenRows().square(), x!], { shape: x!.shape }),
        named: [0],
      },
    ],
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
    expandTo: [
      {
        shapes: ({ a, b, c }) => [
          [b, 1],
          [a, b, c],
        ],
        y: ([x, like]) => x!.expandTo(like!.shape, like!).mul(like!),
        named: [1],
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
      {
        shapes: ({ a, b, c }) => [
          [a, b],
          [c, b],
          [2, b],
        ],
        y: ([first, second, third]) => concat([first!, second!, third!, second!], 0),
        named: [1],
      },
    ],
    split: [
      {
        shapes: ({ a, b, c }) => [[a, b + c + 1]],
        y: ([x], { b, c }) => {
          const [first, , last] = x!.split(1, [b, c, 1]); // no gradient flows through the part in the middle
          return first!.mul(last!);
        },
        named: [0],
      },
    ],
    slice: [
      { shapes: ({ a, b, c }) => [[a, b + c]], y: ([x], { b, c }) => x!.slice(1, 1, b + c), named: [0] },
      { shapes: ({ a, b, c }) => [[a, b + c + 1, 2]], y: ([x], { b, c }) => x!.slice(1, 1, b + c + 1, c), named: [0] },
    ],
    unslice: [
      { ...long, y: ([x]) => x!.slice(0, 1).mul(x!.slice(0, 0, -1)) },
      { ...long, y: ([x]) => x!.slice(0, -2, -1).add(x!.slice(0, 1, 2)) },
      { ...long, y: ([x]) => gradients(x!.slice(0, -1).square().sum(), [x!])[0]!.mul(x!) },
    ],
    pad: [unary((x) => x.pad(1, 2, 1)), { ...long, y: ([x]) => x!.pad(0, 2, 1).slice(0, 1, -1).slice(0, 1, -1) }],
  };
  test.each(Object.entries(probes))("%s", async (_, list) => {
    await expect(checkGradients(list)).resolves.toBeUndefined();
  });
});
