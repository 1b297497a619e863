import type { Id } from "../kernel/ids.ts";
import type { Currency, Nanos } from "../kernel/money.ts";
import type { EventKind } from "./event.ts";

/* Rows of what follows an invoice: its collection, money, credits, events. */

export interface CollectionRow {
  invoice: Id<"invoice">;
  customer: Id<"customer">;
  state: "open" | "overdue" | "paid" | "void" | "uncollectible";
  open_nanos: Nanos;
  pay_by_ms: number;
  /** How many reminders have been sent. */
  step: number;
  next_step_ms: number | null;
  changed_at_ms: number;
}

export interface AllocationRow {
  id: Id<"allocation">;
  invoice: Id<"invoice">;
  customer: Id<"customer">;
  /** What paid: an entry's kind and cause, `payment cus_…/bank-7`. */
  source: string;
  amount_nanos: Nanos;
  at_ms: number;
}

/** Money that counts towards invoices and is not on one yet; below zero when a payment was taken back. */
export interface FundsRow {
  customer: Id<"customer">;
  unapplied_nanos: Nanos;
}

export interface EventRow {
  id: Id<"event">;
  kind: EventKind;
  customer: Id<"customer">;
  data: string;
  at_ms: number;
}

export interface WebhookRow {
  id: Id<"webhook">;
  customer: Id<"customer"> | null;
  url: string;
  kinds: string;
  secret: string;
  old_secret: string | null;
  old_secret_until_ms: number | null;
  enabled: number;
  created_at_ms: number;
}

export interface WebhookDeliveryRow {
  id: Id<"webhookDelivery">;
  webhook: Id<"webhook">;
  event: Id<"event">;
  state: "waiting" | "delivered" | "failed";
  attempts: number;
  status: number | null;
  problem: string | null;
  created_at_ms: number;
  changed_at_ms: number;
}

export interface PaymentRow {
  id: Id<"payment">;
  customer: Id<"customer">;
  provider: string;
  reference: string;
  amount_nanos: Nanos;
  refunded_nanos: Nanos;
  disputed_nanos: Nanos;
  received_at_ms: number;
}

export interface CreditGrantRow {
  id: Id<"creditGrant">;
  customer: Id<"customer">;
  kind: "paid" | "promotional";
  source: string;
  payment: Id<"payment"> | null;
  amount_nanos: Nanos;
  remaining_nanos: Nanos;
  priority: number;
  expires_at_ms: number | null;
  rollover_days: number | null;
  /** Ids of those that it is kept to, as JSON; null: for the whole balance. */
  products: string | null;
  /** Sets aside what is left of a kept one and lent to no period. */
  hold: Id<"hold"> | null;
  created_at_ms: number;
}

export interface CreditCodeRow {
  id: string;
  code: string;
  currency: Currency;
  amount_nanos: Nanos;
  valid_days: number | null;
}

export interface TopUpRow {
  customer: Id<"customer">;
  threshold_nanos: Nanos;
  amount_nanos: Nanos;
  attempts: number;
  failures: number;
  next_at_ms: number;
  problem: string | null;
}

export interface BalanceAlertRow {
  customer: Id<"customer">;
  threshold_nanos: Nanos;
  told: number;
}

export interface PaymentMethodRow {
  customer: Id<"customer">;
  provider: string;
  external_customer: string;
  method: string | null;
}
