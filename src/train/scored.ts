import { invariant } from "../kernel/errors.ts";
import type { ScoredLosses } from "./losses.ts";

/** What every example of a split came to: a classifier's probabilities, or losses. */
export type Scored = ScoredExamples | ScoredLosses;

/** A classifier's answers to the examples of a split, enough to compute any metric again without the model. */
export interface ScoredExamples {
  /** The model's labels, then those that only the data has: the model gives them probability 0. */
  readonly labels: readonly string[];
  /** Example ids, by which two models' answers are paired. */
  readonly keys: readonly string[];
  /** Index of the true label of each example. */
  readonly truth: Int32Array;
  /** [examples, labels], row-major. */
  readonly probabilities: Float32Array;
}

/** The label with the highest probability, for each example; of equal ones the first. */
export function answersOf({ labels, truth, probabilities }: Omit<ScoredExamples, "keys">): Int32Array {
  const width = labels.length;
  return truth.map((_, i) => {
    let best = 0;
    for (let k = 1; k < width; k++) {
      if ((probabilities[i * width + k] as number) > (probabilities[i * width + best] as number)) best = k;
    }
    return best;
  });
}

/** Below this a probability counts as this, so that one sure and wrong answer costs 16 nats and not infinitely many. */
const probabilityMin = 1e-7;

/** -ln of the probability that the true label got, for each example. */
export function lossesOf({ labels, truth, probabilities }: Omit<ScoredExamples, "keys">): Float64Array {
  return Float64Array.from(
    truth,
    (label, i) => -Math.log(Math.max(probabilityMin, probabilities[i * labels.length + label] as number)),
  );
}

/** As a blob: JSON with numbers as little-endian bytes in base64. */
export function encodeScored(scored: Scored): string {
  if ("losses" in scored) {
    const { measure, keys, losses, units } = scored;
    return JSON.stringify({ measure, keys, losses: base64(losses), units: base64(units) });
  }
  const { labels, keys, truth, probabilities } = scored;
  return JSON.stringify({ labels, keys, truth: [...truth], probabilities: base64(probabilities) });
}

export function decodeScored(text: string): Scored {
  const parsed = JSON.parse(text) as
    | { measure: string; keys: string[]; losses: string; units: string }
    | { labels: string[]; keys: string[]; truth: number[]; probabilities: string };
  if ("losses" in parsed) {
    const { measure, keys } = parsed;
    const [losses, units] = [new Float64Array(bytesOf(parsed.losses)), new Float64Array(bytesOf(parsed.units))];
    invariant(losses.length === keys.length && units.length === keys.length, "a loss and a unit for each example");
    return { measure, keys, losses, units };
  }
  const { labels, keys, truth } = parsed;
  const probabilities = new Float32Array(bytesOf(parsed.probabilities));
  invariant(probabilities.length === truth.length * labels.length, "scored examples have a probability for each label");
  return { labels, keys, truth: Int32Array.from(truth), probabilities };
}

const base64 = (data: Float32Array | Float64Array): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");

const bytesOf = (text: string): ArrayBuffer => Uint8Array.from(Buffer.from(text, "base64")).buffer;
