import { expect, test } from "vitest";
import { type Clock, systemClock } from "../../kernel/clock.ts";
import { bagModel, batchOf, classes, examples } from "../testing/models.ts";
import { chooseThreads } from "./choose-threads.ts";
import { classification } from "./objective.ts";
import { sgd } from "./optimizers.ts";

const options = {
  model: bagModel,
  objective: classification({ classes }),
  optimizer: sgd(),
  seed: 1,
  batch: batchOf(examples(8, 1)),
};

/** A clock on which the steps of the k-th session take as long as the k-th number says. */
function paced(stepsMs: readonly number[]): Clock {
  let [now, calls, session] = [0, 0, -1];
  return {
    ...systemClock,
    elapsed() {
      if (calls++ % 8 === 0) session++; // asked at the start, before and after each of three steps, and at the end
      return (now += (stepsMs[session] ?? 0) / 2);
    },
  };
}

test("the fastest number of threads is chosen, of nearly equal ones the smallest", async () => {
  const times = await chooseThreads({ ...options, threadsMax: 3, budgetMs: 20, clock: systemClock });
  expect([...times.stepMs.keys()]).toEqual([1, 2, 3]);
  expect([...times.stepMs.values()].every((ms) => ms > 0)).toBe(true);
  const chosen = async (...stepsMs: readonly number[]): Promise<number> =>
    (await chooseThreads({ ...options, threadsMax: stepsMs.length, budgetMs: 0, clock: paced(stepsMs) })).threads;
  expect(await chosen(100)).toBe(1);
  expect(await chosen(100, 60)).toBe(2);
  expect(await chosen(100, 97)).toBe(1);
  expect(await chosen(100, 50, 80)).toBe(2);
});

test("by default a core is left to others", async () => {
  const { stepMs } = await chooseThreads({ ...options, budgetMs: 0, clock: systemClock });
  expect(stepMs.has(1)).toBe(true);
});
