import { invariant } from "../kernel/errors.ts";

/** How the next token is chosen. */
export interface Sampling {
  /** Logits are divided by it: 1 as the model says, below 1 bolder, 0 always the likeliest. */
  readonly temperature: number;
  /** Only the likeliest so many; 0: all. */
  readonly topK: number;
  /** Only the likeliest that together reach this probability (nucleus; Holtzman et al. 2020); 1: all. */
  readonly topP: number;
}

export interface Choice {
  readonly id: number;
  /** Of the choices that were left, in (0, 1]. */
  readonly probability: number;
}

/**
 * What may come next, the likeliest first, of equals the lower id; the probabilities sum to 1. `banned` ids are left
 * out before anything else.
 */
export function choices(logits: Float32Array, sampling: Sampling, banned: readonly number[] = []): Choice[] {
  const { temperature, topK, topP } = sampling;
  const ids = likeliest(logits, temperature === 0 ? 1 : topK, banned);
  const scale = temperature === 0 ? 1 : temperature;
  const highest = logits[ids[0] ?? 0] ?? 0;
  const weights = ids.map((id) => Math.exp(((logits[id] ?? 0) - highest) / scale));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let kept = 0;
  let mass = 0;
  while (kept < ids.length && (kept === 0 || mass < topP * total)) mass += weights[kept++] ?? 0;
  return ids.slice(0, kept).map((id, i) => ({ id, probability: (weights[i] ?? 0) / mass }));
}

/**
 * Ids by falling logit, of equals the lower first; the first `count` only, if that is not 0. Logit and id are sorted as one
 * number, the bits of the one above those of the other: with 10,000 tokens, comparing pairs took longer than the model.
 */
function likeliest(logits: Float32Array, count: number, banned: readonly number[]): number[] {
  if (count === 1) return [highestOf(logits, banned)];
  const bits = new Uint32Array(Float32Array.from(logits).buffer);
  const keys = new Float64Array(bits.length);
  for (let id = 0; id < bits.length; id++) keys[id] = orderOf(bits[id] as number) * idsMax + (idsMax - 1 - id);
  keys.sort();
  const ids: number[] = [];
  const most = count === 0 ? keys.length : count;
  for (let i = keys.length - 1; i >= 0 && ids.length < most; i--) {
    const id = idsMax - 1 - ((keys[i] as number) % idsMax);
    if (!banned.includes(id)) ids.push(id);
  }
  invariant(ids.length > 0, "something may come next");
  return ids;
}

function highestOf(logits: Float32Array, banned: readonly number[]): number {
  let best = -1;
  for (let id = 0; id < logits.length; id++) {
    if ((best < 0 || (logits[id] as number) > (logits[best] as number)) && !banned.includes(id)) best = id;
  }
  invariant(best >= 0, "something may come next");
  return best;
}

const idsMax = 2 ** 21;

/** Of the bits of a float32: whole numbers in the order of the floats. */
const orderOf = (float: number): number => (float >= 2 ** 31 ? 2 ** 32 - 1 - float : float + 2 ** 31);

/** The choice at `at` in [0, 1) when they lie side by side, each as wide as it is probable. */
export function draw(from: readonly Choice[], at: number): Choice {
  let sum = 0;
  for (const choice of from) {
    sum += choice.probability;
    if (at < sum) return choice;
  }
  const last = from.at(-1); // where rounding left the sum just below 1
  invariant(last, "there is a choice");
  return last;
}

/** ln p of every id by softmax. */
export function logProbabilities(logits: Float32Array): Float32Array {
  let highest = -Infinity;
  for (const logit of logits) if (logit > highest) highest = logit;
  let total = 0;
  for (const logit of logits) total += Math.exp(logit - highest);
  const shift = highest + Math.log(total);
  return logits.map((logit) => logit - shift);
}

/** Gives text on until one of the stops appears, and keeps back what may turn out to begin one. */
export interface StopFilter {
  push(text: string): { readonly text: string; readonly stopped: boolean };
  /** What was kept back and began no stop after all. */
  end(): string;
}

export function stopFilter(stops: readonly string[]): StopFilter {
  invariant(!stops.includes(""), "a stop has at least one character");
  let waiting = "";
  return {
    push(text) {
      waiting += text;
      const found = stops.map((stop) => waiting.indexOf(stop)).filter((at) => at >= 0);
      if (found.length > 0) {
        const before = waiting.slice(0, Math.min(...found));
        waiting = "";
        return { text: before, stopped: true };
      }
      const keep = Math.max(0, ...stops.map((stop) => beginning(waiting, stop)));
      const given = waiting.slice(0, waiting.length - keep);
      waiting = waiting.slice(waiting.length - keep);
      return { text: given, stopped: false };
    },
    end() {
      const rest = waiting;
      waiting = "";
      return rest;
    },
  };
}

/** The length of the longest end of `text` with which `stop` begins. */
function beginning(text: string, stop: string): number {
  let length = Math.min(text.length, stop.length - 1);
  while (length > 0 && !text.endsWith(stop.slice(0, length))) length--;
  return length;
}
