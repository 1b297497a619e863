import { Refusal, must, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { type Nanos, sumNanos } from "../kernel/money.ts";
import { type NewPosting, openAccounts, postFirstEntry } from "../ledger/index.ts";
import { type Steps, query, queryOne, sql } from "../store/index.ts";
import { type AccountOwner, accountKinds, accountOf } from "./accounts.ts";
import { lockBudgets } from "./budgets/window.ts";
import { applyFunds, endCollection, payCollection } from "./collect/collection.ts";
import { type BackPosting, type BookedRow, type CreditContext, planBack } from "./credit-back.ts";
import { type CreditPart, type CreditPlan, creditLines, leftOf, planCredit } from "./credit-plan.ts";
import { keptBeyond, limitKept } from "./credits/kept.ts";
import { insertDocuments } from "./document.ts";
import { type NewEvent, emit } from "./event.ts";
import { type InvoiceOf, toInvoice } from "./invoice.ts";
import { type AlsoPost, type RevenueShare, drawNumber, revenueOf, usageShares } from "./issue.ts";
import { creditSplit } from "./payment.ts";
import { sellerRow } from "./seller.ts";
import type { CustomerRow, InvoiceLineRow, InvoiceRow } from "./tables.ts";
import { assertName } from "./words.ts";

export interface CreditInput extends CreditPart {
  readonly invoice: Id<"invoice">;
  readonly reason: string;
  readonly nowMs: number;
}

type CreditNote = InvoiceOf<"credit_note">;

export type CreditOutcome = {
  readonly state: "credited" | "already";
  readonly creditNote: CreditNote;
};

/**
 * Takes an invoice back, whole or in part: a document and postings that mirror it. What was open of it is void, what was paid
 * counts towards other invoices or is balance again. To take the whole back a second time changes nothing; after parts it
 * takes the rest.
 */
export function* creditInvoice(input: CreditInput, also: AlsoPost): Steps<CreditOutcome> {
  assertName(input.reason, "reason");
  const invoice = yield* lockInvoice(input.invoice);
  const notes = yield* creditNotesOf(invoice.id);
  const left = leftOf(invoice, notes);
  const last = notes.at(-1);
  if (last && left.totalNanos === 0n) {
    if (isWhole(input)) return { state: "already", creditNote: last };
    throw new Refusal("conflict", "The invoice is credited whole: nothing of it is left.");
  }
  if (invoice.totalNanos === 0n)
    throw new Refusal("conflict", "The invoice is about nothing: there is no amount to credit.");
  const given = yield* queryOne(
    sql`select invoice from collections where invoice = ${invoice.id} and state = 'uncollectible'`,
  );
  if (given) throw new Refusal("conflict", "The invoice is written off: there is nothing left to credit.");
  const plan = last || !isWhole(input) ? planCredit(invoice, left, input) : undefined;
  const found = yield* contextOf(invoice, left.totalNanos - (plan?.totalNanos ?? left.totalNanos));
  const { creditNote, revenue } = yield* plan
    ? creditPart(invoice, found, plan, input)
    : creditWhole(invoice, found, input);
  yield* keepBack(invoice, found);
  if (plan) yield* collectPart(creditNote, plan.totalNanos === left.totalNanos);
  else yield* collectWhole(creditNote);
  yield* emit(issuedEvent(creditNote));
  const { product, partner } = found;
  yield* also({ document: creditNote, product, partner, revenue, bookedAtMs: input.nowMs, nowMs: input.nowMs });
  return { state: "credited", creditNote };
}

const isWhole = ({ amountNanos, lines }: CreditPart): boolean => amountNanos === undefined && lines === undefined;

function issuedEvent({ id, title, customer, credits, totalNanos, currency, issuedAtMs }: CreditNote): NewEvent {
  const data = { credit_note: id, number: title, credits, total_nanos: totalNanos, currency };
  return { kind: "credit_note.issued", customer, data, atMs: issuedAtMs, nowMs: issuedAtMs };
}

interface Credited {
  readonly creditNote: CreditNote;
  readonly revenue: readonly RevenueShare[];
}

function* creditWhole(invoice: InvoiceOf<"invoice">, found: CreditContext, input: CreditInput): Steps<Credited> {
  const { nowMs } = input;
  const { shares, booked, partner } = found;
  const usage = shares.map(({ model, release, partner: of, amount_nanos: amountNanos }): BackPosting => {
    return { kind: accountKinds.usageRevenue, amountNanos, dimensions: { model, release, partner: of } };
  });
  const rest = booked.map(({ kind, product, amount_nanos: amountNanos }): BackPosting => {
    return { kind, amountNanos, dimensions: { product } };
  });
  const postings = [...usage, ...rest];
  const back = { cause: invoice.id, totalNanos: invoice.totalNanos, postings, nowMs };
  const duePaidNanos = yield* postBack(invoice, found, back);
  const creditNote: CreditNote = {
    ...mirror(invoice),
    ...(yield* headOf(invoice, input)),
    dueNanos: found.terms === "postpaid" ? -invoice.totalNanos : -duePaidNanos,
  };
  yield* insertDocuments([creditNote]);
  const ownNanos = sumNanos(booked.filter(({ kind }) => ownKinds.has(kind)).map(({ amount_nanos }) => amount_nanos));
  return { creditNote, revenue: revenueOf(shares, ownNanos, partner) };
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

/** A part has no period: there may be several of one invoice, and one period is billed and credited whole once. */
function* creditPart(
  invoice: InvoiceOf<"invoice">,
  found: CreditContext,
  plan: CreditPlan,
  input: CreditInput,
): Steps<Credited> {
  const { nowMs } = input;
  const id = newId("creditNote", nowMs);
  const { postings, revenue } = planBack(invoice, found, plan);
  const duePaidNanos = yield* postBack(invoice, found, { cause: id, totalNanos: plan.totalNanos, postings, nowMs });
  const creditNote: CreditNote = {
    ...invoice,
    ...(yield* headOf(invoice, input)),
    id,
    period: null,
    lines: creditLines(invoice, plan),
    totalNanos: -plan.totalNanos,
    taxNanos: -plan.taxNanos,
    carriedInNanos: 0n,
    carriedOutNanos: 0n,
    dueNanos: found.terms === "postpaid" ? -plan.totalNanos : -duePaidNanos,
  };
  yield* insertDocuments([creditNote]);
  return { creditNote, revenue };
}

function* headOf(invoice: InvoiceOf<"invoice">, { reason, nowMs }: CreditInput) {
  return {
    kind: "credit_note" as const,
    id: newId("creditNote", nowMs),
    ...(yield* drawNumber({ seller: yield* sellerRow(), kind: "credit_note", nowMs })),
    credits: invoice.id,
    reason,
    payByMs: null,
    issuedAtMs: nowMs,
  };
}

/** What the credit covers of its own invoice is void; the rest counts towards others. */
function* collectWhole({ customer, credits, dueNanos, issuedAtMs: nowMs }: CreditNote): Steps<void> {
  const openNanos = (yield* endCollection(credits, "void", nowMs)) ?? 0n;
  yield* makeVoid(credits, nowMs);
  yield* applyFunds(customer, -dueNanos - openNanos, `credit_note ${credits}`, nowMs);
}

/** The credit pays its own invoice first; the rest counts towards others. When nothing is left of it, it is void. */
function* collectPart(note: CreditNote, isRest: boolean): Steps<void> {
  const { id, customer, credits, dueNanos, issuedAtMs: nowMs } = note;
  const source = `credit_note ${id}`;
  const row = yield* queryOne<{ open_nanos: Nanos }>(
    sql`select open_nanos from collections where invoice = ${credits} and state in ('open', 'overdue')`,
  );
  const openNanos = row?.open_nanos ?? 0n;
  const coveredNanos = openNanos < -dueNanos ? openNanos : -dueNanos;
  if (coveredNanos > 0n) yield* payCollection(credits, coveredNanos, source, nowMs);
  if (isRest) yield* makeVoid(credits, nowMs);
  yield* applyFunds(customer, -dueNanos - coveredNanos, source, nowMs);
}

function* makeVoid(invoice: Id<"invoice">, nowMs: number): Steps<void> {
  yield* query(sql`update collections set state = 'void', changed_at_ms = ${nowMs} where invoice = ${invoice}`);
}

/** What the invoice's own entry booked beside what it took from the customer; usage has entries of its own. */
function* bookedBy(invoice: InvoiceOf<"invoice">): Steps<BookedRow[]> {
  const cause = invoice.period ?? invoice.id;
  return yield* query<BookedRow>(sql`select a.kind, p.product, p.amount_nanos from ledger_entries e
    join ledger_postings p on p.entry = e.id join ledger_accounts a on a.id = p.account
    where e.kind = 'invoice' and e.cause = ${cause}
      and a.kind not in (${accountKinds.customer}, ${accountKinds.receivable}) order by p.position`);
}

/** `leftNanos` is what the credit note leaves of the invoice. */
function* contextOf(invoice: InvoiceOf<"invoice">, leftNanos: Nanos): Steps<CreditContext> {
  const { customer, period } = invoice;
  const row = yield* queryOne<Pick<CreditContext, "product" | "partner" | "terms"> & Pick<CustomerRow, "kept">>(
    sql`select s.product, c.partner, c.terms, c.kept from customers c
      left join subscriptions s on s.id = ${invoice.subscription} where c.id = ${customer}`,
  );
  const { kept, ...of } = must(row, "an invoice has a customer");
  if (kept === 1) yield* lockBudgets(customer);
  const keptNanos = kept === 1 && period !== null ? yield* keptBeyond(period, leftNanos) : 0n;
  const shares = period === null ? [] : yield* usageShares(period);
  return { ...of, keptNanos, leftNanos, shares, booked: yield* bookedBy(invoice) };
}

/** What kept credit had paid is kept credit again. */
function* keepBack({ customer, currency, period }: InvoiceOf<"invoice">, of: CreditContext): Steps<void> {
  if (of.keptNanos === 0n || period === null || of.product === null) return;
  yield* limitKept({ customer, currency, product: of.product }, period, of.leftNanos);
}

interface Back {
  /** The entry's. */
  readonly cause: string;
  readonly totalNanos: Nanos;
  readonly postings: readonly BackPosting[];
  readonly nowMs: number;
}

/** What the customer gets back, but not as kept credit, first pays what is due; returns that part. */
function* postBack(invoice: InvoiceOf<"invoice">, of: CreditContext, back: Back): Steps<Nanos> {
  const party = { customer: invoice.customer, currency: invoice.currency };
  const { postings: given, duePaidNanos } = yield* creditSplit(party, back.totalNanos - of.keptNanos);
  const kept = { account: accountOf("customer", party), amountNanos: of.keptNanos };
  const taken = back.postings.map(({ kind, amountNanos, dimensions }): NewPosting => {
    return { account: ofKind(kind, party), amountNanos: -amountNanos, dimensions };
  });
  yield* openAccounts(taken.map(({ account }) => account));
  yield* postFirstEntry({
    kind: "credit_note",
    cause: back.cause,
    atMs: back.nowMs,
    nowMs: back.nowMs,
    dimensions: { product: of.product, customer: party.customer, partner: of.partner },
    postings: [...given, kept, ...taken].filter((posting) => posting.amountNanos !== 0n),
  });
  return duePaidNanos;
}

const ofKind = (kind: string, { customer, currency }: AccountOwner) => ({ kind, owner: customer, currency });

/** Its row stays locked: two who credit parts of it wait for each other, so together they never credit more. */
function* lockInvoice(id: Id<"invoice">): Steps<InvoiceOf<"invoice">> {
  yield* query(sql`update collections set state = state where invoice = ${id}`);
  const row = yield* queryOne<InvoiceRow>(sql`select * from invoices where id = ${id} and kind = 'invoice'`);
  if (!row) throw notFound("invoice", id);
  return toInvoice(row, yield* linesOf(row)) as InvoiceOf<"invoice">;
}

/** In the order of their numbers. */
function* creditNotesOf(invoice: Id<"invoice">): Steps<CreditNote[]> {
  const rows = yield* query<InvoiceRow>(sql`select * from invoices where credits = ${invoice} order by number`);
  const notes: CreditNote[] = [];
  for (const row of rows) notes.push(toInvoice(row, yield* linesOf(row)) as CreditNote);
  return notes;
}

function* linesOf({ id }: InvoiceRow): Steps<InvoiceLineRow[]> {
  return yield* query<InvoiceLineRow>(sql`select * from invoice_lines where invoice = ${id} order by position`);
}
