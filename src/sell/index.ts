export { accountKinds, accountOf } from "./accounts.ts";
export { type Period, monthOf, ordinalAt } from "./calendar.ts";
export { type CloseInput, type CloseOutcome, closePeriod, dueSubscriptions, previewInvoice } from "./close.ts";
export {
  type Component,
  assertComponents,
  chargeOf,
  chargeOfLast,
  marginalCharge,
  parseComponents,
} from "./component.ts";
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
export { type InvoicePlan, type PeriodFacts, type PlannedLine, planInvoice } from "./invoice-plan.ts";
export { type Invoice, type InvoiceOf, type Scope, getInvoice, listInvoices } from "./invoice.ts";
export type { AlsoPost, IssuedFacts, RevenueShare } from "./issue.ts";
export {
  type Entitlement,
  type Key,
  type KeyGrant,
  type NewKey,
  type Party,
  authenticate,
  createKey,
  getKey,
  listKeys,
  partyFor,
  revokeKey,
} from "./key.ts";
export { type Page, type PageAsk, limitOf, pageOf } from "./page.ts";
export { type NewPayment, receivePayment } from "./payment.ts";
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
export { type Price, marginalPrice, priceOf } from "./price.ts";
export { type Product, createProduct, getProduct, listProducts } from "./product.ts";
export { type DayUsage, type PeriodUsage, type UsageEvent, getUsageEvent, usageByDay, usageByPeriod } from "./reads.ts";
export { type InvoiceView, money, numberOf, renderInvoice } from "./render.ts";
export {
  type NewSubscription,
  type Subscription,
  createSubscription,
  getSubscription,
  listSubscriptions,
} from "./subscription.ts";
export type { SellTables } from "./tables.ts";
export { type AdmitInput, type Admission, admitUnit, admitUsage } from "./admit.ts";
export { type ReleaseInput, releaseExpiredHolds, releaseUnit, releaseUsage, sweepHolds } from "./release.ts";
export { type SettleInput, type Settlement, settleUnit, settleUsage } from "./settle.ts";
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
export { usageEventOf } from "./usage-event.ts";
export { type PricedUnits, pricedUnits } from "./sums.ts";
export { verifySell } from "./verify.ts";
