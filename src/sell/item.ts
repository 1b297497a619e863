import { Refusal, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type { Nanos } from "../kernel/money.ts";
import { type Queries, type Steps, bulkStatement, query, queryOne, sql } from "../store/index.ts";
import { getCustomer } from "./customer.ts";
import type { Service } from "./documents/view.ts";
import { groupBy } from "./group.ts";
import { type Page, type PageAsk, limitOf, pageOf } from "./page.ts";
import { getProduct } from "./product.ts";
import type { InvoiceItemRow, SellTables } from "./tables.ts";
import { assertAmount, assertName, assertUnits } from "./words.ts";

export const services: readonly Service[] = ["dataset_licence", "labelling", "project", "course", "other"];

/** Something done or handed over beside the API, which the customer's next invoice bills as a line. */
export interface InvoiceItem {
  readonly id: Id<"invoiceItem">;
  readonly customer: Id<"customer">;
  readonly service: Service;
  readonly description: string;
  /** Reviewed items, days, milestones, records. */
  readonly quantity: number;
  readonly unitNanos: Nanos;
  readonly product: Id<"product"> | null;
  readonly state:
    | { readonly state: "pending" }
    | { readonly state: "invoiced"; readonly invoice: Id<"invoice"> }
    | { readonly state: "removed" };
  /** When it was done. */
  readonly atMs: number;
}

export interface NewInvoiceItem {
  readonly customer: Id<"customer">;
  readonly service: Service;
  readonly description: string;
  /** 1 unless given. */
  readonly quantity?: number;
  readonly unitNanos: Nanos;
  readonly product?: Id<"product"> | null;
  readonly atMs?: number;
  readonly nowMs: number;
}

export async function addInvoiceItem(db: Queries, input: NewInvoiceItem): Promise<InvoiceItem> {
  const { customer, service, description, quantity = 1, unitNanos, product = null, nowMs, atMs = nowMs } = input;
  if (!services.includes(service))
    throw new Refusal("invalid_request", `A service is one of ${services.join(", ")}.`, { param: "service" });
  assertName(description, "description");
  assertUnits(quantity, limits.itemQuantityMax, "quantity");
  assertAmount(unitNanos, "unit_amount", 1n);
  assertAmount(unitNanos * BigInt(quantity), "unit_amount");
  await getCustomer(db, customer);
  if (product !== null) await getProduct(db, product);
  const id = newId("invoiceItem", nowMs);
  await db.perform(
    query(sql`insert into invoice_items
        (id, customer, service, description, quantity, unit_nanos, product, state, at_ms, invoice, created_at_ms)
      values (${id}, ${customer}, ${service}, ${description}, ${quantity}, ${unitNanos}, ${product}, 'pending', ${atMs},
        null, ${nowMs})`),
  );
  return getInvoiceItem(db, id);
}

/** Before it is invoiced. Removing again changes nothing. */
export async function removeInvoiceItem(db: Queries, id: string): Promise<InvoiceItem> {
  const removed = await db.perform(
    queryOne(sql`update invoice_items set state = 'removed' where id = ${id} and state <> 'invoiced' returning id`),
  );
  const item = await getInvoiceItem(db, id);
  if (removed) return item;
  throw new Refusal("conflict", "The item is on an invoice: credit that instead.");
}

export async function getInvoiceItem(db: Queries, id: string): Promise<InvoiceItem> {
  const row = await db.perform(queryOne<InvoiceItemRow>(sql`select * from invoice_items where id = ${id}`));
  if (!row) throw notFound("invoice item", id);
  return toItem(row);
}

export async function listInvoiceItems(
  db: Queries,
  ask: PageAsk & { readonly customer: Id<"customer"> },
): Promise<Page<InvoiceItem>> {
  const limit = limitOf(ask);
  let found = db.as<SellTables>().selectFrom("invoice_items").selectAll().where("customer", "=", ask.customer);
  if (ask.before) found = found.where("id", "<", ask.before as Id<"invoiceItem">);
  return pageOf(
    await found
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute(),
    limit,
    toItem,
  );
}

/** What waits to be invoiced, done before the instant. */
export function* pendingItems(customer: Id<"customer">, beforeMs: number): Steps<InvoiceItemRow[]> {
  return (yield* pendingItemsOf([{ customer, beforeMs }])).get(customer) ?? [];
}

/** The same for many customers, each of them named once. */
export function* pendingItemsOf(
  asks: readonly { readonly customer: Id<"customer">; readonly beforeMs: number }[],
): Steps<ReadonlyMap<Id<"customer">, InvoiceItemRow[]>> {
  const rows = yield* query<InvoiceItemRow>(readPending(asks.map(({ customer, beforeMs }) => [customer, beforeMs])));
  return groupBy(rows, ({ customer }) => customer);
}

const readPending = bulkStatement(
  { customer: "text", before_ms: "bigint" },
  {
    each: "select * from invoice_items where customer = ?1 and state = 'pending' and at_ms < ?2 order by id",
    all: `select i.* from invoice_items i join given on i.customer = given.customer
      where i.state = 'pending' and i.at_ms < given.before_ms order by i.id`,
  },
);

function toItem(row: InvoiceItemRow): InvoiceItem {
  const { id, customer, service, description, quantity, product } = row;
  const state =
    row.state === "invoiced" && row.invoice !== null
      ? ({ state: "invoiced", invoice: row.invoice } as const)
      : ({ state: row.state === "removed" ? "removed" : "pending" } as const);
  return { id, customer, service, description, quantity, unitNanos: row.unit_nanos, product, state, atMs: row.at_ms };
}
