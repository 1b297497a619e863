import { expect, test } from "vitest";
import { conv } from "./convolution.ts";
import { flopsOf } from "./flops.ts";
import { lstmLayer } from "./recurrent.ts";
import { input, type Tensor } from "./tensor.ts";

const x = input("x", ["batch", 4, 8]);
const w = input("w", [8, 16]);
const [images, kernel] = [input("images", ["batch", 6, 10, 10]), input("kernel", [12, 3, 3, 3])];
const recurrent = lstmLayer({
  x: input("sequence", ["length", "batch", 5]),
  kernel: input("k", [12, 5]),
  recurrent: input("r", [12, 3]),
  bias: input("b", [12]),
  backward: false,
});

/** For a batch of 2 and a length of 7. */
const rows: readonly (readonly [string, Tensor, number])[] = [
  ["a product: two for each of 8 factors of 2 · 4 · 16 results", x.matmul(w), 2 * 8 * 2 * 4 * 16],
  ["a product with a transposed left side", x.matmul(x, { transposeX: true }), 2 * 4 * 2 * 8 * 8],
  [
    "a convolution in two groups: 3 · 3 · 3 factors",
    conv(images, kernel, undefined, { groups: 2 }),
    2 * 27 * 2 * 12 * 64,
  ],
  ["a sum: what it reads", x.sum(), 2 * 4 * 8],
  ["a softmax", x.softmax(), 2 * 4 * 8],
  ["a broadcast sum: what it makes", x.add(input("y", [8])), 2 * 4 * 8],
  ["a reshape: nothing", x.flattenRows(), 0],
  ["an lstm: 7 · 2 steps of 12 rows by 5 + 3", recurrent.sequence.inputs[0]!, 2 * 7 * 2 * 12 * 8],
];
test.each(rows)("flops of %s", (_, y, flops) => expect(flopsOf(y, { batch: 2, length: 7 })).toBe(flops));
