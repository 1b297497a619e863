import type { Dataset, DatasetVersion } from "../data/index.ts";
import type { CardEvaluation, ModelCard } from "../models/index.ts";
import { type Assessment, isClassifierAssessment } from "./assess.ts";
import type { TrainOutput } from "./work.ts";
import type { Recipe } from "./architectures/index.ts";

export interface CardInput {
  readonly name: string;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly dataset: Pick<Dataset, "name">;
  readonly version: DatasetVersion;
  /** Labelled examples of each label, in the order of the version's labels. */
  readonly counts: {
    readonly train: readonly number[];
    readonly validation: readonly number[];
    readonly test: readonly number[];
  };
  readonly output: TrainOutput;
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** What a card says of a trained model. It holds no time, so that the same run gives the same card. */
export function buildCard({ name, recipe, seed, dataset, version, counts, output }: CardInput): ModelCard {
  const { labels } = version;
  const { settings } = output;
  return {
    format: 1,
    name,
    task: recipe.task,
    description: output.description,
    labels,
    data: {
      dataset: dataset.name,
      version: version.id,
      number: version.number,
      digest: version.digest,
      testDigest: version.testDigest,
      examples: { train: sum(counts.train), validation: sum(counts.validation), test: sum(counts.test) },
      classes: labels.map((label, k) => ({
        label,
        train: counts.train[k] ?? 0,
        validation: counts.validation[k] ?? 0,
        test: counts.test[k] ?? 0,
      })),
    },
    training: {
      recipe: recipe.name,
      settings,
      seed,
      parameters: output.parameters,
      epochs: output.curves.length,
      bestEpoch: output.bestEpoch,
      temperature: output.temperature,
      fireDrill:
        recipe.fire_drill === null
          ? null
          : "the training labels were shuffled on purpose; this model must not be used.",
    },
    evaluation: cardEvaluation(output.test.assessment),
    intendedUse: [
      `Inputs like those of the dataset "${dataset.name}": same source, same kind, same time.`,
      "Decisions that a person can look at again, above all where the model is unsure.",
    ],
    limits: limitsOf(output.test.assessment, output),
  };
}

export function cardEvaluation(assessment: Assessment): CardEvaluation {
  if (!isClassifierAssessment(assessment)) {
    const { metrics, baselines } = assessment;
    return { split: "test", ...metrics, baselines };
  }
  const { metrics, baselines, slices } = assessment;
  return {
    split: "test",
    ...metrics,
    baselines: baselines.map(({ name, accuracy, macroF1 }) => ({ name, accuracy, macroF1 })),
    slices,
  };
}

/** Limits that hold for every such model, and those that this evaluation shows. */
function limitsOf(assessment: Assessment, { limits }: TrainOutput): string[] {
  const { examples } = assessment.metrics;
  const common = [...limits, `Its figures come from ${examples} test examples; others than these may fare worse.`];
  const unbeaten = unbeatenBy(assessment);
  if (unbeaten.length > 0) common.push(`It is not better than ${unbeaten.join(" and ")} on this split.`);
  if (!isClassifierAssessment(assessment)) return common;
  const tooSure = assessment.slices
    .filter(({ confidence = 0, accuracy }) => confidence > accuracy.high)
    .map(({ name }) => name);
  const weak = assessment.slices.filter(({ isWeak }) => isWeak).map(({ name }) => name);
  return [
    ...common,
    assessment.metrics.refusal
      ? "It refuses where it is unsure; it can be sure of what belongs to none of its labels all the same."
      : "It always answers with one of its labels, also for what belongs to none of them.",
    "Whoever wants to fool it can find inputs that do.",
    ...(weak.length > 0 ? [`It is weaker than on the whole in: ${weak.join(", ")}.`] : []),
    ...(tooSure.length > 0 ? [`Its probabilities are too high in: ${tooSure.join(", ")}.`] : []),
  ];
}

/** Names of the baselines that are as good as the model or better: by accuracy, or by the main figure. */
function unbeatenBy(assessment: Assessment): string[] {
  if (isClassifierAssessment(assessment)) {
    const { metrics, baselines } = assessment;
    return baselines.filter(({ accuracy }) => accuracy.value >= metrics.accuracy.value).map(({ name }) => name);
  }
  const [main] = assessment.metrics.figures;
  if (!main) return [];
  const sign = main.better === "higher" ? 1 : -1;
  return assessment.baselines.flatMap(({ name, figures }) => {
    const same = figures.find((figure) => figure.name === main.name);
    return same && sign * same.estimate.value >= sign * main.estimate.value ? [name] : [];
  });
}
