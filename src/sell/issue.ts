import { must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import type { Nanos } from "../kernel/money.ts";
import { type Steps, StoreError, bulkStatement, query, queryOne, sql } from "../store/index.ts";
import { dateText } from "./documents/words.ts";
import { groupBy } from "./group.ts";
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

export interface DocumentNumber {
  /** Without gaps over all documents. */
  readonly number: number;
  /** `INV-2026-000042`: without gaps within its series and year, which is that of the seller's zone. */
  readonly title: string;
}

/**
 * The next numbers, without gaps: they roll back with the documents they are for. Whoever draws them makes all others who
 * issue wait until the unit ends; so they are drawn after everything else is known.
 */
export function* drawNumbers(
  { seller, kind, nowMs }: { readonly seller: SellerRow; readonly kind: Invoice["kind"]; readonly nowMs: number },
  count: number,
): Steps<DocumentNumber[]> {
  const year = dateText(nowMs, seller.time_zone, "en").slice(0, 4);
  const series = kind === "invoice" ? `${seller.series}-${year}` : `${seller.series}-CN-${year}`;
  const [lastNumber, lastOfSeries] = [yield* advance("invoices", count), yield* advance(series, count)];
  return Array.from({ length: count }, (_, at) => {
    const before = count - 1 - at;
    return { number: lastNumber - before, title: `${series}-${String(lastOfSeries - before).padStart(6, "0")}` };
  });
}

export function* drawNumber(of: {
  readonly seller: SellerRow;
  readonly kind: Invoice["kind"];
  readonly nowMs: number;
}): Steps<DocumentNumber> {
  const [only] = yield* drawNumbers(of, 1);
  return must(only, "one number was drawn");
}

function* advance(series: string, by: number): Steps<number> {
  const row = yield* queryOne<{
    last_number: number;
  }>(sql`insert into invoice_series (name, last_number) values (${series}, ${by})
    on conflict (name) do update set last_number = invoice_series.last_number + ${by} returning last_number`);
  return must(row, "there is a series of numbers").last_number;
}

/** An item is on one invoice. */
export function* markInvoiced(items: readonly InvoicedItem[]): Steps<void> {
  if (items.length === 0) return;
  const marked = yield* query(markEach(items.map(({ item, invoice }) => [item.id, invoice])));
  if (marked.length < items.length) throw new StoreError("busy", "an item was taken meanwhile; the unit runs again");
}

export interface InvoicedItem {
  readonly item: InvoiceItemRow;
  readonly invoice: Id<"invoice">;
}

const markEach = bulkStatement(
  { id: "text", invoice: "text" },
  {
    each: `update invoice_items set state = 'invoiced', invoice = ?2 where id = ?1 and state = 'pending' returning id`,
    all: `update invoice_items set state = 'invoiced', invoice = given.invoice from given
      where invoice_items.id = given.id and state = 'pending' returning invoice_items.id`,
  },
);

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
  return (yield* usageSharesOf([period])).get(period) ?? [];
}

/** The same for many periods; one without usage is not in the answer. */
export function* usageSharesOf(periods: readonly Id<"period">[]): Steps<ReadonlyMap<Id<"period">, UsageShareRow[]>> {
  const rows = yield* query<UsageShareRow & { period: Id<"period"> }>(sumEach(periods.map((id) => [id])));
  const name = ({ model, release, partner }: UsageShareRow): string => `${model}/${release}/${partner}`;
  rows.sort((a, b) => (name(a) < name(b) ? -1 : 1)); // the engines sort text and nulls each in its own way
  return groupBy(rows, ({ period }) => period);
}

const sums = `cast(sum(units) as bigint) as units, cast(sum(amount_nanos) as bigint) as amount_nanos,
  cast(sum(due_nanos) as bigint) as due_nanos`;

/** In Postgres each period's sum is a look-up of its own in the index (`offset 0` keeps it from becoming one large join). */
const sumEach = bulkStatement(
  { id: "text" },
  {
    each: `select period, model, release, partner, ${sums} from usage_events where period = ?1
      group by period, model, release, partner`,
    all: `select own.* from given cross join lateral (select period, model, release, partner, ${sums} from usage_events
      where period = given.id group by period, model, release, partner offset 0) as own`,
  },
);

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
