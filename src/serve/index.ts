export { deploy, retire, rollBack } from "./deploy.ts";
export { type ReleaseList, getEndpoint, listEndpoints, listReleases } from "./endpoints.ts";
export {
  type Generation,
  type LoadedModel,
  type Predictors,
  type WriteOptions,
  inferenceWorker,
} from "./inference-worker.ts";
export {
  type KeptAnswer,
  type PredictionOutput,
  type RelayedOutput,
  type TextOutput,
  type VectorsOutput,
  certaintyOf,
  labelOf,
  outputOf,
  probabilityOf,
} from "./output.ts";
export {
  type AnsweringModel,
  type AnsweringSource,
  type Prediction,
  findPredictionByRequest,
  getPrediction,
  getPredictionOfAnyCustomer,
  listPredictions,
  listPredictionsOfAnyCustomer,
  recordPrediction,
  recordPredictions,
} from "./predictions.ts";
export type { Challenger, Champion, Endpoint, LiveRelease, Release, ReleaseRole, Retired, Shadow } from "./release.ts";
export {
  type Deployment,
  type Retirement,
  type RollBack,
  deployRelease,
  retireRelease,
  rollBackRelease,
} from "./release-units.ts";
export { type AnsweringRelease, type Route, routeRequest, shadowsOf } from "./routing.ts";
export {
  type Embedding,
  type Inference,
  type Serving,
  type ServingOptions,
  type ServingStats,
  type Target,
  openServing,
} from "./serving.ts";
export type { PredictionRow, ServeTables } from "./tables.ts";
export { type Traffic, trafficOf } from "./traffic.ts";
