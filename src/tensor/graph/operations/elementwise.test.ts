import { describe, expect, test } from "vitest";
import { numbers } from "../../testing/evaluate.ts";
import { broadcast, type Cases, checkGradients, checkValues, type Probes, unary } from "../../testing/rules.ts";
import { constant, input, type Tensor } from "../tensor.ts";
import type { ElementwiseOperations } from "./elementwise.ts";

const x23 = input("x", ["n", 3]);
const fed23 = numbers([2, 3], 1, 2, 3, 4, 5, 6);
const row = (...data: readonly number[]): Tensor => constant(data);

describe("values computed by hand", () => {
  const cases: Cases<ElementwiseOperations> = {
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
    sigmoid: [
      { y: row(0, Math.log(3)).sigmoid(), is: numbers([2], 0.5, 0.75) },
      { y: row(0, Math.log(3)).silu(), is: numbers([2], 0, 0.75 * Math.log(3)) },
    ],
    relu: [{ y: row(-1, 0, 2).relu(), is: numbers([3], 0, 0, 2) }],
    gelu: [{ y: row(0, 1, -1).gelu(), is: numbers([3], 0, 0.8413447, -0.1586553) }],
    positive: [{ y: row(-3, 0, 1e-30, 5).positive(), is: numbers([4], 0, 0, 1, 1) }],
    abs: [{ y: row(-2, 0, 3).abs(), is: numbers([3], 2, 0, 3) }],
    sign: [{ y: row(-2, 0, 3).sign(), is: numbers([3], -1, 0, 1) }],
    leakyRelu: [{ y: row(-2, 0, 3).leakyRelu(0.1), is: numbers([3], -0.2, 0, 3) }],
    softplus: [{ y: row(0, 100, -100).softplus(), is: numbers([3], Math.LN2, 100, 0) }],
    maximum: [{ y: row(-1, 5).maximum(constant([0, 7], [2, 1])), is: numbers([2, 2], 0, 5, 7, 7) }],
    minimum: [{ y: row(-1, 5).minimum(2), is: numbers([2], -1, 2) }],
    clip: [{ y: row(-3, -1, 0.5, 2).clip(-1, 1), is: numbers([4], -1, -1, 0.5, 1) }],
    cast: [{ y: row(1.9, -1.9).cast("int32").cast("float32"), is: numbers([2], 1, -1) }],
  };
  test.each(Object.entries(cases))("%s", async (_, list) => {
    await expect(checkValues(list)).resolves.toBeUndefined();
  });
});

describe("gradients agree with central differences", () => {
  const probes: Probes<ElementwiseOperations, "positive" | "sign" | "cast"> = {
    add: [broadcast((x, y) => x.add(y)), unary((x) => x.add(x).add(x))],
    sub: [broadcast((x, y) => x.sub(y))],
    mul: [broadcast((x, y) => x.mul(y)), unary((x) => x.mul(x))],
    div: [broadcast((x, y) => x.div(y), [0.5, 2])],
    pow: [broadcast((x, y) => x.pow(y), [0.5, 2])],
    neg: [unary((x) => x.neg())],
    exp: [unary((x) => x.exp())],
    log: [unary((x) => x.log(), [0.5, 3])],
    sqrt: [unary((x) => x.sqrt(), [0.5, 3])],
    erf: [unary((x) => x.erf())],
    tanh: [unary((x) => x.tanh())],
    sigmoid: [unary((x) => x.sigmoid()), unary((x) => x.silu())],
    relu: [unary((x) => x.relu(), [0.1, 2]), unary((x) => x.relu(), [-2, -0.1])],
    gelu: [unary((x) => x.gelu())],
    abs: [unary((x) => x.abs(), [0.1, 2]), unary((x) => x.abs(), [-2, -0.1])],
    leakyRelu: [unary((x) => x.leakyRelu(0.2), [0.1, 2]), unary((x) => x.leakyRelu(0.2), [-2, -0.1])],
    softplus: [unary((x) => x.softplus())],
    maximum: [broadcast((x, y) => x.add(5).maximum(y)), broadcast((x, y) => x.maximum(y.add(5)))],
    minimum: [broadcast((x, y) => x.add(5).minimum(y)), broadcast((x, y) => x.minimum(y.add(5)))],
    clip: [unary((x) => x.clip(-3, 3)), unary((x) => x.clip(5, 6).add(x))],
  };
  test.each(Object.entries(probes))("%s", async (_, list) => {
    await expect(checkGradients(list)).resolves.toBeUndefined();
  });
});
