import { add, array, div, type Formula, max, min, mul, number, scalar, sqrt, sub } from "../runtime/kernel.ts";

/**
 * An optimizer is a pair of pure functions over arrays: its state begins as `slots` arrays of zeros, one element for
 * each of the parameter's; `update` says, element by element, what the parameter p and the slots become from the gradient g.
 * Scalars are computed once a step. The same formula runs over the dense arena and over the touched rows of tables: there
 * it is lazy, a row and its slots change only in the steps that touch it.
 */
export interface Optimizer {
  readonly name: string;
  readonly slots: readonly string[];
  readonly scalars: readonly string[];
  /** Numbers of one step, counted from 1. `decays` says whether weight decay and penalties apply. */
  at(step: number, learningRate: number, decays: boolean): { readonly [scalar: string]: number };
  /** `g` is the gradient, after clipping. */
  update(g: Formula): { readonly [array: string]: Formula };
}

const [p, m, v] = [array("p"), array("m"), array("v")];
const rate = scalar("rate");
const rateOnly = {
  scalars: ["rate"],
  at: (_: number, learningRate: number) => ({ rate: learningRate }),
};

export interface SgdOptions {
  /** Share of the last step that is kept (Polyak 1964). Default 0. */
  readonly momentum?: number;
  /** Whether the gradient counts as if it were taken one momentum step ahead (Nesterov 1983). Default false. */
  readonly nesterov?: boolean;
}

/** m ← momentum · m + g; p ← p - rate · m, with Nesterov p ← p - rate · (g + momentum · m). */
export function sgd({ momentum = 0, nesterov = false }: SgdOptions = {}): Optimizer {
  if (momentum === 0) {
    return { name: "sgd", slots: [], ...rateOnly, update: (g) => ({ p: sub(p, mul(rate, g)) }) };
  }
  return {
    name: `sgd(momentum=${momentum}${nesterov ? ", nesterov" : ""})`,
    slots: ["m"],
    ...rateOnly,
    update(g) {
      const velocity = add(mul(number(momentum), m), g);
      const move = nesterov ? add(g, mul(number(momentum), velocity)) : velocity;
      return { m: velocity, p: sub(p, mul(rate, move)) };
    },
  };
}

export interface RmspropOptions {
  /** Share of the running mean of squares that is kept. Default 0.9. */
  readonly rho?: number;
  readonly epsilon?: number;
  /** Default 0. */
  readonly momentum?: number;
}

/** v ← ρ v + (1 - ρ) g²; m ← momentum · m + g / (√v + ε); p ← p - rate · m (Tieleman and Hinton 2012). */
export function rmsprop({ rho = 0.9, epsilon = 1e-8, momentum = 0 }: RmspropOptions = {}): Optimizer {
  return {
    name: `rmsprop(${rho}, ${epsilon}, momentum=${momentum})`,
    slots: momentum === 0 ? ["v"] : ["v", "m"],
    ...rateOnly,
    update(g) {
      const squares = add(mul(number(rho), v), mul(number(1 - rho), mul(g, g)));
      const scaled = div(g, add(sqrt(squares), number(epsilon)));
      if (momentum === 0) return { v: squares, p: sub(p, mul(rate, scaled)) };
      const velocity = add(mul(number(momentum), m), scaled);
      return { v: squares, m: velocity, p: sub(p, mul(rate, velocity)) };
    },
  };
}

export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

export interface AdamWOptions extends AdamOptions {
  /** Share of a weight that is taken away each step, times the learning rate; biases are spared. Default 0.01. */
  readonly weightDecay?: number;
}

/** Kingma and Ba 2015, arXiv:1412.6980. */
export function adam(options: AdamOptions = {}): Optimizer {
  return { ...adamW({ ...options, weightDecay: 0 }), name: adamName("adam", options) };
}

/** Adam with decoupled weight decay: Loshchilov and Hutter 2019, arXiv:1711.05101. */
export function adamW(options: AdamWOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = options;
  return {
    name: adamName("adamW", { ...options, weightDecay }),
    slots: ["m", "v"],
    scalars: ["rate", "spread", "kept"],
    at: (step, learningRate, decays) => ({
      rate: learningRate / (1 - beta1 ** step),
      spread: 1 / Math.sqrt(1 - beta2 ** step),
      kept: decays ? 1 - learningRate * weightDecay : 1,
    }),
    update(g) {
      const first = add(mul(number(beta1), m), mul(number(1 - beta1), g)); //          m ← β₁ m + (1 - β₁) g
      const second = add(mul(number(beta2), v), mul(number(1 - beta2), mul(g, g))); // v ← β₂ v + (1 - β₂) g²
      const size = add(mul(sqrt(second), scalar("spread")), number(epsilon)); //       √(v / (1 - β₂ᵗ)) + ε
      return { m: first, v: second, p: sub(mul(p, scalar("kept")), div(mul(rate, first), size)) };
    },
  };
}

const adamName = (name: string, options: AdamWOptions): string =>
  `${name}(${Object.entries(options)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(", ")})`;

export interface Penalties {
  /** Adds l1 · Σ |p| to what is made small (Tibshirani 1996). Default 0. */
  readonly l1?: number;
  /** Adds l2 · Σ p² / 2 to what is made small (Hoerl and Kennard 1970). Default 0. */
  readonly l2?: number;
}

/**
 * The optimizer with penalties in its gradient, after clipping: g + l2 · p + l1 · sign p. Biases are spared, the reported
 * loss is without them. With Adam the gradient's scale is lost in its division, so there `adamW` is the better decay.
 */
export function penalized(optimizer: Optimizer, { l1 = 0, l2 = 0 }: Penalties): Optimizer {
  const sign = max(number(-1), min(number(1), mul(p, number(3e38)))); // 0 of 0
  return {
    ...optimizer,
    name: `${optimizer.name} + l1=${l1} l2=${l2}`,
    scalars: [...optimizer.scalars, "l1", "l2"],
    at: (step, learningRate, decays) => ({
      ...optimizer.at(step, learningRate, decays),
      l1: decays ? l1 : 0,
      l2: decays ? l2 : 0,
    }),
    update: (g) => optimizer.update(add(add(g, mul(scalar("l2"), p)), mul(scalar("l1"), sign))),
  };
}
