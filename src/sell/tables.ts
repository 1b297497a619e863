import type { Id } from "../kernel/ids.ts";
import type { Currency, Nanos } from "../kernel/money.ts";
import type { BudgetRow, BudgetWindowRow } from "./budgets/tables.ts";
import type { Language, LineAbout, Service } from "./documents/view.ts";
import type {
  AllocationRow,
  CollectionRow,
  EventRow,
  PaymentRow,
  WebhookDeliveryRow,
  WebhookRow,
} from "./tables-paid.ts";
import type { MeteredUnit } from "./units.ts";

/** Rows as they are stored, for Kysely. */
export interface SellTables {
  products: ProductRow;
  plans: PlanRow;
  rate_cards: RateCardRow;
  customers: CustomerRow;
  api_keys: KeyRow;
  subscriptions: SubscriptionRow;
  usage_periods: PeriodRow;
  usage_counters: CounterRow;
  usage_events: UsageEventRow;
  invoices: InvoiceRow;
  invoice_lines: InvoiceLineRow;
  subscription_changes: SubscriptionChangeRow;
  addons: AddonRow;
  coupons: CouponRow;
  invoice_items: InvoiceItemRow;
  collections: CollectionRow;
  allocations: AllocationRow;
  events: EventRow;
  webhooks: WebhookRow;
  webhook_deliveries: WebhookDeliveryRow;
  payments: PaymentRow;
  rate_windows: RateWindowRow;
  budgets: BudgetRow;
  budget_windows: BudgetWindowRow;
}

export interface ProductRow {
  id: Id<"product">;
  name: string;
  endpoint: string;
  created_at_ms: number;
}

export interface PlanRow {
  id: Id<"plan">;
  product: Id<"product">;
  name: string;
  currency: Currency;
  cycle: string;
  trial_days: number;
  offered: number;
  created_at_ms: number;
  requests_per_minute: number | null;
  tokens_per_minute: number | null;
}

export interface RateCardRow {
  id: Id<"rateCard">;
  plan: Id<"plan">;
  version: number;
  effective_at_ms: number;
  fee_nanos: Nanos;
  components: string;
  spend_cap_nanos: Nanos | null;
  /** `new`: only for those who come to the plan from then on. */
  applies_to: "all" | "new";
  created_at_ms: number;
}

export interface CustomerRow {
  id: Id<"customer">;
  name: string;
  currency: Currency;
  terms: "prepaid" | "postpaid";
  data_use: "none" | "improve";
  partner: Id<"partner"> | null;
  created_at_ms: number;
  requests_per_minute: number | null;
  tokens_per_minute: number | null;
  /** Of its calendar: its budgets' months and days. */
  time_zone: string;
  /** How they are to be counted; zero without any. */
  budgets: number;
  /** 1: has, or had, credit that is kept to some products. */
  kept: number;
}

export interface KeyRow {
  id: Id<"key">;
  customer: Id<"customer">;
  name: string;
  secret_hash: string;
  last_four: string;
  quota_units: number | null;
  used_units: number;
  held_units: number;
  created_at_ms: number;
  revoked_at_ms: number | null;
  /** Products it may be used for, as JSON; null for all. */
  products: string | null;
  /** Where it may be used from, as JSON; null for everywhere. */
  addresses: string | null;
  expires_at_ms: number | null;
  requests_per_minute: number | null;
  tokens_per_minute: number | null;
  /** JSON: QuotaThreshold[]; null without any. */
  quota_thresholds: string | null;
}

export interface RateWindowRow {
  bucket: Id<"subscription"> | Id<"key">;
  unit: "requests" | "tokens";
  start_ms: number;
  taken: number;
  wanted_at_ms: number | null;
}

export interface SubscriptionRow {
  id: Id<"subscription">;
  customer: Id<"customer">;
  product: Id<"product">;
  plan: Id<"plan">;
  anchor_ms: number;
  time_zone: string;
  /** The oldest period that is not closed. */
  next_ordinal: number;
  cycle: string;
  plan_since_ms: number;
  trial_ends_ms: number | null;
  /** The plan that takes over at the first period that starts at or after the instant. */
  next_plan: Id<"plan"> | null;
  next_plan_at_ms: number | null;
  ends_at_ms: number | null;
  created_at_ms: number;
}

export interface UsageThresholdRow {
  id: Id<"usageThreshold">;
  subscription: Id<"subscription">;
  level: string;
  set_by: "team" | "customer";
  created_at_ms: number;
}

export interface SubscriptionChangeRow {
  id: Id<"change">;
  subscription: Id<"subscription">;
  kind: "started" | "plan" | "cancelled" | "resumed";
  from_plan: Id<"plan"> | null;
  to_plan: Id<"plan"> | null;
  at_ms: number;
  proration: "prorated" | "full" | "next_period";
  recorded_at_ms: number;
}

export interface PeriodRow {
  id: Id<"period">;
  subscription: Id<"subscription">;
  ordinal: number;
  start_ms: number;
  end_ms: number;
  rate_card: Id<"rateCard">;
  fee_nanos: Nanos;
  components: string;
  spend_cap_nanos: Nanos | null;
  state: "open" | "closed";
  closed_at_ms: number | null;
  plan: Id<"plan">;
  /** The regular period that this one is, or is a part of. */
  whole_start_ms: number;
  whole_end_ms: number;
  /** The fee of a whole one. */
  whole_fee_nanos: Nanos;
  trial: number;
  /** Thresholds that it has not reached, as JSON. */
  watched: string | null;
  /** Whether its customer has budgets, which its usage must be counted in. */
  budgeted: number;
  /** Whether its customer has credit that is kept to some products. */
  kept: number;
}

/** What a period counts of one unit. */
export interface CounterRow {
  period: Id<"period">;
  unit: MeteredUnit;
  used: number;
  held: number;
  /** Of the used ones, those of an earlier period. */
  late: number;
}

export interface UsageEventRow {
  id: Id<"usageEvent">;
  prediction: Id<"prediction">;
  customer: Id<"customer">;
  api_key: Id<"key">;
  subscription: Id<"subscription">;
  period: Id<"period">;
  product: Id<"product">;
  rate_card: Id<"rateCard">;
  /** Its requests and predictions. */
  units: number;
  /** All that was counted, as JSON. */
  quantities: string;
  amount_nanos: Nanos;
  due_nanos: Nanos;
  cost_nanos: Nanos;
  model: string | null;
  release: string | null;
  partner: string | null;
  at_ms: number;
  recorded_at_ms: number;
  /** What posted it; null when it was free and cost nothing. */
  entry: Id<"entry"> | null;
  /** For which of the customer's own users, if it said so. */
  end_user: string | null;
}

export interface InvoiceRow {
  id: Id<"invoice"> | Id<"creditNote">;
  number: number;
  title: string;
  kind: "invoice" | "credit_note";
  customer: Id<"customer">;
  subscription: Id<"subscription"> | null;
  period: Id<"period"> | null;
  start_ms: number;
  end_ms: number;
  currency: Currency;
  total_nanos: Nanos;
  due_nanos: Nanos;
  tax_nanos: Nanos;
  tax: string;
  parties: string;
  carried_in_nanos: Nanos;
  carried_out_nanos: Nanos;
  credits: Id<"invoice"> | null;
  reason: string | null;
  pay_by_ms: number | null;
  issued_at_ms: number;
}

export interface InvoiceLineRow {
  invoice: Id<"invoice"> | Id<"creditNote">;
  position: number;
  kind: LineAbout["kind"];
  /** What was counted; null of a fee. */
  unit: MeteredUnit | null;
  description: string;
  units: number;
  late_units: number;
  exact_nanos: Nanos;
  amount_nanos: Nanos;
  about: string | null;
}

export interface AddonRow {
  id: Id<"addon">;
  subscription: Id<"subscription">;
  name: string;
  fee_nanos: Nanos;
  quantity: number;
  from_ms: number;
  until_ms: number | null;
  created_at_ms: number;
}

export interface CouponRow {
  id: Id<"coupon">;
  code: string;
  currency: Currency | null;
  percent_ppm: number | null;
  amount_nanos: Nanos | null;
  periods: number | null;
  redemptions_max: number | null;
  redeemed: number;
  expires_at_ms: number | null;
  created_at_ms: number;
}

export interface SellerRow {
  id: number;
  name: string | null;
  address: string;
  country: string | null;
  tax_id: string | null;
  registered_in: string;
  prices_include_tax: number;
  time_zone: string;
  language: Language;
  series: string;
  payment_days: number;
  terms: string | null;
  dunning_days: string;
}

export interface BillingProfileRow {
  customer: Id<"customer">;
  legal_name: string | null;
  address: string;
  email: string | null;
  country: string | null;
  tax_id: string | null;
  exempt: number;
  language: Language | null;
}

export interface TaxRateRow {
  id: Id<"taxRate">;
  country: string;
  name: string;
  parts_per_million: number;
  from_ms: number;
  created_at_ms: number;
}

export interface InvoiceItemRow {
  id: Id<"invoiceItem">;
  customer: Id<"customer">;
  service: Service;
  description: string;
  quantity: number;
  unit_nanos: Nanos;
  product: Id<"product"> | null;
  state: "pending" | "invoiced" | "removed";
  at_ms: number;
  invoice: Id<"invoice"> | null;
  created_at_ms: number;
}
