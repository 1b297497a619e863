import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../kernel/random.ts";
import { evaluate, evaluator, numbers } from "../../testing/evaluate.ts";
import { type Cases, checkGradients, checkValues, type Probes } from "../../testing/rules.ts";
import { gradients } from "../gradient.ts";
import { ctcLoss } from "../losses.ts";
import { constant, input, make, type Tensor } from "../tensor.ts";
import type { CtcOperations } from "./ctc.ts";

const ids = (...values: readonly number[]): Tensor => constant(Int32Array.from(values));
const grid = (rows: number, ...values: readonly number[]): Tensor =>
  constant(Int32Array.from(values), [rows, values.length / rows]);
/** Two times, classes blank, a: both even. "a" has the alignments -a, a-, aa: 3/4. */
const even = constant(new Float32Array(4).fill(Math.log(0.5)), [1, 2, 2]);
const ofA = [even, grid(1, 1), ids(2)] as const;

describe("values computed by hand", () => {
  const cases: Cases<CtcOperations> = {
    ctc: [
      { y: make("ctc", ofA, {}).pick(0), is: numbers([1], -Math.log(0.75)) },
      // "aa" needs a blank between: the only alignment a-a has 1/8
      {
        y: make("ctc", [constant(new Float32Array(6).fill(Math.log(0.5)), [1, 3, 2]), grid(1, 1, 1), ids(3)], {}).pick(
          0,
        ),
        is: numbers([1], Math.log(8)),
      },
    ],
    ctcGradient: [
      {
        // of the three alignments, two have a at the first time and two at the second
        y: make("ctcGradient", [...ofA, constant([-Math.log(0.75)]), make("ctc", ofA, {}).pick(1)], {}),
        is: numbers([1, 2, 2], -1 / 3, -2 / 3, -1 / 3, -2 / 3),
      },
    ],
  };
  test.each(Object.entries(cases))("%s", async (_, list) => {
    await expect(checkValues(list)).resolves.toBeUndefined();
  });
});

describe("gradients agree with central differences", () => {
  const probes: Probes<CtcOperations, "ctcGradient"> = {
    ctc: [
      {
        shapes: ({ a, c }) => [[2, 3 + a, 2 + c]],
        y: ([x], { a }) => ctcLoss(x!, grid(2, 1, 2, 2, -1), ids(3, 3 + a)).mul(constant([1, 0.5])),
      },
    ],
  };
  test.each(Object.entries(probes))("%s", async (_, list) => {
    await expect(checkGradients(list)).resolves.toBeUndefined();
  });
});

/** Σ over all sequences of classes that become `labels` when repetitions and then blanks are taken out. */
function likelihood(logs: readonly (readonly number[])[], labels: readonly number[]): number {
  const classes = logs[0]!.length;
  let total = 0;
  for (let path = 0; path < classes ** logs.length; path++) {
    const states = logs.map((_, t) => Math.floor(path / classes ** t) % classes);
    const said = states.filter((state, t) => state !== 0 && state !== states[t - 1]);
    if (said.join() === labels.join()) total += Math.exp(states.reduce((sum, k, t) => sum + logs[t]![k]!, 0));
  }
  return total;
}

describe("against every alignment", () => {
  const [batch, length, classes] = [4, 5, 3];
  const labels: readonly (readonly number[])[] = [[1, 2], [2, 2], [1], [1, 2, 1]];
  const lengths = [5, 4, 2, 5];
  const random = seededRandom(5);
  const logits = Array.from({ length: batch * length * classes }, () => 3 * random.normal());
  const padded = labels.flatMap((row) => [...row, ...Array(3 - row.length).fill(-1)] as number[]);
  const named = input("x", ["batch", "length", classes]);
  const inputs = [named, input("labels", ["batch", "labels"], "int32"), input("lengths", ["batch"], "int32")] as const;
  const feeds = {
    x: numbers([batch, length, classes], ...logits),
    labels: numbers([batch, 3], ...padded),
    lengths: numbers([batch], ...lengths),
  };

  test("the likelihood is their sum, for every length, with named dimensions", async () => {
    const { data } = await evaluate(ctcLoss(...inputs), feeds);
    for (let b = 0; b < batch; b++) {
      const logs = Array.from({ length: lengths[b]! }, (_, t) => {
        const row = logits.slice((b * length + t) * classes, (b * length + t + 1) * classes);
        const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
        return row.map((x) => x - total);
      });
      expect(data[b]).toBeCloseTo(-Math.log(likelihood(logs, labels[b]!)), 4);
    }
  });

  test("no gradient flows into what lies beyond a length", async () => {
    const loss = ctcLoss(...inputs);
    const run = await evaluator({ g: gradients(loss.sum(), [named])[0]! });
    const { g } = await run(feeds);
    await run.release();
    const rest = g!.data.slice((2 * length + 2) * classes, 3 * length * classes); // the third row lasts two times
    expect(rest.map(Math.abs)).toEqual(Array(9).fill(0));
    expect(g!.data.every((x) => Number.isFinite(x))).toBe(true);
  });

  test("a row that does not fit is almost impossible", async () => {
    const { data } = await evaluate(ctcLoss(...inputs), { ...feeds, lengths: numbers([batch], 1, 1, 1, 1) });
    expect(data[0]).toBeGreaterThan(1e29);
    expect(data[2]).toBeLessThan(100);
  });
});
