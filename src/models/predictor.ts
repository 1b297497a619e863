import { Refusal, must } from "../kernel/errors.ts";
import { type Session, openSession, value } from "../tensor/index.ts";
import type { Answer, InvalidInput, VectorFacts } from "./answer.ts";
import type { TokenFeatures } from "./encoder/tokenizer.ts";
import { type Computation, type Decision, type Task, isClassifier } from "./model.ts";
import { type Features, type Preprocessing, openCodec } from "./preprocessing.ts";
import type { WordSum } from "./word-vectors.ts";

export interface Predictor {
  readonly labels: readonly string[];
  /** Null of a model that answers otherwise. */
  readonly vectors: VectorFacts | null;
  /** One answer for each input, in order; an input that cannot be read does not hinder the others. */
  predict(inputs: readonly string[]): Promise<readonly (Answer | InvalidInput)[]>;
  close(): Promise<void>;
}

/** Padded positions of one run: with rows of 16 floats for each, 2 MB. */
const paddedMax = 32_768;

/** A session over features: what a predictor is without reading inputs. */
export interface Scorer {
  /** Numbers in a row. */
  readonly width: number;
  /** One row for each input's features: float32 [inputs, width] probabilities, values, similarities or vectors. */
  score(features: readonly Features[]): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Refuses with `invalid_data` a file that is no model of ours. */
export async function openScorer(computation: Computation, options: { readonly threads: number }): Promise<Scorer> {
  const { onnx, preprocessing } = computation;
  const codec = openCodec(preprocessing);
  const session = await openSession(onnx, { threads: options.threads });
  const [width, output] = outputOf(computation, session);
  return {
    width,
    async score(features) {
      const out = new Float32Array(features.length * width);
      for (const indices of batchesOfLikeLength(features.map((one) => codec.length(one)))) {
        const batch = indices.map((i) => must(features[i], "features for each index"));
        const rows = await run(session, codec.feeds(batch), output);
        if (rows.length !== indices.length * width) throw wrongWidth(rows.length / indices.length, width);
        for (const [row, i] of indices.entries()) out.set(rows.subarray(row * width, (row + 1) * width), i * width);
      }
      return out;
    },
    close: () => session.release(),
  };
}

/** A session with its preprocessing. Refuses with `invalid_data` a file that is no model of ours. */
export async function openPredictor(
  computation: Computation,
  options: { readonly threads: number },
): Promise<Predictor> {
  const { labels, preprocessing } = computation;
  const codec = openCodec(preprocessing);
  const scorer = await openScorer(computation, options);
  const { width } = scorer;
  const toAnswer = answerOf(computation);
  return {
    labels,
    vectors: vectorFacts(preprocessing, computation.task, width),
    async predict(inputs) {
      const read = inputs.map((input) => readInput(input, (text) => codec.read(text)));
      const valid = read.flatMap((one) => ("features" in one ? [one.features] : []));
      const rows = valid.length === 0 ? new Float32Array() : await scorer.score(valid);
      let at = 0;
      return read.map((one) => {
        if ("invalid" in one) return one;
        const row = rows.subarray(at, at + width);
        at += width;
        return toAnswer(row, one.features);
      });
    },
    close: () => scorer.close(),
  };
}

/** How many numbers the graph gives for an input, and the name they have there. */
function outputOf(
  { task, labels, preprocessing }: Computation,
  { outputs }: Pick<Session, "outputs">,
): readonly [width: number, output: string] {
  if (preprocessing.kind === "word-vectors") return [preprocessing.words.length, "similarities"];
  if (task === "text-embedding") {
    const width = outputs.find(({ name }) => name === "vectors")?.shape.at(-1);
    if (typeof width === "number") return [width, "vectors"];
    throw new Refusal("invalid_data", "The ONNX file has no output `vectors` of a known width.");
  }
  return isClassifier(task) ? [labels.length, "probabilities"] : [1, "values"];
}

type ToAnswer = (row: Float32Array, features: Features) => Answer;

function answerOf({ task, labels, preprocessing, decision }: Computation): ToAnswer {
  if (preprocessing.kind === "word-vectors") {
    return (row, features) => neighboursAnswer(preprocessing.words, row, (features as WordSum).ids);
  }
  if (task === "text-embedding") {
    // a copy: a view would send the whole batch along to another thread
    return (row, features) => ({ vector: row.slice(), tokens: (features as TokenFeatures).length });
  }
  return isClassifier(task) ? (row) => classAnswer(labels, row, decision) : valueAnswer;
}

function vectorFacts(preprocessing: Preprocessing, task: Task, width: number): VectorFacts | null {
  if (task !== "text-embedding" || preprocessing.kind !== "tokens") return null;
  const { lengthMax, tokenizer } = preprocessing;
  return { width, lengthMax, marks: tokenizer.before.length + tokenizer.after.length };
}

function readInput(input: string, read: (input: string) => Features): InvalidInput | { readonly features: Features } {
  try {
    return { features: read(input) };
  } catch (error) {
    return { invalid: error instanceof Error ? error.message : String(error) };
  }
}

type Feeds = ReturnType<ReturnType<typeof openCodec>["feeds"]>;

async function run(session: Session, feeds: Feeds, output: string): Promise<Float32Array> {
  const named = Object.entries(feeds).map(([name, { data, dims }]) => [name, value(data, dims)] as const);
  const results = await session.run(Object.fromEntries(named));
  const data = must(results[output], `a model has an output "${output}"`).data;
  if (!(data instanceof Float32Array)) throw new Refusal("invalid_data", `The model's ${output} are not float32.`);
  return data;
}

function wrongWidth(found: number, expected: number): Refusal {
  return new Refusal("invalid_data", `The ONNX file answers with ${found} numbers, but ${expected} are expected.`);
}

/** Indices by length, in batches that waste little on padding and stay small in memory. */
function batchesOfLikeLength(lengths: readonly number[]): number[][] {
  const lengthOf = (i: number): number => lengths[i] ?? 0;
  const order = lengths.map((_, i) => i).sort((a, b) => lengthOf(a) - lengthOf(b));
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const i of order) {
    const padded = lengthOf(i) * (batch.length + 1); // i is the longest so far
    const wasted = batch.length > 0 && lengthOf(i) > 2 * lengthOf(must(batch[0], "a batch with a first"));
    if (batch.length > 0 && (padded > paddedMax || wasted)) {
      batches.push(batch);
      batch = [];
    }
    batch.push(i);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

function classAnswer(labels: readonly string[], row: Float32Array, decision: Decision | undefined): Answer {
  let best = 0;
  for (let k = 1; k < row.length; k++) if ((row[k] ?? 0) > (row[best] ?? 0)) best = k;
  const probability = row[best] ?? 0;
  const refusal = decision ? { refused: probability < decision.threshold } : {};
  return { label: labels[best] ?? "", probability, probabilities: [...row], ...refusal };
}

const neighboursMax = 10;

/** The words of the greatest similarities but those that were asked. */
function neighboursAnswer(words: readonly string[], row: Float32Array, asked: Int32Array): Answer {
  const nearest: number[] = [];
  const at = (i: number): number => row[nearest[i] ?? 0] ?? 0;
  for (let id = 0; id < row.length; id++) {
    const similarity = row[id] ?? 0;
    if ((nearest.length === neighboursMax && similarity <= at(neighboursMax - 1)) || asked.includes(id)) continue;
    let place = nearest.length;
    while (place > 0 && at(place - 1) < similarity) place--;
    nearest.splice(place, 0, id);
    if (nearest.length > neighboursMax) nearest.pop();
  }
  return { neighbours: nearest.map((id) => ({ word: words[id] ?? "", similarity: row[id] ?? 0 })) };
}

const valueAnswer = (row: Float32Array): Answer => ({ value: row[0] ?? 0 });
