import { describe, expect, it } from "vitest";
import { type TablePreprocessing, categoryIds, numberWidth, tableCodec } from "./table-features.ts";

const preprocessing: TablePreprocessing = {
  kind: "table-row",
  format: 1,
  numbers: [
    { name: "age", low: 20, high: 60, isLogarithmic: false, mean: 40, deviation: 10, knots: [20, 30, 60] },
    { name: "income", low: 0, high: 1e6, isLogarithmic: true, mean: 0, deviation: 1, knots: [] },
  ],
  categories: [
    { name: "city", values: ["Ulm", "Bonn"] },
    { name: "vip", values: ["true"] },
  ],
};
const { read, feeds } = tableCodec(preprocessing);
const row = (change: object): string => JSON.stringify({ age: 30, income: 0, city: "Ulm", vip: "true", ...change });

describe("a row as features", () => {
  it("has a place for each column: missing, standardized, intervals; ids of one table for all columns", () => {
    expect([numberWidth(preprocessing), categoryIds(preprocessing)]).toEqual([6, 7]);
    expect(read(row({}))).toEqual({
      numbers: Float32Array.of(0, -1, 1, 0, 0, 0),
      categories: Int32Array.of(2, 6), // city: missing 0, unknown 1, Ulm 2, Bonn 3; vip: missing 4, unknown 5, true 6
    });
  });

  it.each<[string, object, readonly number[] | undefined, readonly number[] | undefined]>([
    ["a missing number", { age: null }, [1, 0, 0, 0, 0, 0], undefined],
    ["a number beyond what training saw", { age: 99 }, [0, 2, 1, 1, 0, 0], undefined],
    ["half of an interval", { age: 45 }, [0, 0.5, 1, 0.5, 0, 0], undefined],
    ["a logarithmic scale", { income: Math.E - 1 }, [0, -1, 1, 0, 0, 1], undefined],
    ["a missing category", { city: null }, undefined, [0, 6]],
    ["an empty one", { city: "" }, undefined, [0, 6]],
    ["an unknown one", { city: "Oslo" }, undefined, [1, 6]],
    ["a truth value", { vip: true }, undefined, [2, 6]],
  ])("%s", (_story, change, numbers = [0, -1, 1, 0, 0, 0], categories = [2, 6]) => {
    const features = read(row(change));
    expect(Array.from(features.numbers, (x) => Math.round(x * 1e5) / 1e5)).toEqual(numbers);
    expect([...features.categories]).toEqual(categories);
  });

  it.each([
    ["You have won", "The input is no row: give a JSON object with the columns."],
    ["[1, 2]", "The input is no row: give a JSON object with the columns."],
    ["null", "The input is no row: give a JSON object with the columns."],
    ['{"age":30}', 'The row has no column "income". Send null where a value is missing.'],
    [row({ zip: 1 }), 'The row has a column "zip" that the model does not know.'],
    [row({ age: "old" }), 'The column "age" is not a number.'],
    [row({ age: "30" }), 'The column "age" is not a number.'],
    [row({ age: true }), 'The column "age" is not a number.'],
    [row({ city: ["Ulm"] }), 'The column "city" holds a list, not a value.'],
    [row({ city: { name: "Ulm" } }), 'The column "city" holds an object, not a value.'],
  ])("refuses %s", (input, says) => {
    expect(() => read(input)).toThrow(says);
  });

  it("feeds a batch row by row, and only what there is", () => {
    const batch = feeds([read(row({})), read(row({ city: "Bonn" }))]);
    expect(batch["numbers"]).toMatchObject({ dims: [2, 6] });
    expect(batch["categories"]).toEqual({ data: Int32Array.of(2, 6, 3, 6), dims: [2, 2] });
    const numbersOnly = tableCodec({ ...preprocessing, categories: [] });
    expect(Object.keys(numbersOnly.feeds([numbersOnly.read('{"age":1,"income":2}')]))).toEqual(["numbers"]);
  });
});
