import { describe, expect, test } from "vitest";
import { concat, constant, input, softmaxCrossEntropy, type Tensor } from "./tensor.ts";

const x23 = input("x", ["n", 3]);
const row = (...data: readonly number[]): Tensor => constant(data);
const ids = input("ids", ["n"], "int64");

describe("graphs that make no sense do not come to be", () => {
  const refused: readonly (readonly [string, () => Tensor])[] = [
    ["shapes that do not broadcast", () => row(1, 2).add(row(1, 2, 3))],
    ["two names for one dimension", () => input("a", ["n"]).add(input("b", ["m"]))],
    ["matmul with unequal inner dimensions", () => x23.matmul(constant([1, 2], [2, 1]))],
    ["reshape to another number of elements", () => x23.reshape(["n", 2])],
    ["an axis beyond the rank", () => x23.sum([2])],
    ["arithmetic on integers", () => ids.add(1)],
    ["a slice beyond the end", () => x23.slice(1, 2, 4)],
    ["a slice of unknown size that ends before it begins", () => x23.slice(0, 2, 1)],
    ["a slice from the end to a place counted from the beginning", () => x23.slice(0, -1, 1)],
    ["every other element of an axis of unknown size", () => x23.slice(0, 0, Infinity, 2)],
    ["parts of unequal shape", () => concat([x23, input("z", ["n", 3, 1])], 1)],
    ["a permutation that repeats an axis", () => x23.transpose([0, 0])],
    ["ids that are not integers", () => x23.gatherRows(row(1))],
    ["weights of another length", () => softmaxCrossEntropy(x23, x23, row(1))],
  ];
  test.each(refused)("%s", (_, make) => expect(make).toThrow("Invariant broken"));
});
