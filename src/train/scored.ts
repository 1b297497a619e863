import { invariant } from "../kernel/errors.ts";

/** A model's answers to the examples of a split, enough to compute any metric again without the model. */
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

/** As a blob: JSON with the probabilities as float32, little-endian, in base64. */
export function encodeScored({ labels, keys, truth, probabilities }: ScoredExamples): string {
  const bytes = Buffer.from(probabilities.buffer, probabilities.byteOffset, probabilities.byteLength);
  return JSON.stringify({ labels, keys, truth: [...truth], probabilities: bytes.toString("base64") });
}

export function decodeScored(text: string): ScoredExamples {
  const { labels, keys, truth, probabilities } = JSON.parse(text) as {
    labels: string[];
    keys: string[];
    truth: number[];
    probabilities: string;
  };
  const bytes = Uint8Array.from(Buffer.from(probabilities, "base64"));
  invariant(bytes.length === truth.length * labels.length * 4, "scored examples have a probability for each label");
  return { labels, keys, truth: Int32Array.from(truth), probabilities: new Float32Array(bytes.buffer) };
}
