import { Refusal, must, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import type { Nanos } from "../kernel/money.ts";
import { type NewPosting, postFirstEntry } from "../ledger/index.ts";
import { type Steps, query, queryOne, sql } from "../store/index.ts";
import { accountOf } from "./accounts.ts";
import { type InvoiceOf, toInvoice } from "./invoice.ts";
import { type AlsoPost, type RevenueShare, insertDocument, nextNumber, revenueOf, usageShares } from "./issue.ts";
import { creditSplit } from "./payment.ts";
import type { CustomerRow, InvoiceLineRow, InvoiceRow } from "./tables.ts";
import { assertName } from "./words.ts";

export interface CreditInput {
  readonly invoice: Id<"invoice">;
  readonly reason: string;
  readonly nowMs: number;
}

export type CreditOutcome = {
  readonly state: "credited" | "already";
  readonly creditNote: InvoiceOf<"credit_note">;
};

/** Takes a whole invoice back: a document and postings that mirror it. A second time changes nothing. */
export function* creditInvoice(input: CreditInput, also: AlsoPost): Steps<CreditOutcome> {
  assertName(input.reason, "reason");
  const invoice = yield* readInvoice(input.invoice);
  const standing = yield* creditNoteOf(invoice.id);
  if (standing) return { state: "already", creditNote: standing };
  if (invoice.totalNanos === 0n)
    throw new Refusal("conflict", "The invoice is about nothing: there is no amount to credit.");
  const { nowMs } = input;
  const { product, partner, feeNanos, terms } = yield* contextOf(invoice);
  const revenue = revenueOf(yield* usageShares(invoice.period), feeNanos, partner);
  const duePaidNanos = yield* postMirror(invoice, { product, partner, revenue }, nowMs);
  const creditNote: InvoiceOf<"credit_note"> = {
    ...mirror(invoice),
    kind: "credit_note",
    id: newId("creditNote", nowMs),
    number: yield* nextNumber(),
    credits: invoice.id,
    reason: input.reason,
    dueNanos: terms === "postpaid" ? -invoice.totalNanos : -duePaidNanos,
    issuedAtMs: nowMs,
  };
  yield* insertDocument(creditNote);
  yield* also({ document: creditNote, product, partner, revenue, bookedAtMs: nowMs, nowMs });
  return { state: "credited", creditNote };
}

function mirror(invoice: InvoiceOf<"invoice">): InvoiceOf<"invoice"> {
  const lines = invoice.lines.map((line) =>
    Object.assign({}, line, { exactNanos: -line.exactNanos, amountNanos: -line.amountNanos }),
  );
  return {
    ...invoice,
    lines,
    totalNanos: -invoice.totalNanos,
    carriedInNanos: -invoice.carriedInNanos,
    carriedOutNanos: -invoice.carriedOutNanos,
  };
}

interface Mirrored {
  readonly product: Id<"product">;
  readonly partner: Id<"partner"> | null;
  readonly revenue: readonly RevenueShare[];
}

/** What the customer gets back first pays what is due; returns that part. */
function* postMirror(invoice: InvoiceOf<"invoice">, of: Mirrored, nowMs: number): Steps<Nanos> {
  const party = { customer: invoice.customer, currency: invoice.currency };
  const { postings: given, duePaidNanos } = yield* creditSplit(party, invoice.totalNanos);
  const taken = of.revenue.map(({ kind, model, release, partner, amountNanos }): NewPosting => {
    const account = accountOf(kind === "fee" ? "feeRevenue" : "usageRevenue", party);
    return { account, amountNanos: -amountNanos, dimensions: { model, release, partner } };
  });
  const roundingNanos = invoice.carriedInNanos - invoice.carriedOutNanos;
  const rounding = { account: accountOf("rounding", party), amountNanos: -roundingNanos };
  yield* postFirstEntry({
    kind: "credit_note",
    cause: invoice.id,
    atMs: nowMs,
    nowMs,
    dimensions: { product: of.product, customer: party.customer, partner: of.partner },
    postings: [...given, ...taken, rounding].filter((posting) => posting.amountNanos !== 0n),
  });
  return duePaidNanos;
}

interface Context {
  readonly product: Id<"product">;
  readonly partner: Id<"partner"> | null;
  readonly terms: CustomerRow["terms"];
  readonly feeNanos: Nanos;
}

function* contextOf(invoice: InvoiceOf<"invoice">): Steps<Context> {
  const row = yield* queryOne<{
    product: Id<"product">;
    partner: Id<"partner"> | null;
    terms: CustomerRow["terms"];
    fee_nanos: Nanos;
  }>(
    sql`select s.product, c.partner, c.terms, p.fee_nanos from usage_periods p
      join subscriptions s on s.id = p.subscription join customers c on c.id = s.customer where p.id = ${invoice.period}`,
  );
  const { product, partner, terms, fee_nanos: feeNanos } = must(row, "an invoice has a period and a customer");
  return { product, partner, terms, feeNanos };
}

function* readInvoice(id: Id<"invoice">): Steps<InvoiceOf<"invoice">> {
  const row = yield* queryOne<InvoiceRow>(sql`select * from invoices where id = ${id} and kind = 'invoice'`);
  if (!row) throw notFound("invoice", id);
  return toInvoice(row, yield* linesOf(row)) as InvoiceOf<"invoice">;
}

function* creditNoteOf(invoice: Id<"invoice">): Steps<InvoiceOf<"credit_note"> | undefined> {
  const row = yield* queryOne<InvoiceRow>(sql`select * from invoices where credits = ${invoice}`);
  return row && (toInvoice(row, yield* linesOf(row)) as InvoiceOf<"credit_note">);
}

function* linesOf({ id }: InvoiceRow): Steps<InvoiceLineRow[]> {
  return yield* query<InvoiceLineRow>(sql`select * from invoice_lines where invoice = ${id} order by position`);
}
