/** Multinomial naive Bayes over words, trained on raw counts with add-one smoothing: the baseline every recipe must beat. */
export interface NaiveBayes {
  /** Probabilities of the classes for one text, into `out` from `at` on. */
  score(text: string, out: Float32Array, at: number): void;
}

/** Runs of letters and digits in lower case; of Chinese and the like every character and every pair of them. */
const tokenPattern =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]+|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{N}])+/gu;
const spacelessPattern = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

export function* wordsOf(text: string): Generator<string> {
  for (const [run] of text.toLowerCase().matchAll(tokenPattern)) {
    if (!spacelessPattern.test(run)) {
      yield run;
      continue;
    }
    const characters = Array.from(run);
    yield* characters;
    for (let i = 1; i < characters.length; i++) yield `${characters[i - 1]}${characters[i]}`;
  }
}

/**
 * P(class | text) ∝ P(class) · Π P(word | class), with P(word | class) = (count + 1) / (words of the class + words of the
 * vocabulary). Words that training never saw say nothing.
 */
export function trainNaiveBayes(
  texts: readonly string[],
  labels: Int32Array,
  classes: number,
  charsMax: number,
): NaiveBayes {
  const vocabulary = new Map<string, Uint32Array>(); // counts by class
  const wordsInClass = new Float64Array(classes);
  const examplesInClass = new Float64Array(classes);
  for (const [i, text] of texts.entries()) {
    const label = labels[i] as number;
    examplesInClass[label] = (examplesInClass[label] as number) + 1;
    for (const word of wordsOf(text.slice(0, charsMax))) {
      let counts = vocabulary.get(word);
      if (!counts) vocabulary.set(word, (counts = new Uint32Array(classes)));
      counts[label] = (counts[label] as number) + 1;
      wordsInClass[label] = (wordsInClass[label] as number) + 1;
    }
  }
  const priors = examplesInClass.map((count) => Math.log((count + 1) / (texts.length + classes)));
  const sizes = wordsInClass.map((count) => Math.log(count + vocabulary.size));
  const scores = new Float64Array(classes);
  return {
    score(text, out, at) {
      scores.set(priors);
      for (const word of wordsOf(text.slice(0, charsMax))) {
        const counts = vocabulary.get(word);
        if (!counts) continue;
        for (let k = 0; k < classes; k++) {
          scores[k] = (scores[k] as number) + Math.log((counts[k] as number) + 1) - (sizes[k] as number);
        }
      }
      softmaxInto(scores, out, at);
    },
  };
}

function softmaxInto(scores: Float64Array, out: Float32Array, at: number): void {
  const highest = scores.reduce((max, score) => Math.max(max, score));
  const sum = scores.reduce((total, score) => total + Math.exp(score - highest), 0);
  for (const [k, score] of scores.entries()) out[at + k] = Math.exp(score - highest) / sum;
}
