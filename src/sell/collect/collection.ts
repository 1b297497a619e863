import { dayMs } from "../../kernel/clock.ts";
import { must } from "../../kernel/errors.ts";
import { type Id, newId } from "../../kernel/ids.ts";
import type { Nanos } from "../../kernel/money.ts";
import { type Steps, type Value, bulkInsert, inOrder, query, queryOne, sql } from "../../store/index.ts";
import { type NewEvent, emit, emitAll } from "../event.ts";
import type { InvoiceOf } from "../invoice.ts";
import type { SellerRow } from "../tables.ts";
import type { CollectionRow, FundsRow } from "../tables-paid.ts";

/*
 * How an issued invoice, which never changes, gets paid: what is open of it, and which money paid how much. Money counts
 * towards invoices, oldest day of payment first; what no invoice needs yet waits in `funds`.
 */

/** Where an invoice is in its life after it was issued. (Before, it is a draft: the preview of its period.) */
export type Collection = { readonly invoice: Id<"invoice">; readonly payByMs: number } & (
  | { readonly state: "open" | "overdue"; readonly openNanos: Nanos; readonly remindersSent: number }
  | { readonly state: "paid" | "void" | "uncollectible"; readonly sinceMs: number }
);

export function toCollection(row: CollectionRow): Collection {
  const { invoice, pay_by_ms: payByMs, state } = row;
  if (state === "open" || state === "overdue")
    return { invoice, payByMs, state, openNanos: row.open_nanos, remindersSent: row.step };
  return { invoice, payByMs, state, sinceMs: row.changed_at_ms };
}

/** When the reminder of this step is due; undefined after the last. */
export function reminderAt(seller: Pick<SellerRow, "dunning_days">, payByMs: number, step: number): number | undefined {
  const days = JSON.parse(seller.dunning_days) as number[];
  const day = days[step];
  return day === undefined ? undefined : payByMs + day * dayMs;
}

/** Begins to collect what is due of invoices that are just issued; money that waits pays them at once. */
export function* openCollections(documents: readonly InvoiceOf<"invoice">[], seller: SellerRow): Steps<void> {
  if (documents.length === 0) return;
  yield* query(insertCollections(documents.map((document) => collectionRow(document, seller))));
  yield* emitAll(documents.map(issuedEvent));
  const waiting = yield* query<FundsRow>(openFunds(inOrder(documents.map(({ customer }) => [customer, 0n]))));
  const customers = new Set(waiting.filter((row) => row.unapplied_nanos !== 0n).map((row) => row.customer));
  for (const { id, customer, issuedAtMs } of documents) {
    if (customers.has(customer)) yield* applyFunds(customer, 0n, `invoice ${id}`, issuedAtMs);
  }
}

const insertCollections = bulkInsert("collections", {
  invoice: "text",
  customer: "text",
  state: "text",
  open_nanos: "bigint",
  pay_by_ms: "bigint",
  step: "bigint",
  next_step_ms: "bigint",
  changed_at_ms: "bigint",
});

/** Locks them too: no money comes in between. */
const openFunds = bulkInsert(
  "funds",
  { customer: "text", unapplied_nanos: "bigint" },
  "on conflict (customer) do update set unapplied_nanos = funds.unapplied_nanos returning *",
);

function collectionRow(document: InvoiceOf<"invoice">, seller: SellerRow): Value[] {
  const { id, customer, dueNanos, issuedAtMs } = document;
  const payByMs = must(document.payByMs, "an invoice has a day of payment");
  const days = JSON.parse(seller.dunning_days) as number[];
  const first = days.findIndex((day) => payByMs + day * dayMs > issuedAtMs);
  const step = first === -1 ? days.length : first; // what would be due already is left out
  const state = dueNanos === 0n ? "paid" : "open";
  const nextMs = state === "open" ? nextStep(seller, payByMs, step, state) : null;
  return [id, customer, state, dueNanos, payByMs, step, nextMs, issuedAtMs];
}

function issuedEvent(document: InvoiceOf<"invoice">): NewEvent {
  const { id, customer, title, totalNanos, dueNanos, currency, payByMs, issuedAtMs: nowMs } = document;
  const data = { invoice: id, number: title, total_nanos: totalNanos, due_nanos: dueNanos };
  return { kind: "invoice.issued", customer, data: { ...data, currency, pay_by_ms: payByMs }, atMs: nowMs, nowMs };
}

/** When somebody has to look at it again: for a reminder, or because the day of payment passes. */
export function nextStep(
  seller: Pick<SellerRow, "dunning_days">,
  payByMs: number,
  step: number,
  state: "open" | "overdue",
): number | null {
  const at = reminderAt(seller, payByMs, step);
  if (state === "overdue") return at ?? null;
  return at === undefined ? payByMs : Math.min(at, payByMs);
}

/**
 * Adds to a customer's funds what counts towards invoices (or takes from them what was taken back), then pays open invoices,
 * the one that is due first first. When more was taken back than waits, the invoices paid last are open again.
 */
export function* applyFunds(customer: Id<"customer">, byNanos: Nanos, source: string, nowMs: number): Steps<void> {
  const row =
    yield* queryOne<FundsRow>(sql`insert into funds (customer, unapplied_nanos) values (${customer}, ${byNanos})
    on conflict (customer) do update set unapplied_nanos = funds.unapplied_nanos + ${byNanos} returning *`);
  let leftNanos = must(row, "a customer has funds").unapplied_nanos;
  if (leftNanos < 0n) leftNanos = yield* reopen(customer, leftNanos, source, nowMs);
  else if (leftNanos > 0n) leftNanos = yield* payOpen(customer, leftNanos, source, nowMs);
  yield* query(sql`update funds set unapplied_nanos = ${leftNanos} where customer = ${customer}`);
}

function* payOpen(customer: Id<"customer">, nanos: Nanos, source: string, nowMs: number): Steps<Nanos> {
  const open = yield* query<CollectionRow>(sql`select * from collections
    where customer = ${customer} and state in ('open', 'overdue') order by pay_by_ms, invoice`);
  let leftNanos = nanos;
  for (const { invoice, open_nanos: openNanos } of open) {
    if (leftNanos === 0n) break;
    const paidNanos = openNanos < leftNanos ? openNanos : leftNanos;
    yield* payCollection(invoice, paidNanos, source, nowMs);
    leftNanos -= paidNanos;
  }
  return leftNanos;
}

/** Pays a part of one invoice, or with a negative amount takes it back. */
export function* payCollection(
  invoice: Id<"invoice">,
  nanos: Nanos,
  source: string,
  nowMs: number,
): Steps<CollectionRow> {
  const row = yield* queryOne<CollectionRow>(sql`update collections set open_nanos = open_nanos - ${nanos},
      state = case when open_nanos - ${nanos} = 0 then 'paid'
        when pay_by_ms < ${nowMs} then 'overdue' else 'open' end,
      next_step_ms = case when open_nanos - ${nanos} = 0 then null else coalesce(next_step_ms, cast(${nowMs} as bigint)) end,
      changed_at_ms = ${nowMs}
    where invoice = ${invoice} and open_nanos - ${nanos} >= 0 returning *`);
  const changed = must(row, "no more than what is open is paid");
  yield* query(sql`insert into allocations (id, invoice, customer, source, amount_nanos, at_ms)
    values (${newId("allocation", nowMs)}, ${invoice}, ${changed.customer}, ${source}, ${nanos}, ${nowMs})`);
  if (changed.state === "paid") {
    yield* emit({ kind: "invoice.paid", customer: changed.customer, data: { invoice }, atMs: nowMs, nowMs });
  }
  return changed;
}

function* reopen(customer: Id<"customer">, nanos: Nanos, source: string, nowMs: number): Steps<Nanos> {
  const paid = yield* query<{ invoice: Id<"invoice">; paid_nanos: Nanos }>(sql`select a.invoice,
      sum(a.amount_nanos) as paid_nanos from allocations a join collections c on c.invoice = a.invoice
    where a.customer = ${customer} and c.state in ('open', 'overdue', 'paid')
    group by a.invoice having sum(a.amount_nanos) > 0 order by max(a.at_ms) desc, a.invoice desc`);
  let missingNanos = -nanos;
  for (const { invoice, paid_nanos: paidNanos } of paid) {
    if (missingNanos === 0n) break;
    const backNanos = paidNanos < missingNanos ? paidNanos : missingNanos;
    yield* payCollection(invoice, -backNanos, source, nowMs);
    missingNanos -= backNanos;
  }
  return -missingNanos;
}

/** Ends the collection of an invoice for another reason than payment. Returns what was open; undefined if it had ended. */
export function* endCollection(
  invoice: Id<"invoice">,
  state: "void" | "uncollectible",
  nowMs: number,
): Steps<Nanos | undefined> {
  const row = yield* queryOne<CollectionRow>(
    sql`select * from collections where invoice = ${invoice} and state in ('open', 'overdue')`,
  );
  if (!row) return undefined;
  yield* query(sql`update collections set state = ${state}, open_nanos = 0, next_step_ms = null, changed_at_ms = ${nowMs}
    where invoice = ${invoice}`);
  return row.open_nanos;
}
