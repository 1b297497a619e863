import { expect, test } from "vitest";
import { numbers } from "../../testing/evaluate.ts";
import { type Cases, checkValues } from "../../testing/rules.ts";
import { gradients } from "../gradient.ts";
import { constant, input, make } from "../tensor.ts";
import type { AttentionOperations } from "./attention.ts";

const past = input("past", [1, "past", 2]);
const x = input("x", [1, "length", 2]);

const cases: Cases<AttentionOperations> = {
  append: [
    {
      y: make("append", [past, x], { axis: 1 }),
      feeds: { past: numbers([1, 2, 2], 1, 2, 3, 4), x: numbers([1, 1, 2], 5, 6) },
      is: numbers([1, 3, 2], 1, 2, 3, 4, 5, 6),
    },
    {
      y: make("append", [past, x], { axis: 1 }),
      feeds: { past: numbers([1, 0, 2]), x: numbers([1, 1, 2], 5, 6) },
      is: numbers([1, 1, 2], 5, 6),
    },
    { y: make("append", [constant([1]), constant([2])], { axis: 0 }), is: numbers([2], 1, 2) },
  ],
};
test.each(Object.entries(cases))("values of %s", async (_, list) => {
  await expect(checkValues(list)).resolves.toBeUndefined();
});

test("an appended axis is named after both, and no gradient flows back", () => {
  const y = make("append", [past, x], { axis: 1 });
  expect(y.shape).toEqual([1, "past+length", 2]);
  expect(() => gradients(y.sum(), [x])).toThrow("not differentiated");
  expect(() => make("append", [past, x], { axis: 2 })).toThrow("is appended to");
});
