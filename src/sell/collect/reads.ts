import { dayMs } from "../../kernel/clock.ts";
import { notFound } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import type { Currency, Nanos } from "../../kernel/money.ts";
import type { Queries } from "../../store/index.ts";
import type { Scope } from "../invoice.ts";
import type { SellTables } from "../tables.ts";
import type { CollectionRow } from "../tables-paid.ts";
import { type Collection, toCollection } from "./collection.ts";

export async function collectionRow(db: Queries, invoice: string): Promise<CollectionRow> {
  const table = db.as<SellTables>().selectFrom("collections").selectAll();
  const row = await table.where("invoice", "=", invoice as Id<"invoice">).executeTakeFirst();
  if (!row) throw notFound("invoice", invoice);
  return row;
}

/** Where invoices are in their lives; those of before Millrace kept it are left out. */
export async function collectionsOf(
  db: Queries,
  invoices: readonly string[],
): Promise<ReadonlyMap<string, Collection>> {
  if (invoices.length === 0) return new Map();
  const table = db.as<SellTables>().selectFrom("collections").selectAll();
  const rows = await table.where("invoice", "in", invoices as Id<"invoice">[]).execute();
  return new Map(rows.map((row) => [row.invoice, toCollection(row)]));
}

export interface Allocation {
  /** What paid: `payment cus_…/bank-7`; below zero where it was taken back. */
  readonly source: string;
  readonly amountNanos: Nanos;
  readonly atMs: number;
}

export async function allocationsOf(
  db: Queries,
  ask: { readonly customer: Scope; readonly invoice: string },
): Promise<Allocation[]> {
  let found = db.as<SellTables>().selectFrom("allocations").selectAll();
  found = found.where("invoice", "=", ask.invoice as Id<"invoice">);
  if (ask.customer !== "any") found = found.where("customer", "=", ask.customer);
  const rows = await found.orderBy("id").execute();
  return rows.map((row) => ({ source: row.source, amountNanos: row.amount_nanos, atMs: row.at_ms }));
}

/** How old what is open is: by days since it should have been paid. */
export interface Ageing {
  readonly customer: Id<"customer">;
  readonly currency: Currency;
  readonly notDueNanos: Nanos;
  readonly days30Nanos: Nanos;
  readonly days60Nanos: Nanos;
  readonly days90Nanos: Nanos;
  readonly olderNanos: Nanos;
}

export async function receivableAgeing(db: Queries, nowMs: number): Promise<Ageing[]> {
  const rows = await db
    .as<SellTables>()
    .selectFrom("collections")
    .innerJoin("customers", "customers.id", "collections.customer")
    .select(["collections.customer", "customers.currency", "collections.open_nanos", "collections.pay_by_ms"])
    .where("collections.state", "in", ["open", "overdue"])
    .orderBy("collections.customer")
    .execute();
  const all = new Map<string, { -readonly [K in keyof Ageing]: Ageing[K] }>();
  for (const { customer, currency, open_nanos, pay_by_ms } of rows) {
    const none = { notDueNanos: 0n, days30Nanos: 0n, days60Nanos: 0n, days90Nanos: 0n, olderNanos: 0n };
    const own = all.get(customer) ?? { customer, currency, ...none };
    own[bucketOf(Math.ceil((nowMs - pay_by_ms) / dayMs))] += open_nanos;
    all.set(customer, own);
  }
  return [...all.values()];
}

function bucketOf(daysLate: number): "notDueNanos" | "days30Nanos" | "days60Nanos" | "days90Nanos" | "olderNanos" {
  if (daysLate <= 0) return "notDueNanos";
  if (daysLate <= 30) return "days30Nanos";
  if (daysLate <= 60) return "days60Nanos";
  return daysLate <= 90 ? "days90Nanos" : "olderNanos";
}
