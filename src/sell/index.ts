export { accountKinds, accountOf } from "./accounts.ts";
export { type Cycle, type Period, type Schedule, assertCycle, monthly, periodAt, periodOf } from "./calendar.ts";
export { type ChangeInput, type Proration, cancelSubscription, changePlan, resumeSubscription } from "./change.ts";
export {
  type CloseInput,
  type CloseManyInput,
  type CloseOutcome,
  closePeriod,
  closePeriods,
  dueBatches,
  dueSubscriptions,
  gatherPreview,
  previewInvoice,
} from "./close.ts";
export type { KeyBounds } from "./key-bounds.ts";
export { type ChangeKey, assertAddress, assertUnexpired, changeKey } from "./key-use.ts";
export { type QuotaThreshold, setKeyThresholds } from "./thresholds/key-quota.ts";
export {
  type Level,
  type LevelForm,
  levelForm,
  levelFormOf,
  levelFrom,
  percent,
  percentOf,
} from "./thresholds/level.ts";
export {
  type NewThreshold,
  type UsageThreshold,
  listThresholds,
  removeThreshold,
  setThreshold,
} from "./thresholds/threshold.ts";
export { type IssueItemsInput, issueItems } from "./issue-items.ts";
export { type Collection } from "./collect/collection.ts";
export { type DunningReport, runDunning } from "./collect/dunning.ts";
export { type Ageing, type Allocation, allocationsOf, collectionsOf, receivableAgeing } from "./collect/reads.ts";
export { writeOffInvoice } from "./collect/write-off.ts";
export { type BillingEvent, type EventKind, eventKinds, listEvents } from "./event.ts";
export { type AppliedState, applyProviderEvent } from "./payments/apply.ts";
export { manualProvider } from "./payments/manual.ts";
export type { ChargeAsk, ChargeOutcome, PaymentProvider, ProviderEvent } from "./payments/provider.ts";
export { type Reconciliation, type StatementLine, reconcilePayments } from "./payments/reconcile.ts";
export { type StripeSettings, stripeProvider } from "./payments/stripe.ts";
export { type TakeBack, refundPayment } from "./payments/take-back.ts";
export { type SendMessage, webhookJobs } from "./webhooks/deliver.ts";
export { messageSender } from "./webhooks/send.ts";
export { isSigned, signatureHeader } from "./webhooks/signature.ts";
export {
  type Delivery,
  type NewWebhook,
  type Webhook,
  createWebhook,
  enableWebhook,
  getWebhook,
  listDeliveries,
  listWebhooks,
  replayDelivery,
  rotateWebhookSecret,
} from "./webhooks/webhook.ts";
export { type Addon, type NewAddon, addAddon, endAddon, listAddons } from "./addon.ts";
export { type NewCreditCode, createCreditCode, redeemCreditCode } from "./credits/code.ts";
export { expireCredits } from "./credits/expire.ts";
export { type CreditGrant, type NewGrant, grantCredit, listGrants } from "./credits/grant.ts";
export {
  type TopUp,
  type WatchReport,
  setBalanceAlert,
  setPaymentMethod,
  setTopUp,
  watchBalances,
} from "./credits/watch.ts";
export { type Coupon, type Discount, type NewCoupon, createCoupon, listCoupons, redeemCoupon } from "./coupon.ts";
export {
  type InvoiceItem,
  type NewInvoiceItem,
  addInvoiceItem,
  getInvoiceItem,
  listInvoiceItems,
  removeInvoiceItem,
  services,
} from "./item.ts";
export { type Branding, accentInTheDark, changeBranding, getBranding } from "./branding.ts";
export { type BillingProfile, changeBillingProfile, getBillingProfile } from "./profile.ts";
export { type Seller, changeSeller, getSeller } from "./seller.ts";
export { type OwnTaxRate, addTaxRate, listTaxRates } from "./tax/own-rates.ts";
export { type TaxRate, builtInRates } from "./tax/rates.ts";
export {
  type Component,
  assertComponents,
  chargeOf,
  chargeOfLast,
  marginalCharge,
  parseComponents,
} from "./component.ts";
export type { CreditPart } from "./credit-plan.ts";
export { type CreditInput, type CreditOutcome, creditInvoice } from "./credit.ts";
export {
  type Customer,
  type CustomerBalance,
  type DataUse,
  type NewCustomer,
  type Terms,
  balanceOfCustomer,
  changeCreditLimit,
  changeDataUse,
  createCustomer,
  getCustomer,
  listCustomers,
  setCustomerPartner,
} from "./customer.ts";
export {
  type InvoiceFacts,
  type InvoicePlan,
  type PeriodFacts,
  type PlannedLine,
  planInvoice,
} from "./invoice-plan.ts";
export { type Invoice, type InvoiceOf, type Issued, type Scope, getInvoice, listInvoices } from "./invoice.ts";
export type { AlsoPost, IssuedFacts, RevenueShare } from "./issue.ts";
export {
  type Entitlement,
  type Key,
  type KeyGrant,
  type NewKey,
  type Party,
  authenticate,
  createKey,
  entitlementFor,
  getKey,
  listKeys,
  partyFor,
  revokeKey,
  rotateKey,
} from "./key.ts";
export { type DocumentFormat, type RenderAsk, renderDocument, renderDraft } from "./documents/of-invoice.ts";
export { type Language, type Service, languages } from "./documents/view.ts";
export { type ExplainAsk, type ExplainedEvent, type Explanation, explainInvoice, findInvoice } from "./explain.ts";
export { type Page, type PageAsk, limitOf, pageOf } from "./page.ts";
export { type NewPayment, type Payment, getPayment, listPayments, receivePayment } from "./payment.ts";
export {
  type NewPlan,
  type NewRateCard,
  type Plan,
  type Prices,
  type RateCard,
  addRateCard,
  createPlan,
  getPlan,
  listPlans,
  listRateCards,
} from "./plan.ts";
export { type Price, explainPrice, finalPriceOf, freeUnitsOf, marginalPrice, priceOf } from "./price.ts";
export {
  type ComponentForm,
  componentForm,
  priceForm,
  componentFormOf,
  componentFrom,
  parseComponentForms,
} from "./price-form.ts";
export { type Product, createProduct, getProduct, listProducts } from "./product.ts";
export {
  type ProductPage,
  type ProductPageInput,
  getProductPage,
  getShownPage,
  listShownPages,
  setProductPage,
} from "./product-page.ts";
export { type DayUsage, type PeriodUsage, type UsageEvent, getUsageEvent, usageByDay, usageByPeriod } from "./reads.ts";
export { type InvoiceView, money, numberOf, renderInvoice } from "./render.ts";
export {
  type NewSubscription,
  type Subscription,
  type SubscriptionChange,
  type SubscriptionState,
  createSubscription,
  getSubscription,
  listSubscriptions,
  subscriptionHistory,
  subscriptionState,
} from "./subscription.ts";
export type { SellTables } from "./tables.ts";
export { type AdmitInput, type Admission, admitUnit, admitUsage } from "./admit.ts";
export { type ReleaseInput, releaseExpiredHolds, releaseUnit, releaseUsage, sweepHolds } from "./release.ts";
export {
  type LeaseInput,
  type LeaseOutcome,
  countWanted,
  leaseOwner,
  leaseUnit,
  renewLeases,
  renewUnit,
  shrinkLease,
  shrinkUnit,
  takeLease,
  wantUnit,
  wantedLeases,
} from "./lease.ts";
export {
  type Budget,
  type BudgetInput,
  type BudgetSpending,
  assertEndUser,
  budgetSpending,
  endBudget,
  getBudget,
  hasKeyBudget,
  listBudgets,
  setBudget,
} from "./budgets/budget.ts";
export type { Apart } from "./budgets/hold.ts";
export { type BudgetScope, budgetCycles, budgetModes, budgetScopes } from "./budgets/tables.ts";
export {
  type Rate,
  type RateAsk,
  type RateChange,
  type RateLimits,
  type RateReturn,
  type RateShare,
  type RateUnit,
  rateUnitsIn,
  returnRatesUnit,
  setCustomerLimits,
  setKeyLimits,
  setPlanLimits,
  takeRateUnit,
  wantedRates,
} from "./rates.ts";
export { type SettleInput, type Settlement, settleMany, settleUnit, settleUsage } from "./settle.ts";
export {
  type MeteredUnit,
  type Quantities,
  addQuantities,
  answersIn,
  countsOf,
  meteredUnits,
  parseQuantities,
  wordsOf,
} from "./units.ts";
export { type SimulatedCustomer, type Simulation, type SimulationAsk, simulatePrices } from "./simulate.ts";
export { type TickReport, runBilling } from "./tick.ts";
export { usageEventOf } from "./usage-event.ts";
export { type UsageDay, usageDays } from "./usage/days.ts";
export { type ExplainedUsage, explainUsage } from "./usage/explain-event.ts";
export { type PricedEvent, type UsageFilter, allUsage, listUsage } from "./usage/explore.ts";
export { type PricedUnits, pricedUnits } from "./sums.ts";
export { verifySell } from "./verify.ts";
