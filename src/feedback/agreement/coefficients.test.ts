import { describe, expect, it } from "vitest";
import { type Coefficient, type CoefficientName, type Ratings, coefficients, cohenKappa } from "./coefficients.ts";

/** Krippendorff's four observers and twelve units ("Computing Krippendorff's Alpha-Reliability", 2011); `.` is no answer. */
const observers = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."];

/** Counts of each label 1 to 5 for each unit. */
const krippendorff2011: Ratings = Array.from({ length: 12 }, (_, unit) =>
  ["1", "2", "3", "4", "5"].map((label) => observers.filter((row) => row[unit] === label).length),
);

/** Fourteen raters, ten subjects, five categories: the worked example of Fleiss' kappa that textbooks repeat. */
const fourteenRaters: Ratings = [
  [0, 0, 0, 0, 14],
  [0, 2, 6, 4, 2],
  [0, 0, 3, 5, 6],
  [0, 3, 9, 2, 0],
  [2, 2, 8, 1, 1],
  [7, 7, 0, 0, 0],
  [3, 2, 6, 3, 0],
  [2, 5, 3, 2, 2],
  [6, 5, 2, 1, 0],
  [0, 2, 2, 3, 7],
];

describe("agreement of several reviewers", () => {
  // as Gwet's own program (irrCAC) prints them
  const published: readonly [CoefficientName, value: number, low: number][] = [
    ["gwet_ac1", 0.77544, 0.461],
    ["fleiss_kappa", 0.76117, 0.424],
    ["krippendorff_alpha", 0.74342, 0.423],
  ];
  it.each(published)("%s of Krippendorff's four observers is %f [%f, 1]", (name, value, low) => {
    const found = coefficients[name](krippendorff2011);
    expect(found?.value).toBeCloseTo(value, 5);
    expect(found?.low).toBeCloseTo(low, 3);
    expect(found?.high).toBe(1);
  });

  it("Fleiss' kappa of fourteen raters is 0.210", () => {
    expect(coefficients.fleiss_kappa(fourteenRaters)?.value).toBeCloseTo(0.21, 3);
  });

  const untold: readonly [string, Ratings][] = [
    ["no item", []],
    ["one item", [[2, 0]]],
    [
      "items of one reviewer each",
      [
        [1, 0],
        [0, 1],
        [1, 0],
      ],
    ],
    [
      "one label for all",
      [
        [2, 0],
        [3, 0],
        [2, 0],
      ],
    ],
  ];
  it.each(untold)("says nothing of %s", (_story, ratings) => {
    for (const coefficient of Object.values(coefficients)) expect(coefficient(ratings)).toBeNull();
  });

  it("stays sensible where nearly all items have one label: the paradox of kappa", () => {
    const nearlyAll: Ratings = [...Array.from({ length: 96 }, () => [2, 0]), [1, 1], [1, 1], [1, 1], [1, 1]];
    expect(coefficients.fleiss_kappa(nearlyAll)?.value).toBeLessThan(0);
    expect(coefficients.gwet_ac1(nearlyAll)?.value).toBeGreaterThan(0.95);
  });
});

describe("Cohen's kappa", () => {
  const tables: readonly [string, readonly (readonly number[])[], Coefficient | null][] = [
    [
      "of Fleiss, Cohen and Everitt's table (1969) is 0.429 with variance 0.002885",
      [
        [106, 10, 4],
        [22, 28, 10],
        [2, 12, 6],
      ],
      { value: 0.429, low: 0.323, high: 0.534 },
    ],
    [
      "of no item is not told",
      [
        [0, 0],
        [0, 0],
      ],
      null,
    ],
    [
      "of one label for all is not told",
      [
        [9, 0],
        [0, 0],
      ],
      null,
    ],
    [
      "of two who always agree is 1",
      [
        [5, 0],
        [0, 5],
      ],
      { value: 1, low: 1, high: 1 },
    ],
    [
      "of two who never agree is -1",
      [
        [0, 5],
        [5, 0],
      ],
      { value: -1, low: -1, high: -1 },
    ],
  ];
  it.each(tables)("%s", (_story, table, expected) => {
    const found = cohenKappa(table);
    const rounded = (of: Coefficient | null) => of && [of.value, of.low, of.high].map((x) => Number(x.toFixed(3)));
    expect(rounded(found)).toEqual(rounded(expected));
  });
});
