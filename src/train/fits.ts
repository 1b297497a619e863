import { type Dataset, type DatasetVersion, type Kind, type Target, isForLabelling, nounsOf } from "../data/index.ts";
import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import { type JudgedTask, type Task, isClassifier } from "../models/index.ts";

/** What a task learns from: examples of one kind and, of a table, labels of one sort. */
const needs: { readonly [T in JudgedTask]: { readonly kind: Kind; readonly target?: Target } } = {
  "text-classification": { kind: "text" },
  "language-model": { kind: "text" },
  "table-classification": { kind: "table", target: "class" },
  "table-regression": { kind: "table", target: "number" },
  "image-classification": { kind: "image" },
  "word-vectors": { kind: "text" },
};

/** Refusal `invalid_request` for a model that gives vectors. */
export function assertJudged(task: Task): asserts task is JudgedTask {
  if (task !== "text-embedding") return;
  throw new Refusal("invalid_request", "A model that gives vectors is not evaluated: a vector has no right answer.", {
    param: "model",
    hint: "Train the recipe text-encoder or text-nearest on it, and evaluate that.",
  });
}

/** The recipe to begin with for a dataset. */
export function recipeFor({ kind, table }: Pick<Dataset, "kind" | "table">): string {
  if (kind === "table") return table?.target === "number" ? "table-regression" : "table-classification";
  return kind === "image" ? "image-classification" : "text-classification";
}

/** Refuses a recipe that cannot learn from this dataset, and names one that can. */
export function refuseMisfit(task: JudgedTask, dataset: Pick<Dataset, "name" | "kind" | "table">): void {
  const { kind, target } = needs[task];
  const isRight = kind === dataset.kind && (target === undefined || dataset.table?.target === target);
  if (isRight && (target === undefined || dataset.table?.label !== undefined)) return;
  const holds =
    dataset.kind === "table"
      ? `rows of a table ${dataset.table?.label === undefined ? "without labels" : `whose label is a ${dataset.table.target}`}`
      : nounsOf[dataset.kind];
  throw new Refusal("invalid_request", `The recipe is for ${task}, but "${dataset.name}" holds ${holds}.`, {
    param: "recipe",
    hint: isForLabelling(dataset.kind)
      ? "No recipe learns from them: label them, and export them for a program that does."
      : `Take the recipe ${recipeFor(dataset)}.`,
  });
}

/** How many examples there are to learn from. */
export interface Amounts {
  /** Of each split that is needed. */
  readonly splits: Readonly<Record<string, number>>;
  /** Training examples of each label, in the order of the version's labels. */
  readonly perLabel: readonly number[];
}

/** Every split needs an example; a classifier two labels, and of each enough to learn from. */
export function refuseUntrainable(
  task: Task,
  { labels, number }: Pick<DatasetVersion, "labels" | "number">,
  { splits, perLabel }: Amounts,
): void {
  const refuse = (message: string, hint: string): never => {
    throw new Refusal("invalid_data", message, { param: "dataset_version", hint });
  };
  for (const [split, count] of Object.entries(splits)) {
    if (count > 0) continue;
    refuse(
      `The ${split} split of version ${number} holds no ${labels.length > 0 ? "labelled " : ""}example.`,
      "Import more examples: a split gets its share of them by chance.",
    );
  }
  if (!isClassifier(task)) return;
  if (labels.length === 0) {
    refuse(`The examples of version ${number} have no labels.`, "Import them with labels, or train a language model.");
  }
  if (labels.length < 2) {
    refuse(
      `All examples of version ${number} have the label "${labels[0] ?? ""}": there is nothing to tell apart.`,
      "Import examples of a second label.",
    );
  }
  const least = limits.trainExamplesPerLabelMin;
  const short = labels.filter((_, k) => (perLabel[k] ?? 0) < least);
  if (short.length > 0) {
    const shown = short.slice(0, 5).map((label) => `"${label}" ${perLabel[labels.indexOf(label)] ?? 0}`);
    refuse(
      `Each label needs at least ${least} training examples, but there are: ${shown.join(", ")}${short.length > 5 ? ", …" : ""}.`,
      "Import more examples of these labels, or leave the labels out.",
    );
  }
}
