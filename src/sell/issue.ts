import { must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import type { Nanos } from "../kernel/money.ts";
import { type Steps, StoreError, query, queryOne, sql } from "../store/index.ts";
import { dateText } from "./documents/words.ts";
import type { Invoice } from "./invoice.ts";
import type { InvoiceItemRow, SellerRow } from "./tables.ts";

/** A part of a period's revenue with what it was earned by; fees have no model. */
export interface RevenueShare {
  readonly kind: "usage" | "fee";
  readonly model: string | null;
  readonly release: string | null;
  /** Who the usage was recorded for. */
  readonly partner: string | null;
  readonly amountNanos: Nanos;
}

/** What whoever posts along with an invoice gets to know. */
export interface IssuedFacts {
  readonly document: Invoice;
  /** Null for items of no product. */
  readonly product: Id<"product"> | null;
  /** The customer's partner now. */
  readonly partner: Id<"partner"> | null;
  /** Usage by model and release, then the fee; none is zero. */
  readonly revenue: readonly RevenueShare[];
  /** The instant it is booked at: the last of its period. */
  readonly bookedAtMs: number;
  readonly nowMs: number;
}

/**
 * Steps that run in the same transaction as the document they are told of: where a layer above posts what follows from
 * it. An argument without a default, so that nobody issues an invoice and forgets it.
 */
export type AlsoPost = (facts: IssuedFacts) => Steps<void>;

/** The next number, without gaps: it rolls back with the document it is for. */
export function* nextNumber(): Steps<number> {
  const row = yield* queryOne<{ last_number: number }>(
    sql`update invoice_series set last_number = last_number + 1 where name = 'invoices' returning last_number`,
  );
  return must(row, "there is a series of numbers").last_number;
}

/** `INV-2026-000042`: without gaps within its series and year, which is that of the seller's zone. */
export function* nextTitle(seller: SellerRow, kind: Invoice["kind"], nowMs: number): Steps<string> {
  const year = dateText(nowMs, seller.time_zone, "en").slice(0, 4);
  const series = kind === "invoice" ? `${seller.series}-${year}` : `${seller.series}-CN-${year}`;
  const row = yield* queryOne<{
    last_number: number;
  }>(sql`insert into invoice_series (name, last_number) values (${series}, 1)
    on conflict (name) do update set last_number = invoice_series.last_number + 1 returning last_number`);
  return `${series}-${String(must(row, "there is a series of numbers").last_number).padStart(6, "0")}`;
}

/** An item is on one invoice. */
export function* markInvoiced(items: readonly InvoiceItemRow[], invoice: Id<"invoice">): Steps<void> {
  for (const { id } of items) {
    const marked = yield* queryOne(sql`update invoice_items set state = 'invoiced', invoice = ${invoice}
      where id = ${id} and state = 'pending' returning id`);
    if (!marked) throw new StoreError("busy", "an item was taken meanwhile; the unit runs again");
  }
}

/** Writes a document as it is; a second one for the same subscription, period and kind breaks the database's rule. */
export function* insertDocument(document: Invoice): Steps<void> {
  const { id, number, title, kind, customer, subscription, period, startMs, endMs, currency } = document;
  const credits = document.kind === "credit_note" ? document.credits : null;
  const reason = document.kind === "credit_note" ? document.reason : null;
  yield* query(sql`insert into invoices (id, number, title, kind, customer, subscription, period, start_ms, end_ms,
      currency, total_nanos, due_nanos, tax_nanos, tax, parties, carried_in_nanos, carried_out_nanos, credits, reason,
      pay_by_ms, issued_at_ms)
    values (${id}, ${number}, ${title}, ${kind}, ${customer}, ${subscription}, ${period}, ${startMs}, ${endMs}, ${currency},
      ${document.totalNanos}, ${document.dueNanos}, ${document.taxNanos}, ${JSON.stringify(document.tax)},
      ${document.parties}, ${document.carriedInNanos}, ${document.carriedOutNanos}, ${credits}, ${reason},
      ${document.payByMs}, ${document.issuedAtMs})`);
  for (const [position, line] of document.lines.entries()) {
    yield* query(sql`insert into invoice_lines
        (invoice, position, kind, unit, description, units, late_units, exact_nanos, amount_nanos, about)
      values (${id}, ${position}, ${line.kind}, ${line.unit}, ${line.description}, ${line.units},
        ${line.lateUnits}, ${line.exactNanos}, ${line.amountNanos},
        ${line.about && JSON.stringify(line.about)})`);
  }
}

export interface UsageShareRow {
  model: string | null;
  release: string | null;
  partner: string | null;
  units: number;
  amount_nanos: Nanos;
  due_nanos: Nanos;
}

/** A period's usage events, summed by what earned them. */
export function* usageShares(period: Id<"period">): Steps<UsageShareRow[]> {
  const rows = yield* query<UsageShareRow>(sql`select model, release, partner, cast(sum(units) as bigint) as units,
      cast(sum(amount_nanos) as bigint) as amount_nanos, cast(sum(due_nanos) as bigint) as due_nanos
    from usage_events where period = ${period} group by model, release, partner`);
  const name = ({ model, release, partner }: UsageShareRow): string => `${model}/${release}/${partner}`;
  return rows.sort((a, b) => (name(a) < name(b) ? -1 : 1)); // the engines sort text and nulls each in its own way
}

/** What usage earned, by model and release, and what no model earns alone: fees, add-ons and items. */
export function revenueOf(
  shares: readonly UsageShareRow[],
  ownNanos: Nanos,
  partner: Id<"partner"> | null,
): RevenueShare[] {
  const usage = shares.map(({ model, release, partner, amount_nanos }) => {
    return { kind: "usage" as const, model, release, partner, amountNanos: amount_nanos };
  });
  const fee = { kind: "fee" as const, model: null, release: null, partner, amountNanos: ownNanos };
  return [...usage, fee].filter(({ amountNanos }) => amountNanos > 0n);
}
