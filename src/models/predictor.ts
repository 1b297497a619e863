import { Refusal, must } from "../kernel/errors.ts";
import { type Session, openSession, padBags } from "../tensor/index.ts";
import type { Computation } from "./model.ts";
import { type TextFeatures, textFeatures } from "./text-features.ts";

/** The answer to one text. */
export interface Answer {
  readonly label: string;
  readonly probability: number;
  /** In the order of the model's labels; they sum to 1. */
  readonly probabilities: readonly number[];
}

export interface Predictor {
  readonly labels: readonly string[];
  predict(texts: readonly string[]): Promise<readonly Answer[]>;
  close(): Promise<void>;
}

/** Padded ids of one run: 64 rows of width 16 for each would be 2 MB at this size. */
const paddedIdsMax = 32_768;

/** A session over features: what a predictor is without its preprocessing. */
export interface Scorer {
  /** One row of probabilities for each bag: float32 [bags, labels]. */
  score(bags: readonly TextFeatures[]): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Refuses with `invalid_data` a file that is no model of ours. */
export async function openScorer(bundle: Computation, options: { readonly threads: number }): Promise<Scorer> {
  const width = bundle.labels.length;
  const session = await openSession(bundle.onnx, { threads: options.threads });
  return {
    async score(bags) {
      const out = new Float32Array(bags.length * width);
      for (const indices of batchesOfLikeLength(bags)) {
        const rows = await run(
          session,
          indices.map((i) => must(bags[i], "a bag for each index")),
        );
        if (rows.length !== indices.length * width) throw wrongWidth(rows.length / indices.length, width);
        for (const [row, i] of indices.entries()) out.set(rows.subarray(row * width, (row + 1) * width), i * width);
      }
      return out;
    },
    close: () => session.release(),
  };
}

/** A session with its preprocessing. Refuses with `invalid_data` a file that is no model of ours. */
export async function openPredictor(bundle: Computation, options: { readonly threads: number }): Promise<Predictor> {
  const { labels, preprocessing } = bundle;
  const features = textFeatures(preprocessing);
  const scorer = await openScorer(bundle, options);
  return {
    labels,
    async predict(texts) {
      const all = await scorer.score(texts.map(features));
      return texts.map((_, i) => toAnswer(labels, all.subarray(i * labels.length, (i + 1) * labels.length)));
    },
    close: () => scorer.close(),
  };
}

async function run(session: Session, bags: readonly TextFeatures[]): Promise<Float32Array> {
  const { probabilities } = await session.run(padBags(bags));
  const data = must(probabilities, "a model has an output `probabilities`").data;
  if (!(data instanceof Float32Array)) throw new Refusal("invalid_data", "The model's probabilities are not float32.");
  return data;
}

function wrongWidth(classes: number, labels: number): Refusal {
  return new Refusal("invalid_data", `The ONNX file answers with ${classes} classes, but there are ${labels} labels.`);
}

/** Indices by length, in batches that waste little on padding and stay small in memory. */
function batchesOfLikeLength(bags: readonly TextFeatures[]): number[][] {
  const lengthOf = (i: number): number => bags[i]?.ids.length ?? 0;
  const order = bags.map((_, i) => i).sort((a, b) => lengthOf(a) - lengthOf(b));
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const i of order) {
    const padded = lengthOf(i) * (batch.length + 1); // i is the longest so far
    const wasted = batch.length > 0 && lengthOf(i) > 2 * lengthOf(must(batch[0], "a batch with a first"));
    if (batch.length > 0 && (padded > paddedIdsMax || wasted)) {
      batches.push(batch);
      batch = [];
    }
    batch.push(i);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

function toAnswer(labels: readonly string[], row: Float32Array): Answer {
  let best = 0;
  for (let k = 1; k < row.length; k++) if ((row[k] ?? 0) > (row[best] ?? 0)) best = k;
  return { label: labels[best] ?? "", probability: row[best] ?? 0, probabilities: [...row] };
}
