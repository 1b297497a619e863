import { wordsOf } from "../naive-bayes.ts";

export interface FoldedTexts {
  readonly texts: readonly string[];
  /** Index of each text's label. */
  readonly labels: Int32Array;
  /** Texts of one fold are never scored by a model that saw any of them. */
  readonly folds: Uint8Array;
  readonly foldCount: number;
  readonly classes: number;
}

const charsMax = 5_000;
const breatheEvery = 200;

/**
 * Out-of-fold probabilities [texts, classes] by naive Bayes over the distinct words of a text, whose counts are sums: a
 * fold's model is all counts less that fold's, so one pass counts for all folds. Others are let in every few texts.
 */
export async function outOfFold(given: FoldedTexts): Promise<Float32Array> {
  const { texts, labels, folds, foldCount, classes } = given;
  const vocabulary = new Map<string, number>();
  const words: Uint32Array[] = [];
  for (const [i, text] of texts.entries()) {
    const ids = new Set<number>();
    for (const word of wordsOf(text.slice(0, charsMax))) {
      let id = vocabulary.get(word);
      if (id === undefined) vocabulary.set(word, (id = vocabulary.size));
      ids.add(id);
    }
    words.push(Uint32Array.from(ids));
    if (i % breatheEvery === 0) await breathe();
  }
  const out = new Float32Array(texts.length * classes);
  for (let fold = 0; fold < foldCount; fold++) {
    const counts = new Float64Array(vocabulary.size * classes);
    const sizes = new Float64Array(classes);
    const examples = new Float64Array(classes);
    for (const [i, ids] of words.entries()) {
      if (folds[i] === fold) continue;
      const label = labels[i] ?? 0;
      examples[label] = (examples[label] ?? 0) + 1;
      sizes[label] = (sizes[label] ?? 0) + ids.length;
      for (const id of ids) counts[id * classes + label] = (counts[id * classes + label] ?? 0) + 1;
      if (i % (breatheEvery * 10) === 0) await breathe();
    }
    for (const [i, ids] of words.entries()) {
      if (folds[i] !== fold) continue;
      const scores = Array.from({ length: classes }, (_, k) => Math.log((examples[k] ?? 0) + 1));
      for (const id of ids) {
        for (let k = 0; k < classes; k++) {
          const share = ((counts[id * classes + k] ?? 0) + 1) / ((sizes[k] ?? 0) + vocabulary.size);
          scores[k] = (scores[k] ?? 0) + Math.log(share);
        }
      }
      const highest = Math.max(...scores);
      const sum = scores.reduce((total, score) => total + Math.exp(score - highest), 0);
      for (const [k, score] of scores.entries()) out[i * classes + k] = Math.exp(score - highest) / sum;
      if (i % breatheEvery === 0) await breathe();
    }
  }
  return out;
}

const breathe = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
