import { notFound } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import type { Currency, Nanos } from "../kernel/money.ts";
import type { Queries } from "../store/index.ts";
import type { LineAbout } from "./documents/view.ts";
import type { PlannedLine } from "./invoice-plan.ts";
import { type Page, type PageAsk, limitOf, pageOf } from "./page.ts";
import type { InvoiceLineRow, InvoiceRow, SellTables } from "./tables.ts";
import type { TaxDecision } from "./tax/decide.ts";

export interface Issued {
  /** Without gaps over invoices and credit notes. */
  readonly number: number;
  /** `INV-2026-000042`: what people call it, without gaps within its series and year. */
  readonly title: string;
  readonly customer: Id<"customer">;
  /** Null, as the period, for an invoice of items alone. */
  readonly subscription: Id<"subscription"> | null;
  readonly period: Id<"period"> | null;
  readonly startMs: number;
  readonly endMs: number;
  readonly currency: Currency;
  readonly lines: readonly PlannedLine[];
  readonly totalNanos: Nanos;
  /** Of the total; on top of the other lines or within them, as `tax` says. */
  readonly taxNanos: Nanos;
  readonly tax: TaxDecision;
  /** Seller and buyer as they were when it was issued, as JSON. */
  readonly parties: string;
  /** The part of the total that is to be paid; the rest came from the balance. A credit note's is what it forgives. */
  readonly dueNanos: Nanos;
  readonly carriedInNanos: Nanos;
  readonly carriedOutNanos: Nanos;
  /** Null of a credit note. */
  readonly payByMs: number | null;
  readonly issuedAtMs: number;
}

/** An issued bill, immutable; or its mirror image. */
export type Invoice =
  | (Issued & { readonly kind: "invoice"; readonly id: Id<"invoice"> })
  | (Issued & {
      readonly kind: "credit_note";
      readonly id: Id<"creditNote">;
      readonly credits: Id<"invoice">;
      readonly reason: string;
    });

export type InvoiceOf<K extends Invoice["kind"]> = Extract<Invoice, { kind: K }>;

/** Whose invoices may be seen: one customer's, or for the operator those of `"any"`. */
export type Scope = Id<"customer"> | "any";

export async function getInvoice(
  db: Queries,
  ask: { readonly customer: Scope; readonly invoice: string },
): Promise<Invoice> {
  let found = db.as<SellTables>().selectFrom("invoices").selectAll();
  found = found.where("id", "=", ask.invoice as InvoiceRow["id"]);
  if (ask.customer !== "any") found = found.where("customer", "=", ask.customer);
  const row = await found.executeTakeFirst();
  if (!row) throw notFound("invoice", ask.invoice);
  return toInvoice(row, await linesOf(db, [row.id]));
}

/** Invoices and credit notes, those issued last first. */
export async function listInvoices(db: Queries, ask: PageAsk & { readonly customer: Scope }): Promise<Page<Invoice>> {
  const limit = limitOf(ask);
  let found = db.as<SellTables>().selectFrom("invoices").selectAll();
  if (ask.customer !== "any") found = found.where("customer", "=", ask.customer);
  if (ask.before) {
    const before = db.as<SellTables>().selectFrom("invoices").select("number");
    found = found.where("number", "<", before.where("id", "=", ask.before as InvoiceRow["id"]));
  }
  const rows = await found
    .orderBy("number", "desc")
    .limit(limit + 1)
    .execute();
  const ids = rows.map((row) => row.id);
  const lines = await linesOf(db, ids);
  return pageOf(rows, limit, (row) => toInvoice(row, lines));
}

async function linesOf(db: Queries, invoices: readonly InvoiceRow["id"][]): Promise<InvoiceLineRow[]> {
  if (invoices.length === 0) return [];
  const table = db.as<SellTables>().selectFrom("invoice_lines").selectAll();
  return table.where("invoice", "in", invoices).orderBy("invoice").orderBy("position").execute();
}

export function toInvoice(row: InvoiceRow, lines: readonly InvoiceLineRow[]): Invoice {
  const issued: Issued = {
    number: row.number,
    title: row.title,
    customer: row.customer,
    subscription: row.subscription,
    period: row.period,
    startMs: row.start_ms,
    endMs: row.end_ms,
    currency: row.currency,
    lines: lines.filter((line) => line.invoice === row.id).map(toLine),
    totalNanos: row.total_nanos,
    taxNanos: row.tax_nanos,
    tax: JSON.parse(row.tax) as TaxDecision,
    parties: row.parties,
    dueNanos: row.due_nanos,
    carriedInNanos: row.carried_in_nanos,
    carriedOutNanos: row.carried_out_nanos,
    payByMs: row.pay_by_ms,
    issuedAtMs: row.issued_at_ms,
  };
  if (row.kind === "invoice") return { ...issued, kind: "invoice", id: row.id as Id<"invoice"> };
  const { id, credits, reason } = row as InvoiceRow & { id: Id<"creditNote">; credits: Id<"invoice">; reason: string };
  return { ...issued, kind: "credit_note", id, credits, reason };
}

const toLine = (row: InvoiceLineRow): PlannedLine => ({
  kind: row.kind,
  unit: row.unit,
  description: row.description,
  units: row.units,
  lateUnits: row.late_units,
  exactNanos: row.exact_nanos,
  amountNanos: row.amount_nanos,
  about: row.about === null ? null : (JSON.parse(row.about) as LineAbout),
});
