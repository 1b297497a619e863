import { describe, expect, test } from "vitest";
import { numbers } from "../../testing/evaluate.ts";
import { type Cases, checkGradients, checkValues, type Probes } from "../../testing/rules.ts";
import { constant, input, parameter, scatterElements, scatterRows, type Tensor } from "../tensor.ts";
import type { LookupOperations } from "./lookup.ts";

const ids = input("ids", ["n"], "int64");

/** Ids [a, 3] below b. */
const places = (a: number, b: number): Tensor =>
  constant(
    BigInt64Array.from({ length: 3 * a }, (_, i) => BigInt((i * 5) % b)),
    [a, 3],
  );

describe("values computed by hand", () => {
  const cases: Cases<LookupOperations> = {
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
    gather: [
      {
        y: constant([1, 2, 3, 4, 5, 6], [2, 3]).gather(ids, 1),
        feeds: { ids: numbers([2], 2, 0) },
        is: numbers([2, 2], 3, 1, 6, 4),
      },
    ],
    gatherElements: [
      {
        y: constant([1, 2, 3, 4, 5, 6], [2, 3]).gatherElements(constant(BigInt64Array.of(2n, 2n, 0n, 1n), [2, 2]), 1),
        is: numbers([2, 2], 3, 3, 4, 5),
      },
    ],
    scatterElements: [
      {
        y: scatterElements(
          constant([1, 2, 3, 4], [2, 2]),
          constant(BigInt64Array.of(2n, 2n, 0n, 1n), [2, 2]),
          constant(Array(6).fill(9), [2, 3]),
          1,
        ),
        is: numbers([2, 3], 0, 0, 3, 3, 4, 0),
      },
    ],
    oneHot: [
      { y: ids.oneHot(3), feeds: { ids: numbers([2], 2, 0) }, is: numbers([2, 3], 0, 0, 1, 1, 0, 0) },
      { y: constant(Int32Array.of(1)).oneHot(2), is: numbers([1, 2], 0, 1) },
    ],
    positions: [
      { y: ids.positions(0), feeds: { ids: numbers([3], 7, 7, 7) }, is: numbers([3], 0, 1, 2) },
      { y: constant([5, 5], [1, 2]).positions(1), is: numbers([2], 0, 1) },
    ],
  };
  test.each(Object.entries(cases))("%s", async (_, list) => {
    await expect(checkValues(list)).resolves.toBeUndefined();
  });
});

describe("gradients agree with central differences", () => {
  const probes: Probes<LookupOperations, "oneHot" | "positions"> = {
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
    gather: [
      {
        shapes: ({ a, b, c }) => [[a, b, c]],
        y: ([x], { b }) =>
          x!.gather(
            constant(
              BigInt64Array.from({ length: 4 }, (_, i) => BigInt((i * 5) % b)),
              [2, 2],
            ),
            1,
          ),
        named: [0],
      },
    ],
    gatherElements: [{ shapes: ({ a, b }) => [[a, b]], y: ([x], { a, b }) => x!.gatherElements(places(a, b), 1) }],
    scatterElements: [
      {
        shapes: ({ a }) => [[a, 3]],
        y: ([values], { a, b }) => scatterElements(values!, places(a, b), constant(Array(a * b).fill(0), [a, b]), 1),
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
  };
  test.each(Object.entries(probes))("%s", async (_, list) => {
    await expect(checkGradients(list)).resolves.toBeUndefined();
  });
});
