import { describe, expect, test } from "vitest";
import { numbers } from "../../testing/evaluate.ts";
import { type Cases, checkValues } from "../../testing/rules.ts";
import { constant, input, parameter } from "../tensor.ts";
import type { LeafOperations } from "./leaves.ts";

const x23 = input("x", ["n", 3]);
const fed23 = numbers([2, 3], 1, 2, 3, 4, 5, 6);

describe("values computed by hand", () => {
  const cases: Cases<LeafOperations> = {
    input: [{ y: x23, feeds: { x: fed23 }, is: fed23 }],
    parameter: [{ y: parameter("w", [2]), feeds: { w: numbers([2], 7, 8) }, is: numbers([2], 7, 8) }],
    constant: [
      { y: constant([1, 2, 3, 4], [2, 2]), is: numbers([2, 2], 1, 2, 3, 4) },
      { y: constant(3), is: numbers([], 3) },
    ],
    pick: [{ y: constant([1, 2, 3]).split(0, [2, 1])[0]!, is: numbers([2], 1, 2) }],
  };
  test.each(Object.entries(cases))("%s", async (_, list) => {
    await expect(checkValues(list)).resolves.toBeUndefined();
  });
});
