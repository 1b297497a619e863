import { must, notFound } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import type { Nanos } from "../kernel/money.ts";
import { type Queries, query, queryOne, sql } from "../store/index.ts";
import { type Allocation, allocationsOf } from "./collect/reads.ts";
import { parseComponents } from "./component.ts";
import { keptUsesOf } from "./credits/kept.ts";
import { stepsOf } from "./documents/of-invoice.ts";
import { describeStep } from "./documents/words.ts";
import { type Invoice, type Scope, getInvoice } from "./invoice.ts";
import type { PlannedLine } from "./invoice-plan.ts";
import { limitOf } from "./page.ts";
import { finalPriceOf, priceOf } from "./price.ts";
import type { PriceStep } from "./prices/rules.ts";
import type { PeriodRow, UsageEventRow } from "./tables.ts";
import { type Quantities, parseQuantities } from "./units.ts";

/** How one line came about. */
export interface ExplainedLine extends PlannedLine {
  readonly steps: readonly (PriceStep & { readonly text: string })[];
  /** What the price says, before anything was carried in. */
  readonly priceNanos: Nanos | null;
  /** Of it, what was charged as it was used; the rest was booked when the period closed. */
  readonly chargedNanos: Nanos | null;
}

export interface ExplainedEvent {
  readonly id: Id<"usageEvent">;
  readonly prediction: Id<"prediction">;
  readonly quantities: Quantities;
  readonly amountNanos: Nanos;
  readonly model: string | null;
  /** The ledger entry that posted it; null when it was free. */
  readonly entry: Id<"entry"> | null;
  readonly atMs: number;
}

export interface Explanation {
  readonly invoice: Invoice;
  readonly lines: readonly ExplainedLine[];
  /** How many usage events the period has, and what they were charged together. */
  readonly eventCount: number;
  readonly eventsNanos: Nanos;
  /** A page of them, oldest first. */
  readonly events: readonly ExplainedEvent[];
  readonly nextCursor: string | null;
  readonly paidBy: readonly Allocation[];
  /** Of its usage, what credit kept to the product has paid as it was used. */
  readonly credits: readonly ExplainedCredit[];
}

export interface ExplainedCredit {
  readonly grant: Id<"creditGrant">;
  readonly source: string;
  readonly amountNanos: Nanos;
}

export interface ExplainAsk {
  readonly customer: Scope;
  readonly invoice: string;
  readonly limit?: number;
  /** The `nextCursor` of the page before. */
  readonly after?: string | undefined;
}

/** An invoice down to the usage events it bills and the money that paid it. */
export async function explainInvoice(db: Queries, ask: ExplainAsk): Promise<Explanation> {
  const invoice = await getInvoice(db, ask);
  const paidBy = await allocationsOf(db, ask);
  if (invoice.period === null) {
    const lines = invoice.lines.map((line) => Object.assign({}, line, unexplained));
    return { invoice, lines, eventCount: 0, eventsNanos: 0n, events: [], nextCursor: null, paidBy, credits: [] };
  }
  const period = must(
    await db.perform(queryOne<PeriodRow>(sql`select * from usage_periods where id = ${invoice.period}`)),
    "an invoice's period stays",
  );
  const limit = limitOf(ask);
  const after = ask.after ?? "";
  const rows = await db.perform(
    query<UsageEventRow>(sql`select * from usage_events where period = ${period.id} and id > ${after}
      order by id limit ${limit + 1}`),
  );
  const sums = await db.perform(
    queryOne<{ n: number; amount_nanos: Nanos | null }>(
      sql`select count(*) as n, cast(sum(amount_nanos) as bigint) as amount_nanos from usage_events
        where period = ${period.id}`,
    ),
  );
  const events = rows.slice(0, limit).map(toEvent);
  return {
    invoice,
    lines: invoice.lines.map((line) => explainLine(line, invoice, period)),
    eventCount: sums?.n ?? 0,
    eventsNanos: sums?.amount_nanos ?? 0n,
    events,
    nextCursor: rows.length > limit ? (events.at(-1)?.id ?? null) : null,
    paidBy,
    credits: (await db.perform(keptUsesOf(period.id))).map(({ credit_grant: grant, source, used_nanos }) => {
      return { grant, source, amountNanos: used_nanos };
    }),
  };
}

const unexplained = { steps: [], priceNanos: null, chargedNanos: null };

function explainLine(line: PlannedLine, { currency }: Invoice, { components }: PeriodRow): ExplainedLine {
  const parsed = parseComponents(components);
  const component = parsed.find(({ unit }) => unit === line.unit);
  if (line.kind !== "usage" || !component) return { ...line, ...unexplained };
  const steps = stepsOf(line, parsed).map((step) => Object.assign({ text: describeStep(step, "en", currency) }, step));
  const { price } = component;
  return { ...line, steps, priceNanos: finalPriceOf(price, line.units), chargedNanos: priceOf(price, line.units) };
}

const toEvent = (row: UsageEventRow): ExplainedEvent => ({
  id: row.id,
  prediction: row.prediction,
  quantities: parseQuantities(row.quantities),
  amountNanos: row.amount_nanos,
  model: row.model,
  entry: row.entry,
  atMs: row.at_ms,
});

/** A customer's invoice by its id or its number. */
export async function findInvoice(
  db: Queries,
  ask: { readonly customer: Scope; readonly text: string },
): Promise<Id<"invoice"> | Id<"creditNote">> {
  if (/^(inv|cn)_/.test(ask.text)) return (await getInvoice(db, { customer: ask.customer, invoice: ask.text })).id;
  const row = await db.perform(
    queryOne<{ id: Id<"invoice"> }>(sql`select id from invoices where title = ${ask.text.toUpperCase()}
      and (cast(${ask.customer} as text) = 'any' or customer = ${ask.customer})`),
  );
  if (!row) throw notFound("invoice", ask.text);
  return row.id;
}
