/** The learning rate of a step, counted from 1. */
export interface Schedule {
  readonly name: string;
  rate(step: number): number;
}

export function constantRate(rate: number): Schedule {
  return { name: `constant(${rate})`, rate: () => rate };
}

export interface WarmUpCosineOptions {
  /** The highest rate. */
  readonly rate: number;
  readonly warmUpSteps: number;
  /** Of the whole run, warm-up included; later steps keep the last rate. */
  readonly steps: number;
  /** The last rate as a share of the highest. Default 0. */
  readonly finalShare?: number;
}

/** Linear from 0 to `rate`, then half a cosine down (Loshchilov and Hutter 2017, arXiv:1608.03983, without restarts). */
export function warmUpCosine({ rate, warmUpSteps, steps, finalShare = 0 }: WarmUpCosineOptions): Schedule {
  return {
    name: `warmUpCosine(${rate}, ${warmUpSteps} of ${steps}, to ${finalShare})`,
    rate(step) {
      if (step <= warmUpSteps) return (rate * step) / warmUpSteps;
      const done = Math.min(1, (step - warmUpSteps) / Math.max(1, steps - warmUpSteps));
      return rate * (finalShare + (1 - finalShare) * 0.5 * (1 + Math.cos(Math.PI * done)));
    },
  };
}
