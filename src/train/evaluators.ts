import { Refusal } from "../kernel/errors.ts";
import { type Answer, type Computation, type InvalidInput, type JudgedTask, openPredictor } from "../models/index.ts";
import { type Assessment, assess, fitBaselines } from "./assess.ts";
import { fitTreeEstimates } from "./baselines.ts";
import { evaluateLanguageModel } from "./language/evaluate.ts";
import { evaluateWordVectors } from "./architectures/word-vectors/evaluate.ts";
import { assertJudged } from "./fits.ts";
import { measureValues } from "./losses.ts";
import type { Scored, ScoredExamples } from "./scored.ts";
import { type WorkExamples, labelIndices } from "./work-folder.ts";

/** A model's answers to a split, and what is told of them. */
export interface Evaluated {
  readonly assessment: Assessment;
  readonly scored: Scored;
}

export interface EvaluatorInput {
  readonly computation: Computation;
  /** The model's labels, then those that only the data has. */
  readonly labels: readonly string[];
  readonly threads: number;
  /** By which a classifier's logits were divided, where that is known. */
  readonly temperature?: number;
  /** What baselines learn from. */
  readonly train: WorkExamples;
  readonly splits: readonly WorkExamples[];
}

/** One result for each split. */
type Evaluator = (input: EvaluatorInput) => Promise<Evaluated[]>;

const evaluators: { readonly [T in JudgedTask]: Evaluator } = {
  "text-classification": evaluateClassifier,
  "table-classification": evaluateClassifier,
  "image-classification": evaluateClassifier,
  "table-regression": evaluateRegression,
  "language-model": evaluateLanguageModel,
  "word-vectors": evaluateWordVectors,
};

export function evaluateComputation(input: EvaluatorInput): Promise<Evaluated[]> {
  const { task } = input.computation;
  assertJudged(task);
  return evaluators[task](input);
}

async function evaluateClassifier({
  computation,
  labels,
  threads,
  temperature,
  train,
  splits,
}: EvaluatorInput): Promise<Evaluated[]> {
  const { task, decision } = computation;
  const indexed = (part: WorkExamples) => ({ inputs: part.inputs, labels: labelIndices(part, labels) });
  const measureBaselines = fitBaselines(task, labels, indexed(train));
  return predictSplits(computation, threads, splits, (split, answers) => {
    const scored = scoredOf(labels, split, answers);
    const baselines = measureBaselines(indexed(split));
    return { assessment: assess(scored, split.inputs, baselines, { task, decision, temperature }), scored };
  });
}

/** A classifier's answers to a split, and nothing more. */
export async function scoreClassifier(
  computation: Computation,
  split: WorkExamples,
  threads: number,
): Promise<ScoredExamples> {
  const predictor = await openPredictor(computation, { threads });
  try {
    return scoredOf(computation.labels, split, await predictor.predict(split.inputs));
  } finally {
    await predictor.close();
  }
}

function scoredOf(labels: readonly string[], split: WorkExamples, answers: Answers): ScoredExamples {
  const probabilities = new Float32Array(split.inputs.length * labels.length);
  for (const [i, answer] of answers.entries()) {
    if (!("probabilities" in answer)) throw unanswered(split.keys[i], answer);
    probabilities.set(answer.probabilities, i * labels.length);
  }
  return { labels, keys: split.keys, truth: labelIndices(split, labels), probabilities };
}

/** Of a regression: labels are numbers. Baselines are the mean of the training labels, and boosted trees. */
async function evaluateRegression({ computation, threads, train, splits }: EvaluatorInput): Promise<Evaluated[]> {
  const numbers = ({ labels }: WorkExamples): Float64Array => Float64Array.from(labels, Number);
  const known = numbers(train);
  const mean = known.reduce((sum, y) => sum + y, 0) / known.length;
  const trees = fitTreeEstimates(train.inputs, known);
  return predictSplits(computation, threads, splits, (split, answers) => {
    const truth = numbers(split);
    const values = Float64Array.from(answers, (answer, i) => {
      if (!("value" in answer)) throw unanswered(split.keys[i], answer);
      return answer.value;
    });
    const seed = "assessment";
    const assessment: Assessment = {
      metrics: { examples: truth.length, figures: measureValues(truth, values, seed) },
      baselines: [
        { name: "mean", values: truth.map(() => mean) },
        { name: "gradient-boosted trees", values: trees(split.inputs) },
      ].map((baseline) => ({ name: baseline.name, figures: measureValues(truth, baseline.values, seed) })),
      slices: [],
    };
    const losses = values.map((value, i) => (value - (truth[i] as number)) ** 2);
    const units = new Float64Array(truth.length).fill(1);
    return { assessment, scored: { measure: "squared error", keys: split.keys, losses, units } };
  });
}

type Answers = readonly (Answer | InvalidInput)[];

async function predictSplits(
  computation: Computation,
  threads: number,
  splits: readonly WorkExamples[],
  evaluate: (split: WorkExamples, answers: Answers) => Evaluated,
): Promise<Evaluated[]> {
  const predictor = await openPredictor(computation, { threads });
  try {
    const evaluated: Evaluated[] = [];
    for (const split of splits) evaluated.push(evaluate(split, await predictor.predict(split.inputs)));
    return evaluated;
  } finally {
    await predictor.close();
  }
}

function unanswered(key: string | undefined, answer: object): Refusal {
  const why = "invalid" in answer ? String(answer.invalid) : "the model answers another kind of question";
  return new Refusal("invalid_data", `The example ${key ?? ""} cannot be evaluated: ${why}.`);
}
