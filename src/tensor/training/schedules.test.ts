import { describe, expect, test } from "vitest";
import type { EpochCurve } from "./curves.ts";
import {
  constantRate,
  cosineRate,
  exponentialRate,
  oneCycle,
  reduceOnPlateau,
  type Schedule,
  stepRate,
  warmUp,
  warmUpCosine,
} from "./schedules.ts";

const ratesOf = ({ rate }: Schedule, steps: readonly number[]): number[] =>
  steps.map((step) => Number(rate(step).toFixed(6)));

const rows: readonly (readonly [string, Schedule, readonly number[], readonly number[]])[] = [
  ["constant", constantRate(0.1), [1, 1000], [0.1, 0.1]],
  ["stairs", stepRate({ rate: 1, factor: 0.5, every: 3 }), [1, 3, 4, 6, 7, 13], [1, 1, 0.5, 0.5, 0.25, 0.0625]],
  ["exponential", exponentialRate({ rate: 1, factor: 0.25, every: 4 }), [1, 3, 5, 9], [1, 0.5, 0.25, 0.0625]],
  ["cosine", cosineRate({ rate: 1, steps: 8, finalShare: 0.2 }), [4, 8, 9], [0.6, 0.2, 0.2]],
  [
    "a line up, then a cosine",
    warmUpCosine({ rate: 1, warmUpSteps: 4, steps: 12, finalShare: 0.1 }),
    [1, 2, 4, 8, 12, 50],
    [0.25, 0.5, 1, 0.55, 0.1, 0.1],
  ],
  ["no line up", warmUpCosine({ rate: 1, warmUpSteps: 0, steps: 2 }), [1, 2], [0.5, 0]],
  [
    "a line up to stairs",
    warmUp(2, stepRate({ rate: 1, factor: 0.5, every: 2 })),
    [1, 2, 3, 4, 5],
    [0.5, 1, 1, 1, 0.5],
  ],
  [
    "one cycle, as PyTorch 1.13's OneCycleLR",
    oneCycle({ rate: 1, steps: 10 }),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    [0.04, 0.52, 1, 0.950484, 0.811745, 0.611261, 0.388743, 0.188259, 0.04952, 0.000004, 0.000004],
  ],
];

describe("schedules", () => {
  test.each(rows)("%s", (_, schedule, steps, expected) => {
    for (const [i, rate] of ratesOf(schedule, steps).entries()) expect(rate).toBeCloseTo(expected[i]!, 5);
  });
});

describe("reduce on plateau", () => {
  const curvesOf = (losses: readonly number[]): EpochCurve[] =>
    losses.map((loss, i) => ({
      epoch: i + 1,
      learningRate: 1,
      train: { loss: 0 },
      validation: { loss, accuracy: -loss },
    }));
  const losses = [1, 0.9, 0.895, 0.9, 0.9, 0.9, 0.9, 0.9, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6];
  const options = { rate: 1, factor: 0.5, patience: 1, minDelta: 0.01, cooldown: 1, rateMin: 0.2 };
  /** PyTorch 1.13's ReduceLROnPlateau on the same losses. */
  const expected = [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2, 0.2];
  const over = (schedule: Schedule): number[] =>
    expected.map((_, ended) => schedule.rate(1, curvesOf(losses).slice(0, ended)));

  test("follows the losses as PyTorch's does", () => expect(over(reduceOnPlateau(options))).toEqual(expected));
  test("or a metric that should be high", () =>
    expect(over(reduceOnPlateau({ ...options, metric: "accuracy", goal: "highest" }))).toEqual(expected));
  test("begins with its rate", () => expect(reduceOnPlateau(options).rate(1)).toBe(1));
  test("needs validation", () =>
    expect(() => reduceOnPlateau(options).rate(9, [{ epoch: 1, learningRate: 1, train: { loss: 1 } }])).toThrow(
      'validation measures "loss"',
    ));
});
