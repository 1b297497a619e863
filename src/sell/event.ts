import { type Id, newId } from "../kernel/ids.ts";
import { type Queries, type Steps, bulkInsert, bulkStatement, insertJobs, query, sql } from "../store/index.ts";
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

export type NewEvent = Omit<BillingEvent, "id"> & { readonly nowMs: number };

export const deliverJob = "webhook.deliver";

/**
 * Records what happened, in the transaction in which it does, with a delivery and its job for each webhook that listens: the
 * customer's own and the team's.
 */
export function* emit(event: NewEvent): Steps<void> {
  yield* emitAll([event]);
}

/** The same for many, in their order. */
export function* emitAll(events: readonly NewEvent[]): Steps<void> {
  if (events.length === 0) return;
  const told = events.map((event) => ({ ...event, id: newId("event", event.nowMs) }));
  yield* query(
    insertEvents(
      told.map(({ id, kind, customer, data, atMs }) => [id, kind, customer, JSON.stringify(data, textOfBigints), atMs]),
    ),
  );
  const listening = yield* listenersOf(new Set(events.map(({ customer }) => customer)));
  const wanted = told.flatMap(({ id: event, kind, customer, nowMs }) =>
    listening
      .filter((webhook) => webhook.customer === null || webhook.customer === customer)
      .filter(({ kinds }) => (JSON.parse(kinds) as string[]).includes(kind))
      .map(({ id: webhook }) => ({ webhook, event, nowMs })),
  );
  yield* queueDeliveries(wanted);
}

function* listenersOf(customers: ReadonlySet<Id<"customer">>): Steps<WebhookRow[]> {
  const team = yield* query<WebhookRow>(sql`select * from webhooks where customer is null and enabled = 1 order by id`);
  const own = yield* query<WebhookRow>(listeningOf([...customers].map((id) => [id])));
  return [...team, ...own];
}

const insertEvents = bulkInsert("events", {
  id: "text",
  kind: "text",
  customer: "text",
  data: "text",
  at_ms: "bigint",
});

const listeningOf = bulkStatement(
  { customer: "text" },
  {
    each: "select * from webhooks where customer = ?1 and enabled = 1 order by id",
    all: `select webhooks.* from webhooks join given on webhooks.customer = given.customer
      where enabled = 1 order by webhooks.id`,
  },
);

interface NewDelivery {
  readonly webhook: Id<"webhook">;
  readonly event: Id<"event">;
  readonly nowMs: number;
}

/** Deliveries with their jobs. */
export function* queueDeliveries(wanted: readonly NewDelivery[]): Steps<Id<"webhookDelivery">[]> {
  if (wanted.length === 0) return [];
  const ids = wanted.map(({ nowMs }) => newId("webhookDelivery", nowMs));
  const rows = wanted.map(({ webhook, event, nowMs }, at) => {
    return [ids[at] ?? "", webhook, event, "waiting", 0, nowMs, nowMs];
  });
  yield* query(insertDeliveries(rows));
  yield* insertJobs(
    wanted.map(({ nowMs }, at) => ({ kind: deliverJob, payload: { delivery: ids[at] }, nowMs, attemptsMax })),
  );
  return ids;
}

const insertDeliveries = bulkInsert("webhook_deliveries", {
  id: "text",
  webhook: "text",
  event: "text",
  state: "text",
  attempts: "bigint",
  created_at_ms: "bigint",
  changed_at_ms: "bigint",
});

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
