import { Refusal, must, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { type Nanos, formatAmount } from "../kernel/money.ts";
import { type NewPosting, amountOn, findEntry, lockBalance, postEntry } from "../ledger/index.ts";
import { type Queries, type Steps, query, queryOne, sql } from "../store/index.ts";
import { type AccountOwner, accountOf } from "./accounts.ts";
import { applyFunds } from "./collect/collection.ts";
import { insertGrant, syncGrants } from "./credits/grant.ts";
import { getCustomer } from "./customer.ts";
import { emit } from "./event.ts";
import { type Page, type PageAsk, limitOf, pageOf } from "./page.ts";
import type { CustomerRow, SellTables } from "./tables.ts";
import type { PaymentRow } from "./tables-paid.ts";
import { assertAmount, assertName } from "./words.ts";

export interface NewPayment {
  readonly customer: Id<"customer">;
  readonly amountNanos: Nanos;
  /** The bank's or the provider's name for it: each is booked once. */
  readonly reference: string;
  /** `manual`, a bank transfer for instance, unless given. */
  readonly provider?: string;
  readonly nowMs: number;
}

export interface Payment {
  readonly id: Id<"payment">;
  readonly customer: Id<"customer">;
  readonly provider: string;
  readonly reference: string;
  readonly amountNanos: Nanos;
  readonly refundedNanos: Nanos;
  readonly disputedNanos: Nanos;
  readonly receivedAtMs: number;
}

/** Books money that came in: it pays what is due first, the rest is balance. The same reference again changes nothing. */
export async function receivePayment(
  db: Queries,
  input: NewPayment,
): Promise<{ readonly state: "received" | "duplicate" }> {
  assertAmount(input.amountNanos, "amount", 1n);
  assertName(input.reference, "reference");
  const { id: customer, currency } = await getCustomer(db, input.customer);
  const state = await db.perform(bookPayment({ customer, currency }, input));
  if (state === "posted") return { state: "received" };
  const standing = await findEntry(db, "payment", causeOf(input));
  const bookedNanos = standing ? -amountOn(standing, accountOf("cash", { customer, currency })) : 0n;
  if (bookedNanos === input.amountNanos) return { state: "duplicate" };
  throw new Refusal(
    "conflict",
    `The payment "${input.reference}" is booked already, over ${formatAmount(bookedNanos)}.`,
    {
      param: "reference",
    },
  );
}

function* bookPayment(party: AccountOwner, input: NewPayment): Steps<"posted" | "duplicate"> {
  const { amountNanos, reference, provider = "manual", nowMs } = input;
  const { customer, currency } = party;
  const prepaid = (yield* termsOf(customer)) === "prepaid";
  if (prepaid) yield* syncGrants(party, nowMs);
  const { postings, duePaidNanos } = yield* creditSplit(party, amountNanos);
  const { state } = yield* postEntry({
    kind: "payment",
    cause: causeOf(input),
    atMs: nowMs,
    nowMs,
    dimensions: { customer },
    postings: [...postings, { account: accountOf("cash", party), amountNanos: -amountNanos }],
  });
  if (state === "duplicate") return state;
  const id = newId("payment", nowMs);
  yield* query(sql`insert into payments (id, customer, provider, reference, amount_nanos, refunded_nanos, disputed_nanos,
      received_at_ms)
    values (${id}, ${customer}, ${provider}, ${reference}, ${amountNanos}, 0, 0, ${nowMs})`);
  const toBalanceNanos = amountNanos - duePaidNanos;
  if (prepaid && toBalanceNanos > 0n)
    yield* insertGrant({ customer, amountNanos: toBalanceNanos, source: "payment", payment: id, nowMs }, "paid");
  const countsNanos = prepaid ? duePaidNanos : amountNanos;
  yield* applyFunds(customer, countsNanos, `payment ${reference}`, nowMs);
  const data = { payment: id, amount_nanos: amountNanos, currency, provider, reference };
  yield* emit({ kind: "payment.received", customer, data, atMs: nowMs, nowMs });
  return state;
}

const causeOf = ({ customer, reference }: NewPayment): string => `${customer}/${reference}`;

/** Whether a customer pays by invoice: then all that it pays counts towards invoices, otherwise what was due does. */
export function* termsOf(customer: Id<"customer">): Steps<CustomerRow["terms"]> {
  const row = yield* queryOne<CustomerRow>(sql`select * from customers where id = ${customer}`);
  return must(row, "a customer exists").terms;
}

/** How an amount in a customer's favour is booked: against what is due, and what is left to the balance. */
export function* creditSplit(
  party: AccountOwner,
  amountNanos: Nanos,
): Steps<{ readonly postings: readonly NewPosting[]; readonly duePaidNanos: Nanos }> {
  const receivable = accountOf("receivable", party);
  const dueNanos = -(yield* lockBalance(receivable)).balanceNanos;
  const duePaidNanos = dueNanos < amountNanos ? dueNanos : amountNanos;
  const postings = [
    { account: receivable, amountNanos: duePaidNanos },
    { account: accountOf("customer", party), amountNanos: amountNanos - duePaidNanos },
  ].filter((posting) => posting.amountNanos !== 0n);
  return { postings, duePaidNanos };
}

export async function getPayment(db: Queries, id: string): Promise<Payment> {
  const table = db.as<SellTables>().selectFrom("payments").selectAll();
  const row = await table.where("id", "=", id as Id<"payment">).executeTakeFirst();
  if (!row) throw notFound("payment", id);
  return toPayment(row);
}

export async function listPayments(
  db: Queries,
  ask: PageAsk & { readonly customer: Id<"customer"> | "any" },
): Promise<Page<Payment>> {
  const limit = limitOf(ask);
  let found = db.as<SellTables>().selectFrom("payments").selectAll();
  if (ask.customer !== "any") found = found.where("customer", "=", ask.customer);
  if (ask.before) found = found.where("id", "<", ask.before as Id<"payment">);
  return pageOf(
    await found
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute(),
    limit,
    toPayment,
  );
}

export const toPayment = (row: PaymentRow): Payment => ({
  id: row.id,
  customer: row.customer,
  provider: row.provider,
  reference: row.reference,
  amountNanos: row.amount_nanos,
  refundedNanos: row.refunded_nanos,
  disputedNanos: row.disputed_nanos,
  receivedAtMs: row.received_at_ms,
});
