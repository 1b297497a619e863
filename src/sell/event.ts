import { type Id, newId } from "../kernel/ids.ts";
import { type Queries, type Steps, insertJob, query, sql } from "../store/index.ts";
import { type Page, type PageAsk, limitOf, pageOf } from "./page.ts";
import type { SellTables } from "./tables.ts";
import type { EventRow, WebhookRow } from "./tables-paid.ts";

/** What a customer's or the team's own system may be told of. */
export const eventKinds = [
  "invoice.issued",
  "invoice.paid",
  "invoice.overdue",
  "invoice.reminder",
  "invoice.uncollectible",
  "credit_note.issued",
  "payment.received",
  "payment.refunded",
  "payment.disputed",
  "subscription.changed",
  "usage.threshold",
  "budget.threshold",
  "budget.reached",
  "balance.low",
  "credits.granted",
  "credits.expired",
] as const;

export type EventKind = (typeof eventKinds)[number];

export interface BillingEvent {
  readonly id: Id<"event">;
  readonly kind: EventKind;
  readonly customer: Id<"customer">;
  /** Ids and amounts as text: no secret, and nothing that a customer wrote to a model. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly atMs: number;
}

export const deliverJob = "webhook.deliver";

/**
 * Records what happened, in the transaction in which it does, with a delivery and its job for each webhook that listens: the
 * customer's own and the team's.
 */
export function* emit(event: Omit<BillingEvent, "id"> & { readonly nowMs: number }): Steps<void> {
  const { kind, customer, data, atMs, nowMs } = event;
  const id = newId("event", nowMs);
  yield* query(sql`insert into events (id, kind, customer, data, at_ms)
    values (${id}, ${kind}, ${customer}, ${JSON.stringify(data, textOfBigints)}, ${atMs})`);
  const listening = yield* query<WebhookRow>(
    sql`select * from webhooks where enabled = 1 and (customer is null or customer = ${customer}) order by id`,
  );
  for (const { id: webhook, kinds } of listening) {
    if ((JSON.parse(kinds) as string[]).includes(kind)) yield* queueDelivery(webhook, id, nowMs);
  }
}

export function* queueDelivery(
  webhook: Id<"webhook">,
  event: Id<"event">,
  nowMs: number,
): Steps<Id<"webhookDelivery">> {
  const id = newId("webhookDelivery", nowMs);
  yield* query(sql`insert into webhook_deliveries (id, webhook, event, state, attempts, created_at_ms, changed_at_ms)
    values (${id}, ${webhook}, ${event}, 'waiting', 0, ${nowMs}, ${nowMs})`);
  yield* insertJob({ kind: deliverJob, payload: { delivery: id }, nowMs, attemptsMax: attemptsMax });
  return id;
}

/** With the back-off of jobs (1 s, 4 s, 16 s, …) the last of them is about six hours after the first. */
const attemptsMax = 9;

const textOfBigints = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);

/** Newest first; all, or one customer's. */
export async function listEvents(
  db: Queries,
  ask: PageAsk & { readonly customer: Id<"customer"> | "any"; readonly kind?: EventKind | undefined },
): Promise<Page<BillingEvent>> {
  const limit = limitOf(ask);
  let found = db.as<SellTables>().selectFrom("events").selectAll();
  if (ask.customer !== "any") found = found.where("customer", "=", ask.customer);
  if (ask.kind) found = found.where("kind", "=", ask.kind);
  if (ask.before) found = found.where("id", "<", ask.before as Id<"event">);
  return pageOf(
    await found
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute(),
    limit,
    toEvent,
  );
}

export const toEvent = (row: EventRow): BillingEvent => ({
  id: row.id,
  kind: row.kind,
  customer: row.customer,
  data: JSON.parse(row.data) as Record<string, unknown>,
  atMs: row.at_ms,
});
