import { type Random, seededRandom } from "../../../kernel/random.ts";
import type { Corpus } from "./corpus.ts";

export interface Word2vecOptions {
  /** CBOW guesses a word from the mean of those around it, skip-gram each word around from the word. */
  readonly method: "cbow" | "skip-gram";
  /** Numbers in a vector. */
  readonly width: number;
  /** Words on each side; how many of them count is drawn anew for each word. */
  readonly window: number;
  /** Words drawn at random that a guess has to be told from. */
  readonly negatives: number;
  readonly epochs: number;
  /** First learning rate; it falls linearly to nothing. */
  readonly rate: number;
  /** Words that are a larger share of the text than this are often skipped; 0: none is. */
  readonly subsample: number;
  readonly seed: number | string;
  readonly onEpoch?: ((epoch: number, loss: number) => void) | undefined;
}

/**
 * Vectors of a corpus's words [words, width] by negative sampling (Mikolov et al. 2013, arXiv:1310.4546; constants and
 * the order of work follow word2vec.c). A loop of its own over typed arrays: each step reads and writes a few rows, so
 * batches through a graph, which also would see one another's rows late, cost more than they compute.
 */
export function word2vec({ texts, counts }: Corpus, options: Word2vecOptions): Float32Array<ArrayBuffer> {
  const { width, epochs, seed, subsample } = options;
  const random = seededRandom(`${seed}/word2vec`);
  const vectors = Float32Array.from({ length: counts.length * width }, () => (random.next() - 0.5) / width);
  const trainer = new Trainer(vectors, counts, options, random);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const keep = counts.map((count) => (subsample === 0 ? 1 : keptShare(count / total, subsample)));
  let seen = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    trainer.loss.fill(0);
    for (const text of texts) {
      const kept = text.filter((id) => (keep[id] as number) >= 1 || random.next() < (keep[id] as number));
      trainer.rate = options.rate * Math.max(1e-4, 1 - seen / (epochs * total + 1));
      trainer.learn(kept);
      seen += text.length;
    }
    const [sum = 0, guesses = 0] = trainer.loss;
    options.onEpoch?.(epoch, guesses === 0 ? 0 : sum / guesses);
  }
  return vectors;
}

/** √(t / f) + t / f, as word2vec.c has it. */
const keptShare = (share: number, subsample: number): number => Math.sqrt(subsample / share) + subsample / share;

class Trainer {
  rate = 0;
  /** Sum over guesses of -ln σ, and how many there were. */
  readonly loss = new Float64Array(2);
  readonly #options: Word2vecOptions;
  readonly #random: Random;
  readonly #vectors: Float32Array;
  /** A second vector for each word, for when it is guessed. */
  readonly #outer: Float32Array;
  readonly #draws: Int32Array;
  readonly #mean: Float32Array;
  readonly #error: Float32Array;

  constructor(vectors: Float32Array, counts: Float64Array, options: Word2vecOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.#vectors = vectors;
    this.#outer = new Float32Array(vectors.length);
    this.#draws = drawTable(counts);
    this.#mean = new Float32Array(options.width);
    this.#error = new Float32Array(options.width);
  }

  learn(text: Int32Array): void {
    const { method, window } = this.#options;
    for (let at = 0; at < text.length; at++) {
      const reach = 1 + this.#random.below(window);
      const from = Math.max(0, at - reach);
      const to = Math.min(text.length, at + reach + 1);
      if (to - from < 2) continue;
      if (method === "cbow") this.#guessMiddle(text, at, from, to);
      else this.#guessAround(text, at, from, to);
    }
  }

  #guessMiddle(text: Int32Array, at: number, from: number, to: number): void {
    const { width } = this.#options;
    const [mean, error, vectors] = [this.#mean, this.#error, this.#vectors];
    mean.fill(0);
    for (let i = from; i < to; i++) {
      if (i === at) continue;
      const row = (text[i] as number) * width;
      for (let k = 0; k < width; k++) mean[k] = (mean[k] as number) + (vectors[row + k] as number);
    }
    const share = 1 / (to - from - 1);
    for (let k = 0; k < width; k++) mean[k] = (mean[k] as number) * share;
    this.#guess(text[at] as number, mean, 0);
    for (let i = from; i < to; i++) {
      if (i === at) continue;
      const row = (text[i] as number) * width;
      for (let k = 0; k < width; k++) vectors[row + k] = (vectors[row + k] as number) + (error[k] as number);
    }
  }

  #guessAround(text: Int32Array, at: number, from: number, to: number): void {
    const { width } = this.#options;
    const [error, vectors] = [this.#error, this.#vectors];
    for (let i = from; i < to; i++) {
      if (i === at) continue;
      const row = (text[i] as number) * width; // as in word2vec.c: the word around guesses the one in the middle
      this.#guess(text[at] as number, vectors, row);
      for (let k = 0; k < width; k++) vectors[row + k] = (vectors[row + k] as number) + (error[k] as number);
    }
  }

  /** One step on `target` and drawn words, given `input[from..from + width)`; leaves its gradient in `error`. */
  #guess(target: number, input: Float32Array, from: number): void {
    const { width, negatives } = this.#options;
    const [error, outer, rate] = [this.#error, this.#outer, this.rate];
    error.fill(0);
    for (let n = 0; n <= negatives; n++) {
      const word = n === 0 ? target : (this.#draws[this.#random.below(this.#draws.length)] as number);
      if (n > 0 && word === target) continue;
      const row = word * width;
      let dot = 0;
      for (let k = 0; k < width; k++) dot += (input[from + k] as number) * (outer[row + k] as number);
      const p = 1 / (1 + Math.exp(-dot));
      const step = ((n === 0 ? 1 : 0) - p) * rate;
      for (let k = 0; k < width; k++) {
        error[k] = (error[k] as number) + step * (outer[row + k] as number);
        outer[row + k] = (outer[row + k] as number) + step * (input[from + k] as number);
      }
      this.loss[0] = (this.loss[0] as number) - Math.log(Math.max(1e-12, n === 0 ? p : 1 - p));
    }
    this.loss[1] = (this.loss[1] as number) + 1;
  }
}

const drawTableSize = 1 << 20;

/** Words, each as often as its count to the power of 3/4 is of the sum of all. */
function drawTable(counts: Float64Array): Int32Array {
  const shares = counts.map((count) => count ** 0.75);
  const total = shares.reduce((sum, share) => sum + share, 0);
  const table = new Int32Array(drawTableSize);
  let word = 0;
  let reached = (shares[0] ?? 0) / total;
  for (let i = 0; i < drawTableSize; i++) {
    while (i / drawTableSize >= reached && word < counts.length - 1) reached += (shares[++word] ?? 0) / total;
    table[i] = word;
  }
  return table;
}
