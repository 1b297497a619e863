import { must } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Nanos, sumNanos } from "../kernel/money.ts";
import { drawable, postFirstEntry } from "../ledger/index.ts";
import { type Queries, type Steps, StoreError, queryOne, sql } from "../store/index.ts";
import { accountOf } from "./accounts.ts";
import { parseComponents } from "./component.ts";
import { countersOf } from "./counters.ts";
import type { InvoiceOf } from "./invoice.ts";
import { type InvoicePlan, type PeriodFacts, planInvoice } from "./invoice-plan.ts";
import { type AlsoPost, type UsageShareRow, insertDocument, nextNumber, revenueOf, usageShares } from "./issue.ts";
import { openPeriod } from "./period.ts";
import { subscriptionRow } from "./subscription.ts";
import type { CustomerRow, PeriodRow, SellTables, SubscriptionRow } from "./tables.ts";
import { type Quantities, countsOf } from "./units.ts";

export interface CloseInput {
  readonly subscription: Id<"subscription">;
  /** Periods whose end and grace lie at or before this are closed; usually now. */
  readonly asOfMs: number;
  /** How long after its end a period still takes usage; an hour unless given. */
  readonly graceMs?: number;
  readonly nowMs: number;
}

export type CloseOutcome =
  | { readonly state: "issued"; readonly invoice: InvoiceOf<"invoice"> }
  | { readonly state: "not_due"; readonly dueAtMs: number }
  /** Requests are still being answered: their units must be known first. */
  | { readonly state: "in_flight"; readonly held: Quantities };

/** Subscriptions that have a period to close. */
export async function dueSubscriptions(
  db: Queries,
  { asOfMs, graceMs = limits.usageGraceMs }: { readonly asOfMs: number; readonly graceMs?: number },
): Promise<Id<"subscription">[]> {
  const open = db.as<SellTables>().selectFrom("usage_periods").select("subscription").distinct();
  const rows = await open
    .where("state", "=", "open")
    .where("end_ms", "<=", asOfMs - graceMs)
    .orderBy("subscription")
    .execute();
  return rows.map((row) => row.subscription);
}

/**
 * Closes the oldest open period of a subscription and issues its invoice, whole or not at all. Call it again until
 * nothing is due; calling it once more changes nothing.
 */
export function* closePeriod(input: CloseInput, also: AlsoPost): Steps<CloseOutcome> {
  const facts = yield* gather(input.subscription);
  const { subscription, period } = facts;
  const dueAtMs = period.end_ms + (input.graceMs ?? limits.usageGraceMs);
  if (dueAtMs > input.asOfMs) return { state: "not_due", dueAtMs };
  if (countsOf(facts.held).length > 0) return { state: "in_flight", held: facts.held };
  yield* shut(subscription, period, input.nowMs);
  yield* openPeriod(subscription, period.ordinal + 1);
  return { state: "issued", invoice: yield* apply(facts, planInvoice(facts), input.nowMs, also) };
}

/** What the invoice of the oldest open period would say if it were closed now. */
export async function previewInvoice(db: Queries, subscription: Id<"subscription">): Promise<InvoicePlan> {
  return planInvoice(await db.perform(gather(subscription)));
}

interface Gathered extends PeriodFacts {
  readonly subscription: SubscriptionRow;
  readonly customer: CustomerRow;
  readonly period: PeriodRow;
  readonly held: Quantities;
  readonly shares: readonly UsageShareRow[];
}

/** Reads a period whole; it is locked first, as whoever counts in it does, so nothing changes until the unit ends. */
function* gather(id: Id<"subscription">): Steps<Gathered> {
  const subscription = yield* subscriptionRow(id);
  const customer = must(
    yield* queryOne<CustomerRow>(sql`select * from customers where id = ${subscription.customer}`),
    "a subscription has a customer",
  );
  const period = must(
    yield* queryOne<PeriodRow>(
      sql`update usage_periods set state = state
        where subscription = ${id} and ordinal = ${subscription.next_ordinal} returning *`,
    ),
    "a subscription has an open period",
  );
  const names = yield* queryOne<{
    product: string;
    plan: string;
  }>(sql`select products.name as product, plans.name as plan
    from plans join products on products.id = plans.product where plans.id = ${subscription.plan}`);
  const { used, held, late } = yield* countersOf(period.id);
  const shares = yield* usageShares(period.id);
  return {
    ...must(names, "a subscription has a plan"),
    subscription,
    customer,
    period,
    shares,
    currency: customer.currency,
    feeNanos: period.fee_nanos,
    components: parseComponents(period.components),
    used,
    held,
    late,
    usage: {
      units: shares.reduce((sum, share) => sum + share.units, 0),
      amountNanos: sumNanos(shares.map((share) => share.amount_nanos)),
    },
    carriedInNanos: yield* carriedInto(subscription),
  };
}

function* carriedInto(subscription: SubscriptionRow): Steps<Nanos> {
  const last = yield* queryOne<{ carried_out_nanos: Nanos }>(sql`select i.carried_out_nanos from invoices i
    join usage_periods p on p.id = i.period
    where p.subscription = ${subscription.id} and p.ordinal = ${subscription.next_ordinal - 1} and i.kind = 'invoice'`);
  return last?.carried_out_nanos ?? 0n;
}

/** Fails, to run again, when somebody else has closed it meanwhile. */
function* shut(subscription: SubscriptionRow, period: PeriodRow, nowMs: number): Steps<void> {
  const next = yield* queryOne(sql`update subscriptions set next_ordinal = next_ordinal + 1
    where id = ${subscription.id} and next_ordinal = ${period.ordinal} returning id`);
  const closed = yield* queryOne(sql`update usage_periods set state = 'closed', closed_at_ms = ${nowMs}
    where id = ${period.id} and state = 'open' returning id`);
  if (!next || !closed)
    throw new StoreError("busy", "the period changed while it was being closed; the unit runs again");
}

function* apply(facts: Gathered, plan: InvoicePlan, nowMs: number, also: AlsoPost): Steps<InvoiceOf<"invoice">> {
  const { subscription, period, customer, shares } = facts;
  const overdrawnNanos = yield* charge(facts, plan, nowMs);
  const usageDueNanos = sumNanos(shares.map((share) => share.due_nanos));
  const document: InvoiceOf<"invoice"> = {
    ...plan,
    kind: "invoice",
    id: newId("invoice", nowMs),
    number: yield* nextNumber(),
    customer: customer.id,
    subscription: subscription.id,
    period: period.id,
    startMs: period.start_ms,
    endMs: period.end_ms,
    currency: customer.currency,
    dueNanos: customer.terms === "postpaid" ? plan.totalNanos : usageDueNanos + overdrawnNanos,
    issuedAtMs: nowMs,
  };
  yield* insertDocument(document);
  yield* also({
    document,
    product: subscription.product,
    partner: customer.partner,
    revenue: revenueOf(shares, facts.feeNanos, customer.partner),
    bookedAtMs: period.end_ms - 1,
    nowMs,
  });
  return document;
}

/**
 * Posts what usage has not posted: the fee, and the rounding. Then usage entries and this one together have taken
 * exactly the invoice's total. Returns what the balance could not pay.
 */
function* charge(facts: Gathered, plan: InvoicePlan, nowMs: number): Steps<Nanos> {
  const { subscription, period, feeNanos } = facts;
  const party = { customer: facts.customer.id, currency: facts.customer.currency };
  const roundingNanos = plan.carriedInNanos - plan.carriedOutNanos;
  const chargeNanos = feeNanos + roundingNanos;
  const account = accountOf("customer", party);
  const dueNanos = chargeNanos > 0n ? chargeNanos - (yield* drawable(account, chargeNanos)) : 0n;
  const postings = [
    { account, amountNanos: dueNanos - chargeNanos },
    { account: accountOf("receivable", party), amountNanos: -dueNanos },
    { account: accountOf("feeRevenue", party), amountNanos: feeNanos },
    { account: accountOf("rounding", party), amountNanos: roundingNanos },
  ].filter((posting) => posting.amountNanos !== 0n);
  if (postings.length > 0) {
    yield* postFirstEntry({
      kind: "invoice",
      cause: period.id,
      atMs: period.end_ms - 1,
      nowMs,
      dimensions: { product: subscription.product, customer: party.customer, partner: facts.customer.partner },
      postings,
    });
  }
  return dueNanos;
}
