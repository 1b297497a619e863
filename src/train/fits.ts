import type { Dataset, Kind, Target } from "../data/index.ts";
import { Refusal } from "../kernel/errors.ts";
import type { Task } from "../models/index.ts";

/** What a task learns from: examples of one kind and, of a table, labels of one sort. */
const needs: { readonly [T in Task]: { readonly kind: Kind; readonly target?: Target } } = {
  "text-classification": { kind: "text" },
  "language-model": { kind: "text" },
  "table-classification": { kind: "table", target: "class" },
  "table-regression": { kind: "table", target: "number" },
  "image-classification": { kind: "image" },
  "word-vectors": { kind: "text" },
};

/** The recipe to begin with for a dataset. */
export function recipeFor({ kind, table }: Pick<Dataset, "kind" | "table">): string {
  if (kind === "table") return table?.target === "number" ? "table-regression" : "table-classification";
  return kind === "image" ? "image-classification" : "text-classification";
}

/** Refuses a recipe that cannot learn from this dataset, and names one that can. */
export function refuseMisfit(task: Task, dataset: Pick<Dataset, "name" | "kind" | "table">): void {
  const { kind, target } = needs[task];
  const isRight = kind === dataset.kind && (target === undefined || dataset.table?.target === target);
  if (isRight && (target === undefined || dataset.table?.label !== undefined)) return;
  const holds =
    dataset.kind === "table"
      ? `rows of a table ${dataset.table?.label === undefined ? "without labels" : `whose label is a ${dataset.table.target}`}`
      : `${dataset.kind}s`;
  throw new Refusal("invalid_request", `The recipe is for ${task}, but "${dataset.name}" holds ${holds}.`, {
    param: "recipe",
    hint: `Take the recipe ${recipeFor(dataset)}.`,
  });
}
