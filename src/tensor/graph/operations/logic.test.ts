import { describe, expect, test } from "vitest";
import { numbers } from "../../testing/evaluate.ts";
import { type Cases, checkGradients, checkValues, type Probes } from "../../testing/rules.ts";
import { constant, type Tensor } from "../tensor.ts";
import type { LogicOperations } from "./logic.ts";

const row = (...data: readonly number[]): Tensor => constant(data);
const asked = (condition: Tensor): Tensor => condition.cast("float32");
const [yes, no] = [row(1).equal(1), row(1).equal(0)];

describe("values computed by hand", () => {
  const cases: Cases<LogicOperations> = {
    equal: [{ y: asked(row(1, 2, 3).equal(row(1, 5, 3))), is: numbers([3], 1, 0, 1) }],
    less: [{ y: asked(row(1, 2, 3).less(2)), is: numbers([3], 1, 0, 0) }],
    lessOrEqual: [{ y: asked(row(1, 2, 3).lessOrEqual(2)), is: numbers([3], 1, 1, 0) }],
    greater: [{ y: asked(row(1, 2, 3).greater(2)), is: numbers([3], 0, 0, 1) }],
    greaterOrEqual: [{ y: asked(row(1, 2, 3).greaterOrEqual(2)), is: numbers([3], 0, 1, 1) }],
    and: [
      { y: asked(yes.and(yes)), is: numbers([1], 1) },
      { y: asked(yes.and(no)), is: numbers([1], 0) },
    ],
    or: [
      { y: asked(yes.or(no)), is: numbers([1], 1) },
      { y: asked(no.or(no)), is: numbers([1], 0) },
    ],
    not: [{ y: asked(no.not()), is: numbers([1], 1) }],
    where: [
      {
        y: row(1, 2, 3)
          .greater(1)
          .where(constant([7, 8], [2, 1]), 0),
        is: numbers([2, 3], 0, 7, 7, 0, 8, 8),
      },
    ],
  };
  test.each(Object.entries(cases))("%s", async (_, list) => {
    await expect(checkValues(list)).resolves.toBeUndefined();
  });
});

describe("gradients agree with central differences", () => {
  type Flat = Exclude<keyof LogicOperations, "where">;
  const probes: Probes<LogicOperations, Flat> = {
    where: [
      {
        shapes: ({ a, b }) => [[a, b], [b]],
        y: ([x, y], { b }) =>
          constant(Array.from({ length: b }, (_, i) => i % 2))
            .equal(0)
            .where(x!.mul(2), y!),
        named: [0],
      },
    ],
  };
  test.each(Object.entries(probes))("%s", async (_, list) => {
    await expect(checkGradients(list)).resolves.toBeUndefined();
  });
});
