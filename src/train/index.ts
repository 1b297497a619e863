export { type Assessment, type Baseline, isClassifierAssessment } from "./assess.ts";
export { studentQuantile } from "./distributions.ts";
export type { BootstrapOptions } from "./bootstrap.ts";
export { type AnsweredExample, type ExampleAnswer, listAnswers, outcomes } from "./example-answers.ts";
export { type EvaluationDeps, type EvaluationSubject, evaluateModel } from "./evaluate-model.ts";
export { type EvaluatedSplit, type Evaluation, getEvaluation, listEvaluations, loadScored } from "./evaluation.ts";
export type { ClassMetrics, Metrics } from "./metrics.ts";
export { type Comparison, type PairedComparison, compareClassifiers, comparePaired, mcnemarExact } from "./paired.ts";
export { type Quantized, quantizeModel } from "./quantize-model.ts";
export { type Recipe, parseRecipe, recipeDigest, recipeJsonSchema, recipeSchema, withFireDrill } from "./recipe.ts";
export { recipeFor } from "./fits.ts";
export { type RecipeEntry, getRecipe, recipes } from "./recipes.ts";
export { renderConfusion, renderEvaluation } from "./render-evaluation.ts";
export { renderPaired } from "./render-paired.ts";
export { renderCurves, renderRecipe, renderRecipes, renderRun, renderRuns } from "./render-run.ts";
export { type TrainDeps, trainJobs } from "./run-job.ts";
export type { CurvePoint, Run, RunFacts, TrainingProgress } from "./run.ts";
export { type NewRun, cancelRun, getRun, listRuns, startRun, startRunIn, watchRun } from "./runs.ts";
export type { LossComparison, ScoredLosses } from "./losses.ts";
export type { Scored, ScoredExamples } from "./scored.ts";
export type { Slice } from "./slices.ts";
export type { TrainTables } from "./tables.ts";
export type { WatchOptions } from "./watch.ts";
export { renderSearch, renderSearches } from "./searches/render-search.ts";
export type { Search, SearchOutcome, SearchProgress, SearchSpec } from "./searches/search.ts";
export { recipeOf, searchJobs } from "./searches/search-job.ts";
export {
  type NewSearch,
  type SearchWanted,
  cancelSearch,
  getSearch,
  listSearches,
  listTrials,
  startSearch,
  watchSearch,
} from "./searches/searches.ts";
export type { EndedTrial } from "./searches/trial.ts";
export { type LabelAudit, type LabelDoubt, auditLabels, findLabelAudit } from "./label-errors/audit.ts";
