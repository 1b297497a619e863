import { Refusal, notFound } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { openAccounts, postFirstEntry } from "../../ledger/index.ts";
import { type Queries, type Steps, queryOne, sql } from "../../store/index.ts";
import { accountOf } from "../accounts.ts";
import { emit } from "../event.ts";
import { creditSplit } from "../payment.ts";
import type { InvoiceRow } from "../tables.ts";
import { type Collection, endCollection, toCollection } from "./collection.ts";
import { collectionRow } from "./reads.ts";

/** Gives up what is open of an invoice: it becomes bad debt, and the customer owes it no longer. */
export async function writeOffInvoice(
  db: Queries,
  input: { readonly invoice: string; readonly nowMs: number },
): Promise<Collection> {
  const invoice = input.invoice as Id<"invoice">;
  await db.perform(writeOff(invoice, input.nowMs));
  return toCollection(await collectionRow(db, invoice));
}

function* writeOff(id: Id<"invoice">, nowMs: number): Steps<void> {
  const invoice = yield* queryOne<InvoiceRow>(sql`select * from invoices where id = ${id} and kind = 'invoice'`);
  if (!invoice) throw notFound("invoice", id);
  const openNanos = yield* endCollection(id, "uncollectible", nowMs);
  if (openNanos === undefined) throw new Refusal("conflict", "Nothing of the invoice is open.");
  const party = { customer: invoice.customer, currency: invoice.currency };
  const { postings } = yield* creditSplit(party, openNanos);
  const badDebt = accountOf("badDebt", party);
  yield* openAccounts([badDebt]);
  yield* postFirstEntry({
    kind: "write_off",
    cause: id,
    atMs: nowMs,
    nowMs,
    dimensions: { customer: party.customer },
    postings: [...postings, { account: badDebt, amountNanos: -openNanos }],
  });
  const data = { invoice: id, number: invoice.title, amount_nanos: openNanos, currency: party.currency };
  yield* emit({ kind: "invoice.uncollectible", customer: party.customer, data, atMs: nowMs, nowMs });
}
