export type { Assessment, Baseline } from "./assess.ts";
export { type BootstrapOptions, bootstrap, quantile } from "./bootstrap.ts";
export { type EvaluationDeps, type EvaluationSubject, evaluateModel } from "./evaluate-model.ts";
export {
  type EvaluatedSplit,
  type Evaluation,
  getEvaluation,
  listEvaluations,
  loadScored,
  summaryOf,
} from "./evaluation.ts";
export { type ClassMetrics, type Metrics, measure } from "./metrics.ts";
export { type PairedComparison, comparePaired, mcnemarExact } from "./paired.ts";
export { type Recipe, parseRecipe, recipeDigest, recipeSchema, withFireDrill } from "./recipe.ts";
export { type RecipeEntry, getRecipe, recipes } from "./recipes.ts";
export { renderConfusion, renderEvaluation } from "./render-evaluation.ts";
export { renderPaired } from "./render-paired.ts";
export { renderCurves, renderRecipe, renderRecipes, renderRun, renderRuns } from "./render-run.ts";
export { type TrainDeps, trainJobs } from "./run-job.ts";
export { type CurvePoint, type Run, type RunFacts, type TrainingProgress, hasEnded } from "./run.ts";
export {
  type NewRun,
  type WatchOptions,
  cancelRun,
  getRun,
  listRuns,
  startRun,
  startRunIn,
  trainJobKind,
  watchRun,
} from "./runs.ts";
export type { ScoredExamples } from "./scored.ts";
export { type Slice, wilson } from "./slices.ts";
export type { TrainTables } from "./tables.ts";
