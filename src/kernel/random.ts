import { invariant, must } from "./errors.ts";

/** A seeded stream of random numbers: the same seed gives the same stream on every machine. */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  next(): number;
  /** Uniform integer in [0, bound). */
  below(bound: number): number;
  /** Standard normal. */
  normal(): number;
  /** A stream of its own for a named purpose: drawing from it does not shift this one. */
  fork(label: string): Random;
  /** The four state words: enough to continue the stream later. */
  state(): readonly number[];
}

/** sfc32 (Chris Doty-Humphrey, PractRand): small, fast, passes BigCrush. */
export function seededRandom(seed: number | string): Random {
  return fromState(expandSeed(String(seed)), String(seed));
}

function fromState(words: number[], seed: string): Random {
  let [a, b, c, d] = words as [number, number, number, number];
  const bits = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  const next = (): number => bits() / 4294967296;
  return {
    next,
    below(bound) {
      invariant(Number.isInteger(bound) && bound > 0, "a bound is a positive integer");
      return Math.floor(next() * bound);
    },
    normal() {
      return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()); // Box-Muller
    },
    fork: (label) => seededRandom(`${seed}/${label}`),
    state: () => [a, b, c, d],
  };
}

function expandSeed(text: string): number[] {
  const words = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 1];
  for (let i = 0; i < text.length; i++) {
    const k = i % 3;
    words[k] = Math.imul((words[k] ?? 0) ^ text.charCodeAt(i), 0x01000193) ^ ((words[(k + 1) % 3] ?? 0) >>> 7);
  }
  const warm = fromState(words, text);
  for (let i = 0; i < 16; i++) warm.next();
  return [...warm.state()];
}

/** Fisher-Yates, in place; returns the same array. */
export function shuffle<T extends { length: number; [index: number]: unknown }>(items: T, random: Random): T {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const held = items[i];
    items[i] = items[j];
    items[j] = held;
  }
  return items;
}

export function pick<T>(items: readonly T[], random: Random): T {
  return must(items[random.below(items.length)], "a list to pick from is not empty");
}
