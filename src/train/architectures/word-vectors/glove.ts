import { seededRandom, shuffle } from "../../../kernel/random.ts";
import type { Corpus } from "./corpus.ts";

export interface GloveOptions {
  readonly width: number;
  /** Words on each side; one that is d words away counts 1 / d. */
  readonly window: number;
  readonly epochs: number;
  readonly rate: number;
  /** Pairs that occur together at least this often have full weight. */
  readonly countMax: number;
  readonly seed: number | string;
  readonly onEpoch?: ((epoch: number, loss: number) => void) | undefined;
}

/** Pairs of words with how often they occur together. */
export interface Cooccurrences {
  readonly words: Int32Array;
  readonly others: Int32Array;
  readonly counts: Float32Array;
}

/**
 * Vectors [words, width] whose products tell ln of how often two words occur together (Pennington et al. 2014): weighted
 * least squares by AdaGrad over the pairs in a shuffled order. A word's vector is the sum of its two.
 */
export function glove(corpus: Corpus, options: GloveOptions): Float32Array<ArrayBuffer> {
  const { width, epochs, rate, countMax, seed } = options;
  const pairs = countTogether(corpus, options.window);
  const random = seededRandom(`${seed}/glove`);
  const rows = corpus.words.length;
  const stride = width + 1; // the last number of a row is its bias
  const make = (): Float32Array => Float32Array.from({ length: rows * stride }, () => (random.next() - 0.5) / width);
  const [inner, outer] = [make(), make()];
  const squares = [new Float32Array(rows * stride).fill(1), new Float32Array(rows * stride).fill(1)] as const;
  const order = shuffle(
    Int32Array.from(pairs.counts, (_, i) => i),
    random,
  );
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let loss = 0;
    for (const i of order) {
      const count = pairs.counts[i] as number;
      const a = (pairs.words[i] as number) * stride;
      const b = (pairs.others[i] as number) * stride;
      let difference = (inner[a + width] as number) + (outer[b + width] as number) - Math.log(count);
      for (let k = 0; k < width; k++) difference += (inner[a + k] as number) * (outer[b + k] as number);
      const weight = count < countMax ? (count / countMax) ** 0.75 : 1;
      loss += weight * difference * difference;
      const step = rate * weight * difference;
      for (let k = 0; k <= width; k++) {
        const isBias = k === width;
        const toInner = step * (isBias ? 1 : (outer[b + k] as number));
        const toOuter = step * (isBias ? 1 : (inner[a + k] as number));
        const [innerSquares, outerSquares] = [squares[0][a + k] as number, squares[1][b + k] as number];
        inner[a + k] = (inner[a + k] as number) - toInner / Math.sqrt(innerSquares);
        outer[b + k] = (outer[b + k] as number) - toOuter / Math.sqrt(outerSquares);
        squares[0][a + k] = innerSquares + toInner * toInner;
        squares[1][b + k] = outerSquares + toOuter * toOuter;
      }
    }
    options.onEpoch?.(epoch, pairs.counts.length === 0 ? 0 : loss / pairs.counts.length);
  }
  return Float32Array.from({ length: rows * width }, (_, at) => {
    const place = Math.floor(at / width) * stride + (at % width);
    return (inner[place] as number) + (outer[place] as number);
  });
}

/** Each ordered pair within the window, the nearer the more. */
export function countTogether({ texts, words }: Pick<Corpus, "texts" | "words">, window: number): Cooccurrences {
  const counts = new Map<number, number>();
  const add = (a: number, b: number, amount: number): void => {
    const key = a * words.length + b;
    counts.set(key, (counts.get(key) ?? 0) + amount);
  };
  for (const text of texts) {
    for (let i = 0; i < text.length; i++) {
      for (let d = 1; d <= window && i + d < text.length; d++) {
        const [a, b] = [text[i] as number, text[i + d] as number];
        add(a, b, 1 / d);
        add(b, a, 1 / d);
      }
    }
  }
  const keys = [...counts.keys()];
  return {
    words: Int32Array.from(keys, (key) => Math.floor(key / words.length)),
    others: Int32Array.from(keys, (key) => key % words.length),
    counts: Float32Array.from(counts.values()),
  };
}
