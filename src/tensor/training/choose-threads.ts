import { availableParallelism } from "node:os";
import type { Clock } from "../../kernel/clock.ts";
import { systemRuntime } from "../runtime/runtime.ts";
import type { Batch } from "./batch.ts";
import { openStepper, type StepperOptions } from "./stepper.ts";

export interface ChooseThreadsOptions extends Omit<StepperOptions, "runtime" | "session"> {
  /** A batch as training will see it. */
  readonly batch: Batch;
  /** Default: all cores but one, which a server beside the trainer needs; at least one. */
  readonly threadsMax?: number;
  /** How long each number is tried. Default 500 ms; at least two steps. */
  readonly budgetMs?: number;
  readonly clock: Clock;
}

export interface ThreadTimes {
  /** The fastest; of numbers that differ by less than 5 %, the smallest. */
  readonly threads: number;
  /** The shortest step with each number that was tried: 1, 2, 4, … and `threadsMax`. */
  readonly stepMs: ReadonlyMap<number, number>;
}

/**
 * Measures how many threads a model's training step is fastest with. More are not always better: small products finish
 * before other threads have woken up. Nothing of what it trains is kept.
 */
export async function chooseThreads(options: ChooseThreadsOptions): Promise<ThreadTimes> {
  const { threadsMax = Math.max(1, availableParallelism() - 1) } = options;
  const stepMs = new Map<number, number>();
  for (const threads of numbersTo(threadsMax)) stepMs.set(threads, await shortestStep(options, threads));
  const fastest = Math.min(...stepMs.values());
  const [threads = 1] = [...stepMs].find(([, ms]) => ms <= fastest * 1.05) ?? [];
  return { threads, stepMs };
}

/** 1, 2, 4, … and the last. */
function numbersTo(last: number): number[] {
  const numbers = [];
  for (let threads = 1; threads < last; threads *= 2) numbers.push(threads);
  return [...numbers, last];
}

async function shortestStep({ batch, budgetMs = 500, clock, ...options }: ChooseThreadsOptions, threads: number) {
  const runtime = systemRuntime();
  try {
    const stepper = await openStepper({ ...options, runtime, session: { threads } });
    let shortest = Number.POSITIVE_INFINITY;
    const started = clock.elapsed();
    for (let step = 1; step <= 3 || clock.elapsed() - started < budgetMs; step++) {
      const from = clock.elapsed();
      await stepper.train(batch, step, 0);
      if (step > 1) shortest = Math.min(shortest, clock.elapsed() - from); // the first allocates
    }
    return shortest;
  } finally {
    await runtime.close();
  }
}
