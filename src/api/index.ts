import { authRoutes } from "./routes/auth.ts";
import { billingRoutes } from "./routes/billing.ts";
import { budgetRoutes } from "./routes/budgets.ts";
import { chatTrialRoutes } from "./routes/chat-trials.ts";
import { catalogRoutes } from "./routes/catalog.ts";
import { creditRoutes } from "./routes/credits.ts";
import { customerRoutes } from "./routes/customer.ts";
import { customersRoutes } from "./routes/customers.ts";
import { dataBrowsingRoutes } from "./routes/data-browsing.ts";
import { dataRoutes } from "./routes/data.ts";
import { doctorRoutes } from "./routes/doctor.ts";
import { doorRoutes } from "./routes/doors.ts";
import { endpointRoutes } from "./routes/endpoints.ts";
import { importRoutes } from "./routes/imports.ts";
import { gatewayPolicyRoutes } from "./routes/gateway-policies.ts";
import { experimentRoutes } from "./routes/experiments.ts";
import { evidenceRoutes } from "./routes/evidence.ts";
import { encoderRoutes } from "./routes/encoders.ts";
import { explainRoutes } from "./routes/explain.ts";
import { lineageRoutes } from "./routes/lineage.ts";
import { limitRoutes } from "./routes/limits.ts";
import { learningRoutes } from "./routes/learning.ts";
import { liveRoutes } from "./routes/live.ts";
import { loopRoutes } from "./routes/loop.ts";
import { moneyRoutes } from "./routes/money.ts";
import { partnerPlaneRoutes } from "./routes/partner-plane.ts";
import { paymentRoutes } from "./routes/payments.ts";
import { keyRoutes } from "./routes/keys.ts";
import { portalRoutes } from "./routes/portal.ts";
import { portalLinkRoutes } from "./routes/portal-links.ts";
import { publicRoutes } from "./routes/public.ts";
import { pricePreviewRoutes } from "./routes/price-preview.ts";
import { ownFailureRoutes, requestFailureRoutes } from "./routes/request-failures.ts";
import { brandingRoutes } from "./routes/branding.ts";
import { retentionRoutes } from "./routes/retention.ts";
import { revenueRoutes } from "./routes/revenue.ts";
import { secondFactorRoutes } from "./routes/second-factors.ts";
import { reviewingRoutes } from "./routes/reviewing.ts";
import { searchRoutes } from "./routes/searches.ts";
import { subscriptionRoutes } from "./routes/subscriptions.ts";
import { teamRoutes } from "./routes/team.ts";
import { thresholdRoutes } from "./routes/thresholds.ts";
import { trainingRoutes } from "./routes/training.ts";
import { upstreamsRoutes } from "./routes/upstreams.ts";
import { watchEndpointRoutes } from "./routes/watch-endpoints.ts";
import { usageEventRoutes } from "./routes/usage-events.ts";
import { webhookRoutes } from "./routes/webhooks.ts";
import { portalPlane, withAccountAudit } from "./planes.ts";
import { channelRoutes } from "./routes/channels.ts";
import { findRoutes } from "./routes/find.ts";
import { wheelRoutes } from "./routes/wheel.ts";
import type { Route } from "./route.ts";

export type { ApiDeps } from "./deps.ts";
export { type Live, openLive } from "./live.ts";
export { type Metrics, createMetrics } from "./metrics.ts";
export { createOperatorKey, revokeOperatorKey } from "./operators.ts";
export { buildServer } from "./server.ts";

/** A customer's account, by key and by session. */
const accountRoutes = [
  ...customerRoutes,
  ...portalRoutes,
  ...keyRoutes,
  ...thresholdRoutes,
  ...creditRoutes,
  ...webhookRoutes,
  ...ownFailureRoutes,
].map(withAccountAudit);

/** Every route of all planes, in the order of the reference page. */
export const allRoutes: readonly Route[] = [
  ...accountRoutes,
  ...doorRoutes,
  ...dataRoutes,
  ...dataBrowsingRoutes,
  ...importRoutes,
  ...trainingRoutes,
  ...searchRoutes,
  ...evidenceRoutes,
  ...encoderRoutes,
  ...lineageRoutes,
  ...explainRoutes,
  ...endpointRoutes,
  ...reviewingRoutes,
  ...watchEndpointRoutes,
  ...requestFailureRoutes,
  ...experimentRoutes,
  ...learningRoutes,
  ...loopRoutes,
  ...wheelRoutes,
  ...findRoutes,
  ...upstreamsRoutes,
  ...chatTrialRoutes,
  ...catalogRoutes,
  ...pricePreviewRoutes,
  ...gatewayPolicyRoutes,
  ...customersRoutes,
  ...limitRoutes,
  ...budgetRoutes,
  ...subscriptionRoutes,
  ...billingRoutes,
  ...paymentRoutes,
  ...channelRoutes,
  ...moneyRoutes,
  ...doctorRoutes,
  ...revenueRoutes,
  ...usageEventRoutes,
  ...teamRoutes,
  ...portalLinkRoutes,
  ...portalPlane(accountRoutes),
  ...partnerPlaneRoutes,
  ...authRoutes,
  ...liveRoutes,
  ...retentionRoutes,
  ...brandingRoutes,
  ...secondFactorRoutes,
  ...publicRoutes,
];
