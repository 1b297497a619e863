import type { Queries } from "../store/index.ts";
import type { Model, ModelFiles } from "./model.ts";
import { getModel } from "./registry.ts";

/** Models side by side. Their figures compare only where the test split is the same; see `train` for paired tests. */
export interface ModelComparison {
  readonly models: readonly Model[];
  /** Files that are not the same in all of them. */
  readonly differ: readonly (keyof ModelFiles)[];
  readonly sameLabels: boolean;
}

export async function compareModels(db: Queries, ids: readonly string[]): Promise<ModelComparison> {
  const models = await Promise.all(ids.map((id) => getModel(db, id)));
  const names = ["onnx", "preprocessing", "labels", "decision", "card"] as const;
  const differ = names.filter((name) => new Set(models.map(({ files }) => files[name])).size > 1);
  return { models, differ, sameLabels: !differ.includes("labels") };
}
