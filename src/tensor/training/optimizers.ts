import { add, array, div, type Formula, mul, number, scalar, sqrt, sub } from "../runtime/kernel.ts";

/**
 * An optimizer is a pair of pure functions over arrays: its state begins as `slots` arrays of zeros, one element for
 * each of the parameter's; `update` says, element by element, what the parameter p and the slots become from the gradient g.
 * Scalars are computed once a step. The same formula runs over the dense arena and over the touched rows of tables.
 */
export interface Optimizer {
  readonly name: string;
  readonly slots: readonly string[];
  readonly scalars: readonly string[];
  /** Numbers of one step, counted from 1, besides `clip`, which the caller adds. `decays` says whether weight decay applies. */
  at(step: number, learningRate: number, decays: boolean): { readonly [scalar: string]: number };
  readonly update: { readonly [array: string]: Formula };
}

const [p, m, v] = [array("p"), array("m"), array("v")];
/** The gradient, scaled down where its norm is clipped; else `clip` is 1. */
const g = mul(array("g"), scalar("clip"));

export interface SgdOptions {
  /** Share of the last step that is kept (Polyak 1964). Default 0. */
  readonly momentum?: number;
}

/** m ← momentum · m + g; p ← p - rate · m. */
export function sgd({ momentum = 0 }: SgdOptions = {}): Optimizer {
  const rate = scalar("rate");
  if (momentum === 0) {
    return {
      name: "sgd",
      slots: [],
      scalars: ["rate", "clip"],
      at: (_, learningRate) => ({ rate: learningRate }),
      update: { p: sub(p, mul(rate, g)) },
    };
  }
  const velocity = add(mul(number(momentum), m), g);
  return {
    name: `sgd(momentum=${momentum})`,
    slots: ["m"],
    scalars: ["rate", "clip"],
    at: (_, learningRate) => ({ rate: learningRate }),
    update: { m: velocity, p: sub(p, mul(rate, velocity)) },
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

/** Kingma and Ba 2015, arXiv:1412.6980. On tables it is lazy: a row's moments change only in the steps that touch it. */
export function adam(options: AdamOptions = {}): Optimizer {
  return { ...adamW({ ...options, weightDecay: 0 }), name: adamName("adam", options) };
}

/** Adam with decoupled weight decay: Loshchilov and Hutter 2019, arXiv:1711.05101. */
export function adamW(options: AdamWOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = options;
  const first = add(mul(number(beta1), m), mul(number(1 - beta1), g)); //          m ← β₁ m + (1 - β₁) g
  const second = add(mul(number(beta2), v), mul(number(1 - beta2), mul(g, g))); // v ← β₂ v + (1 - β₂) g²
  const size = add(mul(sqrt(second), scalar("spread")), number(epsilon)); //       √(v / (1 - β₂ᵗ)) + ε
  const move = div(mul(scalar("rate"), first), size);
  return {
    name: adamName("adamW", { ...options, weightDecay }),
    slots: ["m", "v"],
    scalars: ["rate", "spread", "kept", "clip"],
    at: (step, learningRate, decays) => ({
      rate: learningRate / (1 - beta1 ** step),
      spread: 1 / Math.sqrt(1 - beta2 ** step),
      kept: decays ? 1 - learningRate * weightDecay : 1,
    }),
    update: { m: first, v: second, p: sub(mul(p, scalar("kept")), move) },
  };
}

const adamName = (name: string, options: AdamWOptions): string =>
  `${name}(${Object.entries(options)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(", ")})`;
