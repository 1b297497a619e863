import type { Task } from "../models/index.ts";
import { fitLogistic } from "./logistic.ts";
import { trainNaiveBayes } from "./naive-bayes.ts";
import { fitNearestMean } from "./nearest-mean.ts";
import { type BoostedTrees, type Columns, softmaxLoss, squaredLoss } from "./trees/boosted-trees.ts";
import { fitTrees } from "./trees/fit-trees.ts";
import { columnsOf } from "./trees/table-columns.ts";

/** [inputs, classes] probabilities of some inputs. */
type Score = (inputs: readonly string[]) => Float32Array;

export interface Method {
  readonly name: BaselineName;
  /** `labels` are indices of classes. */
  fit(inputs: readonly string[], labels: Int32Array, classes: number): Score;
}

export type BaselineName =
  | "majority class"
  | "naive Bayes"
  | "logistic regression"
  | "gradient-boosted trees"
  | "nearest mean image";

const majority: Method = {
  name: "majority class",
  fit(inputs, labels, classes) {
    const counts = Array.from({ length: classes }, (_, k) => labels.filter((label) => label === k).length);
    const priors = counts.map((count) => (count + 1) / (inputs.length + classes));
    return (asked) => Float32Array.from({ length: asked.length * classes }, (_, i) => priors[i % classes] as number);
  },
};

/** As much of a text as naive Bayes reads. */
const charsMax = 20_000;

const naiveBayes: Method = {
  name: "naive Bayes",
  fit(inputs, labels, classes) {
    const model = trainNaiveBayes(inputs, labels, classes, charsMax);
    return (asked) => {
      const out = new Float32Array(asked.length * classes);
      for (const [i, text] of asked.entries()) model.score(text, out, i * classes);
      return out;
    };
  },
};

const logistic: Method = { name: "logistic regression", fit: fitLogistic };
const nearestMean: Method = { name: "nearest mean image", fit: fitNearestMean };

const trees: Method = {
  name: "gradient-boosted trees",
  fit(inputs, labels, classes) {
    const read = columnsOf(inputs, Float64Array.from(labels));
    const model = fitTrees({
      columns: read(inputs),
      lossOf: (rows) =>
        softmaxLoss(
          rows.map((i) => labels[i] as number),
          classes,
        ),
      measure: (scores, rows) => {
        let loss = 0;
        const p = softmaxRows(scores, classes);
        for (const [r, i] of rows.entries())
          loss -= Math.log(Math.max(p[r * classes + (labels[i] as number)] as number, 1e-7));
        return loss / rows.length;
      },
    });
    return (asked) => softmaxRows(model.score(read(asked)), classes);
  },
};

/** What a classifier must beat. */
export const baselineMethods: { readonly [T in Task]?: readonly Method[] } = {
  "text-classification": [majority, naiveBayes],
  "table-classification": [majority, logistic, trees],
  "image-classification": [majority, nearestMean],
};

/** Boosted trees that estimate numbers. */
export function fitTreeEstimates(
  inputs: readonly string[],
  values: Float64Array,
): (inputs: readonly string[]) => Float64Array {
  const read: (inputs: readonly string[]) => Columns = columnsOf(inputs, values);
  const model: BoostedTrees = fitTrees({
    columns: read(inputs),
    lossOf: (rows) => squaredLoss(Float64Array.from(rows, (i) => values[i] as number)),
    measure: (scores, rows) =>
      scores.reduce((sum, score, r) => sum + (score - (values[rows[r] as number] as number)) ** 2, 0) / rows.length,
  });
  return (asked) => model.score(read(asked));
}

function softmaxRows(scores: Float64Array, classes: number): Float32Array {
  const out = new Float32Array(scores.length);
  for (let from = 0; from < scores.length; from += classes) {
    const row = scores.subarray(from, from + classes);
    const highest = row.reduce((max, score) => Math.max(max, score));
    const total = row.reduce((sum, score) => sum + Math.exp(score - highest), 0);
    for (const [k, score] of row.entries()) out[from + k] = Math.exp(score - highest) / total;
  }
  return out;
}
