import { describe, expect, test } from "vitest";
import { evaluate, numbers } from "../../testing/evaluate.ts";
import { type Cases, checkGradients, checkValues, type Probe, type Probes } from "../../testing/rules.ts";
import { constant, input, make, type Tensor } from "../tensor.ts";
import type { Recurrence, RecurrentOperations } from "./recurrent.ts";

const plain: Recurrence = { backward: false, initial: false, lengths: false };
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const column = (...data: readonly number[]): Tensor => constant(data, [data.length, 1]);
/** Two steps of one example with one input. */
const x = constant([1, -2], [2, 1, 1]);

/** One unit by hand: gates i, o, f, c have the kernel 1, 2, 3, 4, no recurrence and no bias. */
function lstmByHand(steps: readonly number[]): { readonly hs: number[]; readonly c: number } {
  let c = 0;
  const hs = steps.map((value) => {
    c = sigmoid(3 * value) * c + sigmoid(value) * Math.tanh(4 * value);
    return sigmoid(2 * value) * Math.tanh(c);
  });
  return { hs, c };
}
const lstm = (inputs: readonly Tensor[], how: Partial<Recurrence> = {}): Tensor =>
  make("lstm", inputs, { ...plain, ...how });
const lstmInputs = [x, column(1, 2, 3, 4), column(0, 0, 0, 0), constant([0, 0, 0, 0])];

/** One unit by hand: gates z, r, h have the kernel 1, 2, 3, the recurrence 0, 0, 4, and the state's bias of h is 5. */
function gruByHand(steps: readonly number[], initial = 0): number[] {
  let h = initial;
  return steps.map((value) => {
    const z = sigmoid(value);
    h = (1 - z) * Math.tanh(3 * value + sigmoid(2 * value) * (4 * h + 5)) + z * h;
    return h;
  });
}
const gru = (inputs: readonly Tensor[], how: Partial<Recurrence> = {}): Tensor =>
  make("gru", inputs, { ...plain, ...how });
const gruInputs = [x, column(1, 2, 3), column(0, 0, 4), constant([0, 0, 0, 0, 0, 5])];

describe("values computed by hand", () => {
  const cases: Cases<RecurrentOperations> = {
    lstm: [
      { y: lstm(lstmInputs).pick(0), is: numbers([2, 1, 1], ...lstmByHand([1, -2]).hs) },
      { y: lstm(lstmInputs).pick(2), is: numbers([1, 1], lstmByHand([1, -2]).c) },
      {
        // backward, the last state is that of the first step
        y: lstm(lstmInputs, { backward: true }).pick(1),
        is: numbers([1, 1], lstmByHand([-2, 1]).hs[1]!),
      },
      {
        // with a length of 1, the second step is not read
        y: lstm([...lstmInputs, constant(Int32Array.of(1))], { lengths: true }).pick(0),
        is: numbers([2, 1, 1], lstmByHand([1]).hs[0]!, 0),
      },
    ],
    gru: [
      { y: gru(gruInputs).pick(0), is: numbers([2, 1, 1], ...gruByHand([1, -2])) },
      {
        y: gru([...gruInputs, column(0.5)], { initial: true }).pick(1),
        is: numbers([1, 1], gruByHand([1, -2], 0.5)[1]!),
      },
    ],
    lstmGradient: [
      {
        // one step, x = 0, all gates 1/2, c = c₀/2: dh = 1 gives dc₀ = o f (1 - tanh² c) = (1 - tanh² c) / 4
        y: make(
          "lstmGradient",
          [
            constant([0], [1, 1, 1]),
            ...lstmInputs.slice(1),
            column(0),
            column(0.6),
            constant([0], [1, 1, 1]),
            column(1),
          ],
          { ...plain, initial: true, upstream: [false, true, false] },
        ).pick(5),
        is: numbers([1, 1], (1 - Math.tanh(0.3) ** 2) / 4),
      },
    ],
    gruGradient: [
      {
        // one step, x = 0, z = r = 1/2, h = 0: n = tanh(5/2), dh = 1 gives dh₀ = z + (1 - z) (1 - n²) r 4 - n (z - z²) · 0
        y: make(
          "gruGradient",
          [constant([0], [1, 1, 1]), ...gruInputs.slice(1), column(0), constant([0], [1, 1, 1]), column(1)],
          { ...plain, initial: true, upstream: [false, true] },
        ).pick(4),
        is: numbers([1, 1], 0.5 + 0.5 * (1 - Math.tanh(2.5) ** 2) * 0.5 * 4),
      },
    ],
  };
  test.each(Object.entries(cases))("%s", async (_, list) => {
    await expect(checkValues(list)).resolves.toBeUndefined();
  });
});

const units = 2;
const ragged: Recurrence = { backward: false, initial: true, lengths: true };
const ways: readonly Recurrence[] = [
  plain,
  { backward: true, initial: true, lengths: false },
  ragged,
  { backward: true, initial: false, lengths: true },
];
/** Every output of the layer matters, each in another way. */
const probe = (cell: "lstm" | "gru", how: Recurrence, read: (layer: Tensor) => Tensor): Probe => {
  const [gates, biases, states] = cell === "lstm" ? [4, 4, 2] : [3, 6, 1];
  return {
    shapes: ({ a, b, c }) => [
      [a, b, c],
      [gates * units, c],
      [gates * units, units],
      [biases * units],
      ...Array.from({ length: how.initial ? states : 0 }, () => [b, units]),
    ],
    y: (inputs, { a, b }) => {
      const lengths = constant(Int32Array.from({ length: b }, (_, i) => 1 + ((i * 2) % a)));
      return read(make(cell, how.lengths ? [...inputs, lengths] : inputs, how));
    },
    range: [-1, 1],
    ...(how.lengths ? {} : { named: [0] }),
  };
};

describe("gradients agree with central differences", () => {
  const probes: Probes<RecurrentOperations, "lstmGradient" | "gruGradient"> = {
    lstm: [
      ...ways.map((how) =>
        probe("lstm", how, (y) => y.pick(0).square().sum([0]).add(y.pick(1).mul(2)).add(y.pick(2).square())),
      ),
      probe("lstm", ragged, (y) => y.pick(1)),
      probe("lstm", plain, (y) => y.pick(2)),
      probe("lstm", plain, (y) => y.pick(0)),
    ],
    gru: [
      ...ways.map((how) => probe("gru", how, (y) => y.pick(0).square().sum([0]).add(y.pick(1).mul(2)))),
      probe("gru", ragged, (y) => y.pick(1)),
      probe("gru", plain, (y) => y.pick(0)),
    ],
  };
  test.each(Object.entries(probes))("%s", async (_, list) => {
    await expect(checkGradients(list)).resolves.toBeUndefined();
  });
});

describe("padding", () => {
  test.each(["lstm", "gru"] as const)("what lies beyond a length of a %s does not matter", async (cell) => {
    const inputs = (cell === "lstm" ? lstmInputs : gruInputs).slice(1);
    const sequence = input("x", ["length", 1, 1]);
    for (const backward of [false, true]) {
      const padded = make(cell, [sequence, ...inputs, constant(Int32Array.of(2))], {
        ...plain,
        backward,
        lengths: true,
      });
      const given = { x: numbers([4, 1, 1], 1, -2, 7, 9) };
      const last = await evaluate(padded.pick(1), given);
      const exact = await evaluate(make(cell, [x, ...inputs], { ...plain, backward }).pick(1));
      expect(last).toEqual(exact);
      expect((await evaluate(padded.pick(0), given)).data.slice(2)).toEqual([0, 0]);
    }
  });
});

test("weights of other shapes and lengths that are no integers do not come to be", () => {
  expect(() => lstm([x, column(1, 2, 3), ...lstmInputs.slice(2)])).toThrow("Invariant broken");
  expect(() => gru([constant([1, 2]), ...gruInputs.slice(1)])).toThrow("Invariant broken");
  expect(() => gru([...gruInputs, constant([1])], { lengths: true })).toThrow("Invariant broken");
});
