import { Refusal, must, notFound } from "../../kernel/errors.ts";
import { type Id, newId } from "../../kernel/ids.ts";
import { type Nanos, formatAmount } from "../../kernel/money.ts";
import { drawable, postFirstEntry } from "../../ledger/index.ts";
import { type Queries, type Steps, queryOne, sql } from "../../store/index.ts";
import { type AccountOwner, accountOf } from "../accounts.ts";
import { applyFunds } from "../collect/collection.ts";
import { clawBack } from "../credits/expire.ts";
import { insertGrant, paidRemaining, syncGrants, takeFromPaid } from "../credits/grant.ts";
import { emit } from "../event.ts";
import { type Payment, creditSplit, termsOf, toPayment } from "../payment.ts";
import type { CustomerRow } from "../tables.ts";
import type { FundsRow, PaymentRow } from "../tables-paid.ts";
import { assertAmount, assertName } from "../words.ts";

/*
 * Money that goes back: a refund that we give, one that the provider tells us of, a dispute that takes it, and a dispute
 * that is won. Each has a reference of its own and is booked once.
 */

export interface TakeBack {
  readonly payment: Id<"payment">;
  readonly amountNanos: Nanos;
  /** The bank's or the provider's name for it. */
  readonly reference: string;
  readonly nowMs: number;
}

/**
 * Gives money back that no invoice and no usage needs: of a prepaid balance, or of what waits on a postpaid account. Refused
 * beyond that, and beyond the payment.
 */
export async function refundPayment(db: Queries, input: TakeBack): Promise<Payment> {
  assertAmount(input.amountNanos, "amount", 1n);
  assertName(input.reference, "reference");
  return toPayment(await db.perform(refund(input)));
}

function* refund(input: TakeBack): Steps<PaymentRow> {
  const { party, payment, terms } = yield* gather(input.payment);
  const standing = yield* recorded(input, "refund");
  if (standing === "already") return payment;
  const leftNanos = payment.amount_nanos - payment.refunded_nanos - payment.disputed_nanos;
  if (input.amountNanos > leftNanos)
    throw new Refusal("conflict", `Of this payment ${formatAmount(leftNanos)} can be given back.`, { param: "amount" });
  if (terms === "postpaid") yield* assertUnapplied(party, input.amountNanos);
  else {
    const paidNanos = yield* paidRemaining(party, input.nowMs);
    if (paidNanos < input.amountNanos)
      throw new Refusal(
        "insufficient_credit",
        `Of the balance ${formatAmount(paidNanos)} was paid for and can be given back.`,
      );
  }
  const drawnNanos = yield* drawable(accountOf("customer", party), input.amountNanos);
  if (drawnNanos < input.amountNanos)
    throw new Refusal("insufficient_credit", `Of the balance ${formatAmount(drawnNanos)} can be given back.`);
  if (terms === "prepaid") yield* takeFromPaid(party, input.amountNanos, input.nowMs);
  return yield* takeBack(input, "refund", drawnNanos);
}

function* assertUnapplied({ customer }: AccountOwner, amountNanos: Nanos): Steps<void> {
  const funds = yield* queryOne<FundsRow>(sql`select * from funds where customer = ${customer}`);
  const waitingNanos = funds?.unapplied_nanos ?? 0n;
  if (waitingNanos >= amountNanos) return;
  throw new Refusal(
    "conflict",
    `Of this customer's money ${formatAmount(waitingNanos > 0n ? waitingNanos : 0n)} is on no invoice.`,
    { param: "amount", hint: "Credit the invoice first: millrace invoice credit" },
  );
}

/** What the provider has taken already cannot be refused: what the balance does not have becomes due. */
export function* forceBack(input: TakeBack, kind: "refund" | "dispute"): Steps<"done" | "already"> {
  const { party, payment } = yield* gather(input.payment);
  if ((yield* recorded(input, kind)) === "already") return "already";
  const leftNanos = payment.amount_nanos - payment.refunded_nanos - payment.disputed_nanos;
  const amountNanos = input.amountNanos < leftNanos ? input.amountNanos : leftNanos;
  if (amountNanos <= 0n) return "done";
  const drawnNanos = yield* drawable(accountOf("customer", party), amountNanos);
  yield* takeBack({ ...input, amountNanos }, kind, drawnNanos);
  return "done";
}

function* takeBack(input: TakeBack, kind: "refund" | "dispute", drawnNanos: Nanos): Steps<PaymentRow> {
  const { party, terms, payment } = yield* gather(input.payment);
  const { amountNanos, nowMs, payment: id, reference } = input;
  const owedNanos = amountNanos - drawnNanos;
  yield* postFirstEntry({
    kind,
    cause: `${id}/${reference}`,
    atMs: nowMs,
    nowMs,
    dimensions: { customer: party.customer },
    postings: [
      { account: accountOf("customer", party), amountNanos: -drawnNanos },
      { account: accountOf("receivable", party), amountNanos: -owedNanos },
      { account: accountOf("cash", party), amountNanos },
    ].filter((posting) => posting.amountNanos !== 0n),
  });
  yield* applyFunds(party.customer, -(terms === "postpaid" ? amountNanos : owedNanos), `${kind} ${reference}`, nowMs);
  if (terms === "prepaid")
    yield* clawBack(party, { payment: id, backNanos: amountNanos, paymentNanos: payment.amount_nanos, nowMs });
  const row =
    kind === "refund"
      ? sql`update payments set refunded_nanos = refunded_nanos + ${amountNanos} where id = ${id} returning *`
      : sql`update payments set disputed_nanos = disputed_nanos + ${amountNanos} where id = ${id} returning *`;
  const data = { payment: id, amount_nanos: amountNanos, currency: party.currency, reference };
  const told = kind === "refund" ? "payment.refunded" : "payment.disputed";
  yield* emit({ kind: told, customer: party.customer, data, atMs: nowMs, nowMs });
  return must(yield* queryOne<PaymentRow>(row), "a payment exists");
}

/** A dispute that ended in our favour: the money is back. */
export function* disputeWon(input: Omit<TakeBack, "amountNanos">): Steps<"done" | "already"> {
  const { party, payment, terms } = yield* gather(input.payment);
  const { nowMs, reference } = input;
  const amountNanos = payment.disputed_nanos;
  if (amountNanos === 0n || (yield* recorded({ ...input, amountNanos }, "won")) === "already") return "already";
  if (terms === "prepaid") yield* syncGrants(party, nowMs);
  const { postings, duePaidNanos } = yield* creditSplit(party, amountNanos);
  yield* postFirstEntry({
    kind: "dispute_won",
    cause: `${payment.id}/${reference}`,
    atMs: nowMs,
    nowMs,
    dimensions: { customer: party.customer },
    postings: [...postings, { account: accountOf("cash", party), amountNanos: -amountNanos }],
  });
  const toBalanceNanos = amountNanos - duePaidNanos;
  if (terms === "prepaid" && toBalanceNanos > 0n) {
    const back = { amountNanos: toBalanceNanos, source: "dispute won", payment: payment.id, nowMs };
    yield* insertGrant({ customer: party.customer, ...back }, "paid");
  }
  yield* applyFunds(
    party.customer,
    terms === "postpaid" ? amountNanos : duePaidNanos,
    `dispute_won ${reference}`,
    nowMs,
  );
  yield* queryOne(sql`update payments set disputed_nanos = 0 where id = ${payment.id} returning id`);
  return "done";
}

function* recorded({ payment, amountNanos, reference, nowMs }: TakeBack, kind: string): Steps<"fresh" | "already"> {
  const row = yield* queryOne(sql`insert into refunds (id, payment, kind, reference, amount_nanos, at_ms)
    values (${newId("refund", nowMs)}, ${payment}, ${kind}, ${reference}, ${amountNanos}, ${nowMs})
    on conflict do nothing returning id`);
  return row ? "fresh" : "already";
}

interface Gathered {
  readonly party: AccountOwner;
  readonly payment: PaymentRow;
  readonly terms: CustomerRow["terms"];
}

function* gather(id: Id<"payment">): Steps<Gathered> {
  const payment = yield* queryOne<PaymentRow>(sql`select * from payments where id = ${id}`);
  if (!payment) throw notFound("payment", id);
  const customer = yield* queryOne<CustomerRow>(sql`select * from customers where id = ${payment.customer}`);
  const { id: owner, currency } = must(customer, "a payment has a customer");
  return { payment, party: { customer: owner, currency }, terms: yield* termsOf(owner) };
}
