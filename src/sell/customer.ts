import { Refusal, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import type { Currency, Nanos } from "../kernel/money.ts";
import { type Balance, balanceOf, openAccounts, openLimitedAccount, setCreditLimit } from "../ledger/index.ts";
import { type Queries, type Steps, query, queryOne, sql } from "../store/index.ts";
import { accountOf, unlimitedKinds } from "./accounts.ts";
import { assertTimeZone } from "./calendar.ts";
import { keptAside } from "./credits/kept.ts";
import { type Page, type PageAsk, limitOf, pageOf } from "./page.ts";
import { type RateLimits, limitsOf } from "./rates.ts";
import type { CustomerRow, SellTables } from "./tables.ts";
import { assertAmount, assertCurrency, assertName } from "./words.ts";

/** Whether a customer's inputs may be kept and learned from. */
export type DataUse = "none" | "improve";

/** Prepaid spends what was paid in; postpaid spends up to a credit limit and pays by invoice. */
export type Terms = { readonly kind: "prepaid" } | { readonly kind: "postpaid"; readonly creditLimitNanos: Nanos };

export interface Customer {
  readonly id: Id<"customer">;
  readonly name: string;
  readonly currency: Currency;
  readonly terms: Terms["kind"];
  readonly dataUse: DataUse;
  /** Who brought the customer; written by `channel`. */
  readonly partner: Id<"partner"> | null;
  /** Of its budgets' months and days. */
  readonly timeZone: string;
  /** In place of its plans'. */
  readonly limits: RateLimits;
  readonly createdAtMs: number;
}

export interface NewCustomer {
  readonly name: string;
  readonly currency: Currency;
  readonly terms: Terms;
  /** `none` unless given. */
  readonly dataUse?: DataUse;
  /** IANA name; UTC unless given. */
  readonly timeZone?: string;
  readonly nowMs: number;
}

export async function createCustomer(db: Queries, input: NewCustomer): Promise<Customer> {
  assertName(input.name);
  assertCurrency(input.currency);
  assertTimeZone(input.timeZone ?? "UTC");
  if (input.terms.kind === "postpaid") assertAmount(input.terms.creditLimitNanos, "credit_limit");
  const id = newId("customer", input.nowMs);
  await db.perform(insertCustomer(id, input));
  return getCustomer(db, id);
}

function* insertCustomer(id: Id<"customer">, input: NewCustomer): Steps<void> {
  const { name, currency, terms, dataUse = "none", timeZone = "UTC", nowMs } = input;
  yield* query(sql`insert into customers (id, name, currency, terms, data_use, time_zone, created_at_ms)
    values (${id}, ${name}, ${currency}, ${terms.kind}, ${dataUse}, ${timeZone}, ${nowMs})`);
  const party = { customer: id, currency };
  const creditLimitNanos = terms.kind === "postpaid" ? terms.creditLimitNanos : 0n;
  yield* openLimitedAccount({ account: accountOf("customer", party), creditLimitNanos });
  yield* openAccounts(unlimitedKinds.map((kind) => accountOf(kind, party)));
}

export async function getCustomer(db: Queries, id: string): Promise<Customer> {
  const table = db.as<SellTables>().selectFrom("customers").selectAll();
  const row = await table.where("id", "=", id as Id<"customer">).executeTakeFirst();
  if (!row) throw notFound("customer", id);
  return toCustomer(row);
}

/** All customers, or those of one partner. */
export async function listCustomers(
  db: Queries,
  ask: PageAsk & { partner?: Id<"partner"> } = {},
): Promise<Page<Customer>> {
  const limit = limitOf(ask);
  let found = db.as<SellTables>().selectFrom("customers").selectAll();
  if (ask.partner) found = found.where("partner", "=", ask.partner);
  if (ask.before) found = found.where("id", "<", ask.before as Id<"customer">);
  return pageOf(
    await found
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute(),
    limit,
    toCustomer,
  );
}

/** Changes a postpaid customer's credit limit; never below what is already used. */
export async function changeCreditLimit(
  db: Queries,
  input: { readonly customer: Id<"customer">; readonly creditLimitNanos: Nanos },
): Promise<void> {
  assertAmount(input.creditLimitNanos, "credit_limit");
  const { id: customer, currency, terms } = await getCustomer(db, input.customer);
  if (terms !== "postpaid") throw new Refusal("conflict", "A prepaid customer has no credit limit.");
  const account = accountOf("customer", { customer, currency });
  await db.perform(setCreditLimit({ account, creditLimitNanos: input.creditLimitNanos }));
}

export async function changeDataUse(
  db: Queries,
  input: { readonly customer: Id<"customer">; readonly dataUse: DataUse },
): Promise<Customer> {
  await db.perform(query(sql`update customers set data_use = ${input.dataUse} where id = ${input.customer}`));
  return getCustomer(db, input.customer);
}

/** The first partner sticks: whether this call was the one. Only `channel` calls it, with its recorded reason. */
export function* setCustomerPartner(input: {
  readonly customer: Id<"customer">;
  readonly partner: Id<"partner">;
}): Steps<boolean> {
  const row = yield* queryOne(sql`update customers set partner = ${input.partner}
    where id = ${input.customer} and partner is null returning id`);
  return row !== undefined;
}

export interface CustomerBalance extends Balance {
  readonly currency: Currency;
  /** Of the balance, what is kept to some products and waits for their requests. */
  readonly keptNanos: Nanos;
  /** What is owed because the balance could not pay it. */
  readonly dueNanos: Nanos;
}

/** available = balance + credit limit − held − kept. */
export async function balanceOfCustomer(db: Queries, customer: Id<"customer">): Promise<CustomerBalance> {
  const { currency } = await getCustomer(db, customer);
  const balance = await balanceOf(db, accountOf("customer", { customer, currency }));
  const receivable = await balanceOf(db, accountOf("receivable", { customer, currency }));
  const keptNanos = await db.perform(keptAside({ customer, currency }));
  return {
    ...balance,
    heldNanos: balance.heldNanos - keptNanos,
    currency,
    keptNanos,
    dueNanos: -receivable.balanceNanos,
  };
}

const toCustomer = (row: CustomerRow): Customer => ({
  id: row.id,
  name: row.name,
  currency: row.currency,
  terms: row.terms,
  dataUse: row.data_use,
  partner: row.partner,
  timeZone: row.time_zone,
  limits: limitsOf(row),
  createdAtMs: row.created_at_ms,
});
