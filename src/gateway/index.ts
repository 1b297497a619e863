export { type CompletionRequest, handleCompletion } from "./completion.ts";
export { type EmbeddingRequest, type Embedded, handleEmbedding, numbersOf } from "./embedding.ts";
export { type FailureReason, type FailureStep, failuresOfCustomer, failuresOfEndpoint } from "./failures/kept.ts";
export { type FailureCode, openFailures } from "./failures/tally.ts";
export {
  type Gateway,
  type GatewayMetrics,
  type GatewayOptions,
  type Outcome,
  authorizeRequest,
  openGateway,
} from "./gateway.ts";
export { type Answered, type PredictionAnswer, handlePrediction } from "./paid-request.ts";
export type { RateState } from "./rates.ts";
export { type Capture, listCaptures } from "./relay/capture.ts";
export {
  type CacheBilling,
  type GatewayPolicy,
  getGatewayPolicy,
  openPolicy,
  setGatewayPolicy,
} from "./relay/policy.ts";
export { type RelayRequest, type Relayed, handleRelay } from "./relay/relay.ts";
export { doneText, eventText } from "./relay/rewrite.ts";
export type { Delivery } from "./relay/stream.ts";
export type { PredictionRequest } from "./request.ts";
export { verifyServing } from "./verify.ts";
export { type ChatTrial, askChatTrial } from "./trials/chat-trial.ts";
export { chatTrialCosts } from "./trials/kept.ts";
export { type Trial, type TrialAsk, answerTrial } from "./trial.ts";
