export { type CompletionRequest, handleCompletion } from "./completion.ts";
export {
  type Gateway,
  type GatewayMetrics,
  type GatewayOptions,
  type Outcome,
  authorizeRequest,
  openGateway,
} from "./gateway.ts";
export { type Answered, type PredictionAnswer, handlePrediction } from "./paid-request.ts";
export type { PredictionRequest } from "./request.ts";
export { verifyServing } from "./verify.ts";
