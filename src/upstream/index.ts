export { isPrivateAddress } from "./address.ts";
export type { Breaker } from "./breaker.ts";
export {
  type NewUpstream,
  type Upstream,
  type UpstreamChange,
  changeUpstream,
  createUpstream,
  getUpstream,
  listUpstreams,
} from "./definition.ts";
export { estimateInput, estimateTokens, inputTokensMost } from "./estimate.ts";
export { TryFailed, refusalOf, sentenceOf } from "./failure.ts";
export type { ForwardRequest, Forwarded } from "./forward.ts";
export { type UpstreamHealth, listUpstreamHealth } from "./health.ts";
export type { LiveRoute, LiveTarget } from "./live-routes.ts";
export {
  type NewUpstreamModel,
  type UpstreamApi,
  type UpstreamModel,
  addUpstreamModel,
  apiPaths,
  getUpstreamModel,
  listUpstreamModels,
  upstreamApis,
} from "./model.ts";
export {
  type NewUpstreamRateCard,
  type UpstreamPrices,
  type UpstreamRateCard,
  addUpstreamRateCard,
  costOf,
  listUpstreamRateCards,
} from "./rate-card.ts";
export type { Heard, MessageStream } from "./relay-stream.ts";
export { type ChatToResponse, answerFromChat, responseWriter } from "./responses/answer.ts";
export { chatRequestOf } from "./responses/request.ts";
export {
  type NewRoute,
  type RoutePolicy,
  type RouteTarget,
  type UpstreamRoute,
  defaultPolicy,
  getRoute,
  listRoutes,
  removeRoute,
  setRoute,
} from "./route.ts";
export { type Json, type MeteredTokens, type ToldUsage, type TokenCounts, isObject, meterTokens } from "./usage.ts";
export {
  type UpstreamCheck,
  type Upstreams,
  type UpstreamsOptions,
  checkUpstream,
  openUpstreams,
} from "./upstreams.ts";
