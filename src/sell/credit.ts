import { Refusal, must, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { type Nanos, sumNanos } from "../kernel/money.ts";
import { type NewPosting, openAccounts, postFirstEntry } from "../ledger/index.ts";
import { type Steps, query, queryOne, sql } from "../store/index.ts";
import { type AccountOwner, accountKinds, accountOf } from "./accounts.ts";
import { applyFunds, endCollection } from "./collect/collection.ts";
import { insertDocuments } from "./document.ts";
import { emit } from "./event.ts";
import { type InvoiceOf, toInvoice } from "./invoice.ts";
import { type AlsoPost, type UsageShareRow, drawNumber, revenueOf, usageShares } from "./issue.ts";
import { creditSplit } from "./payment.ts";
import { sellerRow } from "./seller.ts";
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

/**
 * Takes a whole invoice back: a document and postings that mirror it. What was open of it is void, what was paid counts
 * towards other invoices or is balance again. A second time changes nothing.
 */
export function* creditInvoice(input: CreditInput, also: AlsoPost): Steps<CreditOutcome> {
  assertName(input.reason, "reason");
  const invoice = yield* readInvoice(input.invoice);
  const standing = yield* creditNoteOf(invoice.id);
  if (standing) return { state: "already", creditNote: standing };
  if (invoice.totalNanos === 0n)
    throw new Refusal("conflict", "The invoice is about nothing: there is no amount to credit.");
  const given = yield* queryOne(
    sql`select invoice from collections where invoice = ${invoice.id} and state = 'uncollectible'`,
  );
  if (given) throw new Refusal("conflict", "The invoice is written off: there is nothing left to credit.");
  const { nowMs } = input;
  const { product, partner, terms } = yield* contextOf(invoice);
  const shares = invoice.period === null ? [] : yield* usageShares(invoice.period);
  const booked = yield* bookedBy(invoice);
  const duePaidNanos = yield* postMirror(invoice, { product, partner, shares, booked }, nowMs);
  const creditNote: InvoiceOf<"credit_note"> = {
    ...mirror(invoice),
    kind: "credit_note",
    id: newId("creditNote", nowMs),
    ...(yield* drawNumber({ seller: yield* sellerRow(), kind: "credit_note", nowMs })),
    credits: invoice.id,
    reason: input.reason,
    dueNanos: terms === "postpaid" ? -invoice.totalNanos : -duePaidNanos,
    payByMs: null,
    issuedAtMs: nowMs,
  };
  yield* insertDocuments([creditNote]);
  yield* settleCollections(creditNote, nowMs);
  const data = { credit_note: creditNote.id, number: creditNote.title, credits: invoice.id };
  const told = { ...data, total_nanos: creditNote.totalNanos, currency: creditNote.currency };
  yield* emit({ kind: "credit_note.issued", customer: invoice.customer, data: told, atMs: nowMs, nowMs });
  const ownNanos = sumNanos(booked.filter(({ kind }) => ownKinds.has(kind)).map(({ amount_nanos }) => amount_nanos));
  const revenue = revenueOf(shares, ownNanos, partner);
  yield* also({ document: creditNote, product, partner, revenue, bookedAtMs: nowMs, nowMs });
  return { state: "credited", creditNote };
}

const ownKinds: ReadonlySet<string> = new Set([accountKinds.feeRevenue, accountKinds.serviceRevenue]);

function mirror(invoice: InvoiceOf<"invoice">): InvoiceOf<"invoice"> {
  const lines = invoice.lines.map((line) =>
    Object.assign({}, line, { exactNanos: -line.exactNanos, amountNanos: -line.amountNanos }),
  );
  return {
    ...invoice,
    lines,
    totalNanos: -invoice.totalNanos,
    taxNanos: -invoice.taxNanos,
    carriedInNanos: -invoice.carriedInNanos,
    carriedOutNanos: -invoice.carriedOutNanos,
  };
}

/** What the credit covers of its own invoice is void; the rest counts towards others. */
function* settleCollections({ customer, credits, dueNanos }: InvoiceOf<"credit_note">, nowMs: number): Steps<void> {
  const openNanos = (yield* endCollection(credits, "void", nowMs)) ?? 0n;
  yield* query(sql`update collections set state = 'void', changed_at_ms = ${nowMs} where invoice = ${credits}`);
  yield* applyFunds(customer, -dueNanos - openNanos, `credit_note ${credits}`, nowMs);
}

interface BookedRow {
  kind: string;
  product: string | null;
  amount_nanos: Nanos;
}

/** What the invoice's own entry booked beside what it took from the customer; usage has entries of its own. */
function* bookedBy(invoice: InvoiceOf<"invoice">): Steps<BookedRow[]> {
  const cause = invoice.period ?? invoice.id;
  return yield* query<BookedRow>(sql`select a.kind, p.product, p.amount_nanos from ledger_entries e
    join ledger_postings p on p.entry = e.id join ledger_accounts a on a.id = p.account
    where e.kind = 'invoice' and e.cause = ${cause}
      and a.kind not in (${accountKinds.customer}, ${accountKinds.receivable}) order by p.position`);
}

interface Mirrored {
  readonly product: Id<"product"> | null;
  readonly partner: Id<"partner"> | null;
  readonly shares: readonly UsageShareRow[];
  readonly booked: readonly BookedRow[];
}

/** What the customer gets back first pays what is due; returns that part. */
function* postMirror(invoice: InvoiceOf<"invoice">, of: Mirrored, nowMs: number): Steps<Nanos> {
  const party = { customer: invoice.customer, currency: invoice.currency };
  const { postings: given, duePaidNanos } = yield* creditSplit(party, invoice.totalNanos);
  const usage = of.shares.map(({ model, release, partner, amount_nanos }): NewPosting => {
    const dimensions = { model, release, partner };
    return { account: accountOf("usageRevenue", party), amountNanos: -amount_nanos, dimensions };
  });
  const rest = of.booked.map(({ kind, product, amount_nanos }): NewPosting => {
    return { account: ofKind(kind, party), amountNanos: -amount_nanos, dimensions: { product } };
  });
  yield* openAccounts(rest.map(({ account }) => account));
  yield* postFirstEntry({
    kind: "credit_note",
    cause: invoice.id,
    atMs: nowMs,
    nowMs,
    dimensions: { product: of.product, customer: party.customer, partner: of.partner },
    postings: [...given, ...usage, ...rest].filter((posting) => posting.amountNanos !== 0n),
  });
  return duePaidNanos;
}

const ofKind = (kind: string, { customer, currency }: AccountOwner) => ({ kind, owner: customer, currency });

interface Context {
  readonly product: Id<"product"> | null;
  readonly partner: Id<"partner"> | null;
  readonly terms: CustomerRow["terms"];
}

function* contextOf(invoice: InvoiceOf<"invoice">): Steps<Context> {
  const row = yield* queryOne<Context>(
    sql`select s.product, c.partner, c.terms from customers c left join subscriptions s on s.id = ${invoice.subscription}
      where c.id = ${invoice.customer}`,
  );
  return must(row, "an invoice has a customer");
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
