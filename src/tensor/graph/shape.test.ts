import { describe, expect, test } from "vitest";
import { productDim, resolveShape, sumDim } from "./shape.ts";

describe("sums of dimensions", () => {
  test.each([
    [[2, 3], 5],
    [["length", 3], "length + 3"],
    [["length", -1], "length - 1"],
    [["length - 1", 1], "length"],
    [["past", "length + 2", 1, "past"], "length + past + past + 3"],
    [["length - 1", "past + 1"], "length + past"],
  ])("%j is %j", (dims, sum) => expect(sumDim(dims)).toBe(sum));

  test("have a size when their names have, also in a product", () => {
    const sizes = { batch: 2, length: 5, past: 7 };
    const dims = [sumDim(["length", "past", -2]), productDim(["batch", "length - 1", 3]), "batch"];
    expect(resolveShape(dims, sizes)).toEqual([10, 24, 2]);
    expect(() => resolveShape(["length + future"], sizes)).toThrow('"future"');
  });
});
