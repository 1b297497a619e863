import type { Id } from "../kernel/ids.ts";
import { type Nanos, formatAmount } from "../kernel/money.ts";
import { Refusal, must } from "../kernel/errors.ts";
import { type NewPosting, amountOn, findEntry, lockBalance, postEntry } from "../ledger/index.ts";
import { type Queries, type Steps, queryOne, sql } from "../store/index.ts";
import { accountOf } from "./accounts.ts";
import { applyFunds } from "./collect/collection.ts";
import { getCustomer } from "./customer.ts";
import type { Party } from "./key.ts";
import type { CustomerRow } from "./tables.ts";
import { assertAmount, assertName } from "./words.ts";

export interface NewPayment {
  readonly customer: Id<"customer">;
  readonly amountNanos: Nanos;
  /** The bank's or the provider's name for it: each is booked once. */
  readonly reference: string;
  readonly nowMs: number;
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

function* bookPayment(party: Pick<Party, "customer" | "currency">, input: NewPayment): Steps<"posted" | "duplicate"> {
  const { amountNanos, nowMs } = input;
  const { postings, duePaidNanos } = yield* creditSplit(party, amountNanos);
  const { state } = yield* postEntry({
    kind: "payment",
    cause: causeOf(input),
    atMs: nowMs,
    nowMs,
    dimensions: { customer: party.customer },
    postings: [...postings, { account: accountOf("cash", party), amountNanos: -amountNanos }],
  });
  if (state === "duplicate") return state;
  const countsNanos = (yield* termsOf(party.customer)) === "postpaid" ? amountNanos : duePaidNanos;
  yield* applyFunds(party.customer, countsNanos, `payment ${causeOf(input)}`, nowMs);
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
  party: Pick<Party, "customer" | "currency">,
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
