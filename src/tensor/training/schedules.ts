import { invariant, must } from "../../kernel/errors.ts";
import type { EpochCurve } from "./curves.ts";

/**
 * The learning rate of a step, counted from 1, where `ended` are the curves of the epochs before it. A schedule keeps no
 * state: one that looks at validation computes its rate from the curves, so a resumed run goes on as the whole one.
 */
export interface Schedule {
  readonly name: string;
  rate(step: number, ended?: readonly EpochCurve[]): number;
}

export function constantRate(rate: number): Schedule {
  return { name: `constant(${rate})`, rate: () => rate };
}

export interface DecayOptions {
  /** Of the first step. */
  readonly rate: number;
  /** What the rate is multiplied by after `every` steps. */
  readonly factor: number;
  readonly every: number;
}

/** rate · factor^⌊steps done / every⌋: falls in stairs. */
export function stepRate({ rate, factor, every }: DecayOptions): Schedule {
  return {
    name: `step(${rate}, ${factor} every ${every})`,
    rate: (step) => rate * factor ** Math.floor(stepsBefore(step) / every),
  };
}

/** rate · factor^(steps done / every): falls evenly. */
export function exponentialRate({ rate, factor, every }: DecayOptions): Schedule {
  return {
    name: `exponential(${rate}, ${factor} every ${every})`,
    rate: (step) => rate * factor ** (stepsBefore(step) / every),
  };
}

export interface CosineOptions {
  /** The highest rate. */
  readonly rate: number;
  /** Until the lowest; later steps keep it. */
  readonly steps: number;
  /** The last rate as a share of the highest. Default 0. */
  readonly finalShare?: number;
}

/** Half a cosine down (Loshchilov and Hutter 2017, arXiv:1608.03983, without restarts). */
export function cosineRate({ rate, steps, finalShare = 0 }: CosineOptions): Schedule {
  return {
    name: `cosine(${rate} in ${steps}, to ${finalShare})`,
    rate: (step) => cosine(rate, rate * finalShare, Math.min(1, step / Math.max(1, steps))),
  };
}

/** Linear from 0 to where `then` begins, in `steps` steps; after them `then`, which counts from 1 again. */
export function warmUp(steps: number, then: Schedule): Schedule {
  return {
    name: `warmUp(${steps}) ${then.name}`,
    rate: (step, ended) => (step <= steps ? (then.rate(0, []) * step) / steps : then.rate(step - steps, ended)),
  };
}

export interface WarmUpCosineOptions extends CosineOptions {
  readonly warmUpSteps: number;
  /** Of the whole run, warm-up included; later steps keep the last rate. */
  readonly steps: number;
}

export function warmUpCosine({ warmUpSteps, steps, ...rest }: WarmUpCosineOptions): Schedule {
  return warmUp(warmUpSteps, cosineRate({ ...rest, steps: steps - warmUpSteps }));
}

export interface OneCycleOptions {
  /** The highest rate. */
  readonly rate: number;
  /** Of the whole run. */
  readonly steps: number;
  /** The share of steps in which the rate rises. Default 0.3. */
  readonly rise?: number;
  /** The first rate is the highest divided by this. Default 25. */
  readonly firstDivisor?: number;
  /** The last rate is the first divided by this. Default 10,000. */
  readonly lastDivisor?: number;
}

/** Up along half a cosine, then down along another to almost nothing (Smith and Topin 2018, arXiv:1708.07120). */
export function oneCycle(options: OneCycleOptions): Schedule {
  const { rate, steps, rise = 0.3, firstDivisor = 25, lastDivisor = 1e4 } = options;
  invariant(steps * rise > 1 && rise < 1, "a cycle has steps up and steps down");
  const [first, top, end] = [rate / firstDivisor, steps * rise - 1, steps - 1]; // places of the first, highest and last step from 0
  return {
    name: `oneCycle(${rate} in ${steps}, ${rise}, ${firstDivisor}, ${lastDivisor})`,
    rate(step) {
      const at = Math.min(stepsBefore(step), end);
      if (at <= top) return cosine(first, rate, at / top);
      return cosine(rate, first / lastDivisor, (at - top) / (end - top));
    },
  };
}

export interface PlateauOptions {
  /** Of the first epoch. */
  readonly rate: number;
  /** Default 0.1. */
  readonly factor?: number;
  /** Epochs without an improvement that are borne. Default 10. */
  readonly patience?: number;
  /** Improvements are larger than this. Default 1e-4. */
  readonly minDelta?: number;
  /** Epochs after a reduction that are not counted. Default 0. */
  readonly cooldown?: number;
  /** Default 0. */
  readonly rateMin?: number;
  /** Of validation. Default the lowest loss. */
  readonly metric?: string;
  readonly goal?: "lowest" | "highest";
}

/** Multiplies the rate by `factor` when validation has not improved for more than `patience` epochs. */
export function reduceOnPlateau(options: PlateauOptions): Schedule {
  const { rate, factor = 0.1, patience = 10, minDelta = 1e-4, cooldown = 0, rateMin = 0 } = options;
  const { metric = "loss", goal = "lowest" } = options;
  return {
    name: `plateau(${[rate, factor, patience, minDelta, cooldown, rateMin, metric, goal].join(", ")})`,
    rate(_, ended = []) {
      let [now, best, waited, cooling] = [rate, Number.POSITIVE_INFINITY, 0, 0];
      for (const { validation } of ended) {
        const measured = must(validation?.[metric], `validation measures "${metric}"`);
        const score = goal === "lowest" ? measured : -measured;
        const better = score < best - minDelta;
        if (better) best = score;
        waited = better || cooling > 0 ? 0 : waited + 1;
        cooling = Math.max(0, cooling - 1);
        if (waited <= patience) continue;
        [now, waited, cooling] = [Math.max(rateMin, now * factor), 0, cooldown];
      }
      return now;
    },
  };
}

/** The first step of a schedule and the place before it are alike. */
const stepsBefore = (step: number): number => Math.max(0, step - 1);

/** From `from` to `to` along half a cosine; `done` is 0 to 1. */
const cosine = (from: number, to: number, done: number): number =>
  to + ((from - to) / 2) * (1 + Math.cos(Math.PI * done));
