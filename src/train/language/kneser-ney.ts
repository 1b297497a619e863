import { endOfText } from "../../models/index.ts";

/** A trigram model: what every trained language model has to beat. */
export interface Trigrams {
  /** ln p of each token of the text and of its end, given the two tokens before. */
  score(ids: ArrayLike<number>): Float64Array<ArrayBuffer>;
}

/**
 * Interpolated modified Kneser-Ney (Chen and Goodman 1999): every count is discounted by how small it is, and the mass
 * so freed goes to the next shorter context, where a token counts as often as there are tokens it was seen after. Below
 * single tokens all of the vocabulary is equally likely. Two ends of text stand before each text.
 */
export function kneserNeyTrigrams(texts: Iterable<ArrayLike<number>>, vocabulary: number): Trigrams {
  const trigrams = new Level(vocabulary);
  for (const text of texts) {
    eachTrigram(text, vocabulary, (context, _, token) => trigrams.add(context, token, 1));
  }
  const bigrams = new Level(vocabulary);
  trigrams.each((context, token) => bigrams.add(context % vocabulary, token, 1));
  const unigrams = new Level(vocabulary);
  bigrams.each((_, token) => unigrams.add(0, token, 1));
  for (const level of [trigrams, bigrams, unigrams]) level.finish();
  return {
    score(ids) {
      const scores = new Float64Array(ids.length + 1);
      let i = 0;
      eachTrigram(ids, vocabulary, (context, middle, token) => {
        const p1 = unigrams.interpolate(0, token, 1 / vocabulary);
        const p2 = bigrams.interpolate(middle, token, p1);
        scores[i++] = Math.log(trigrams.interpolate(context, token, p2));
      });
      return scores;
    },
  };
}

/** Each token with the one before it and with both before it as one number. */
function eachTrigram(
  ids: ArrayLike<number>,
  vocabulary: number,
  visit: (context: number, middle: number, token: number) => void,
): void {
  let [first, middle] = [endOfText, endOfText];
  for (let i = 0; i <= ids.length; i++) {
    const token = i < ids.length ? (ids[i] as number) : endOfText;
    visit(first * vocabulary + middle, middle, token);
    [first, middle] = [middle, token];
  }
}

/** Counts of tokens after contexts of one length. */
class Level {
  readonly #vocabulary: number;
  readonly #counts = new Map<number, number>(); // context * vocabulary + token
  readonly #contexts = new Map<number, Context>();
  #discounts: Discounts = [0, 0, 0];

  constructor(vocabulary: number) {
    this.#vocabulary = vocabulary;
  }

  add(context: number, token: number, times: number): void {
    const key = context * this.#vocabulary + token;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + times);
  }

  each(visit: (context: number, token: number, count: number) => void): void {
    for (const [key, count] of this.#counts) {
      const token = key % this.#vocabulary;
      visit((key - token) / this.#vocabulary, token, count);
    }
  }

  /** Discounts and totals, once everything is counted. */
  finish(): void {
    const countsOf = [0, 0, 0, 0, 0];
    for (const count of this.#counts.values()) if (count < 5) countsOf[count] = (countsOf[count] ?? 0) + 1;
    this.#discounts = discountsFrom(countsOf);
    this.each((context, _, count) => {
      let of = this.#contexts.get(context);
      if (!of) this.#contexts.set(context, (of = { total: 0, freed: 0 }));
      of.total += count;
      of.freed += this.#discountOf(count);
    });
  }

  #discountOf(count: number): number {
    return this.#discounts[count < 3 ? count - 1 : 2] ?? 0;
  }

  /** p(token | context), where `shorter` is the token's probability after the shorter context. */
  interpolate(context: number, token: number, shorter: number): number {
    const of = this.#contexts.get(context);
    if (!of) return shorter;
    const count = this.#counts.get(context * this.#vocabulary + token) ?? 0;
    const left = count === 0 ? 0 : count - this.#discountOf(count);
    return (left + of.freed * shorter) / of.total;
  }
}

interface Context {
  total: number;
  /** What the discounts took. */
  freed: number;
}

/** Of counts of one, of two, and of three or more. */
type Discounts = readonly [number, number, number];

/**
 * D_c = c - (c + 1) Y n_(c+1) / n_c with Y = n_1 / (n_1 + 2 n_2), where n_c is how many n-grams were seen c times. A
 * corpus too small or too odd for an estimate gets 0.75: with no discount nothing new could ever come.
 */
export function discountsFrom(countsOf: readonly number[]): Discounts {
  const [, n1 = 0, n2 = 0, n3 = 0, n4 = 0] = countsOf;
  if (n1 === 0 || n2 === 0 || n3 === 0 || n4 === 0) return [0.75, 0.75, 0.75];
  const y = n1 / (n1 + 2 * n2);
  const sensible = (discount: number, count: number): number => (discount > 0 && discount < count ? discount : 0.75);
  return [sensible(1 - (2 * y * n2) / n1, 1), sensible(2 - (3 * y * n3) / n2, 2), sensible(3 - (4 * y * n4) / n3, 3)];
}
