import * as billing from "./commands/billing.ts";
import * as budget from "./commands/budgets.ts";
import * as channel from "./commands/channel.ts";
import * as credits from "./commands/credits.ts";
import * as data from "./commands/data.ts";
import * as encoders from "./commands/encoders.ts";
import * as endpoints from "./commands/endpoints.ts";
import { generateText } from "./commands/generate.ts";
import { explain } from "./commands/explain.ts";
import * as limit from "./commands/limits.ts";
import * as loop from "./commands/loop.ts";
import * as models from "./commands/models.ts";
import * as money from "./commands/money.ts";
import { predict } from "./commands/predict.ts";
import * as revenue from "./commands/revenue.ts";
import * as review from "./commands/review.ts";
import * as routes from "./commands/routes.ts";
import * as search from "./commands/search.ts";
import * as sell from "./commands/sell.ts";
import * as setup from "./commands/setup.ts";
import * as subscriptions from "./commands/subscriptions.ts";
import * as team from "./commands/team.ts";
import * as branding from "./commands/branding.ts";
import * as retention from "./commands/retention.ts";
import * as thresholds from "./commands/thresholds.ts";
import * as train from "./commands/train.ts";
import * as upstreams from "./commands/upstreams.ts";
import * as webhooks from "./commands/webhooks.ts";
import type { Command } from "./command.ts";

export type { CliApp, RunningServer, World } from "./app.ts";
export { type CliDeps, runCli } from "./run.ts";
export { type Terminal, systemTerminal } from "./terminal.ts";

/** Every command, in the order of the wheel. */
export const commands: readonly Command[] = [
  setup.init,
  data.datasetImport,
  data.datasetShow,
  data.datasetList,
  data.datasetDiff,
  data.datasetExport,
  data.datasetFind,
  data.datasetForget,
  encoders.encoderImport,
  encoders.encoderList,
  encoders.encoderPublish,
  train.recipeList,
  train.recipeShow,
  train.runStart,
  train.runWatch,
  train.runShow,
  train.runList,
  train.runCancel,
  search.runCrossValidate,
  search.runLearningCurve,
  search.runSearch,
  search.searchShow,
  search.searchWatch,
  search.searchList,
  search.searchCancel,
  models.modelList,
  models.modelShow,
  models.evaluationShow,
  models.modelCompare,
  models.modelQuantize,
  models.modelExport,
  endpoints.endpointDeploy,
  endpoints.endpointRollBack,
  endpoints.endpointRetire,
  endpoints.endpointShow,
  endpoints.endpointList,
  upstreams.upstreamCreate,
  upstreams.upstreamCheck,
  upstreams.upstreamAddModel,
  upstreams.upstreamPrice,
  upstreams.upstreamChange,
  upstreams.upstreamShow,
  upstreams.upstreamList,
  routes.routeSet,
  routes.routeShow,
  routes.routeList,
  routes.routeRemove,
  predict,
  explain,
  generateText,
  sell.productCreate,
  sell.productList,
  routes.productGateway,
  routes.productCaptures,
  sell.planCreate,
  sell.planList,
  limit.planLimit,
  channel.partnerCreate,
  channel.partnerList,
  sell.customerCreate,
  sell.customerList,
  limit.customerLimit,
  sell.subscriptionCreate,
  sell.subscriptionList,
  subscriptions.subscriptionShow,
  subscriptions.subscriptionChange,
  subscriptions.subscriptionCancel,
  subscriptions.subscriptionResume,
  subscriptions.addonAdd,
  subscriptions.addonEnd,
  branding.brandingShow,
  branding.brandingSet,
  retention.retentionList,
  retention.retentionSet,
  thresholds.thresholdAdd,
  thresholds.thresholdList,
  thresholds.thresholdRemove,
  subscriptions.couponCreate,
  subscriptions.couponRedeem,
  subscriptions.couponList,
  sell.keyCreate,
  sell.keyList,
  sell.keyRevoke,
  limit.keyLimit,
  thresholds.keyThreshold,
  budget.budgetSet,
  budget.budgetList,
  budget.budgetEnd,
  setup.serve,
  setup.operatorKeyCreate,
  team.userCreate,
  team.userList,
  team.signInLink,
  review.reviewList,
  review.reviewSettle,
  review.reviewQueue,
  review.reviewApply,
  loop.loopTurn,
  loop.loopJudge,
  loop.loopTrigger,
  loop.verdictList,
  billing.sellerSet,
  billing.customerBilling,
  billing.taxRateAdd,
  billing.itemAdd,
  money.invoiceClose,
  money.invoiceList,
  money.invoiceShow,
  billing.invoiceWrite,
  billing.invoiceExplain,
  money.invoiceCredit,
  billing.invoiceWriteOff,
  sell.paymentReceive,
  billing.paymentList,
  billing.paymentRefund,
  billing.paymentReconcile,
  credits.creditGrant,
  credits.creditList,
  credits.creditCode,
  money.balanceShow,
  credits.balanceWatch,
  credits.billingRun,
  channel.statementShow,
  money.report,
  billing.receivables,
  revenue.revenue,
  revenue.priceSimulate,
  webhooks.webhookCreate,
  webhooks.webhookList,
  webhooks.webhookDeliveries,
  webhooks.webhookReplay,
  webhooks.eventList,
  money.doctor,
  setup.configShow,
];
