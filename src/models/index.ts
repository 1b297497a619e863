export type { CardData, CardEvaluation, CardTraining, ModelCard } from "./card.ts";
export { type ModelComparison, compareModels } from "./compare.ts";
export { type Exported, exportModel } from "./export-folder.ts";
export type { Computation, Estimate, Lineage, Model, ModelBundle, ModelFiles, ModelSummary, Task } from "./model.ts";
export { type Answer, type Predictor, type Scorer, openPredictor, openScorer } from "./predictor.ts";
export {
  type NewModel,
  type NewModelInput,
  type Page,
  getModel,
  insertModel,
  listModels,
  loadBundle,
  prepareModel,
  registerModel,
} from "./registry.ts";
export { renderCard } from "./render-card.ts";
export { renderComparison, renderModels } from "./render.ts";
export type { ModelTables } from "./tables.ts";
export { type TextFeatures, type TextPreprocessing, textFeatures } from "./text-features.ts";
