import type { Id } from "../kernel/ids.ts";
import type { Currency, Nanos } from "../kernel/money.ts";
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
  created_at_ms: number;
}

export interface RateCardRow {
  id: Id<"rateCard">;
  plan: Id<"plan">;
  version: number;
  effective_at_ms: number;
  fee_nanos: Nanos;
  components: string;
  spend_cap_nanos: Nanos | null;
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
  created_at_ms: number;
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
}

export interface InvoiceRow {
  id: Id<"invoice"> | Id<"creditNote">;
  number: number;
  kind: "invoice" | "credit_note";
  customer: Id<"customer">;
  subscription: Id<"subscription">;
  period: Id<"period">;
  start_ms: number;
  end_ms: number;
  currency: Currency;
  total_nanos: Nanos;
  due_nanos: Nanos;
  carried_in_nanos: Nanos;
  carried_out_nanos: Nanos;
  credits: Id<"invoice"> | null;
  reason: string | null;
  issued_at_ms: number;
}

export interface InvoiceLineRow {
  invoice: Id<"invoice"> | Id<"creditNote">;
  position: number;
  kind: "fee" | "usage";
  /** What was counted; null of a fee. */
  unit: MeteredUnit | null;
  description: string;
  units: number;
  late_units: number;
  exact_nanos: Nanos;
  amount_nanos: Nanos;
}
