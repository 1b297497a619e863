/** The child process of bench/figures.ts: trains a workload's model with `fit`, as a server's trainer does. */
import { adam, classification, constantRate, fit, inChild, systemClock } from "millrace/tensor";
import { trainingBatch } from "./cell.ts";
import { modelOf } from "./models.ts";
import { facts, type Workload } from "./workloads.ts";

export interface Trained {
  /** From the call of `fit` until its first step begins. */
  readonly fitToFirstStepMs: number;
  readonly stepMs: number;
}

inChild<{ readonly workload: Workload; readonly forMs: number }, Trained, string>(async ({ input, progress }) => {
  const { workload, forMs } = input;
  const batches = [0, 1, 2, 3].map((index) => trainingBatch(workload, index));
  const { classes, rate, epsilon } = facts[workload];
  const started = systemClock.elapsed();
  let begun = 0;
  const ends: number[] = [];
  const stop = new AbortController();
  const training = fit({
    model: modelOf(workload),
    objective: classification({ classes, accuracy: false }),
    optimizer: adam({ epsilon }),
    schedule: constantRate(rate),
    train: (epoch) => {
      if (epoch === 1) {
        begun = systemClock.elapsed() - started;
        progress("begins");
      }
      return batches;
    },
    epochs: 1_000_000,
    seed: 1,
    threads: 1,
    clock: systemClock,
    signal: stop.signal,
    onProgress: () => {
      ends.push(systemClock.elapsed() - started);
      if (systemClock.elapsed() - started > forMs) stop.abort();
    },
  });
  await training.catch(() => undefined); // ended by the abort
  return { fitToFirstStepMs: begun, stepMs: ((ends.at(-1) ?? begun) - begun) / ends.length };
});
