import { describe, expect, test } from "vitest";
import { evaluator } from "../testing/evaluate.ts";
import { gradients } from "./gradient.ts";
import { input, type Tensor } from "./tensor.ts";

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
