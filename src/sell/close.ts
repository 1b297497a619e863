import { Refusal } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { sumNanos } from "../kernel/money.ts";
import { type Queries, type Steps, StoreError, queryOne, sql } from "../store/index.ts";
import { bookInvoice } from "./book.ts";
import { openCollection } from "./collect/collection.ts";
import { countDiscounted } from "./coupon.ts";
import { type GatheredPeriod, gatherFacts, gatherPeriod } from "./gather.ts";
import type { InvoiceOf } from "./invoice.ts";
import { type InvoicePlan, planInvoice } from "./invoice-plan.ts";
import { type AlsoPost, insertDocument, markInvoiced, nextNumber, nextTitle, revenueOf } from "./issue.ts";
import { pendingItems } from "./item.ts";
import { hasEnded, openPeriod } from "./period.ts";
import { getSubscription } from "./subscription.ts";
import type { PeriodRow, SellTables, SubscriptionRow } from "./tables.ts";
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
  | { readonly state: "in_flight"; readonly held: Quantities }
  /** The subscription has ended, and its last invoice is issued. */
  | { readonly state: "ended" };

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
  const gathered = yield* gatherPeriod(input.subscription);
  if (!gathered) return { state: "ended" };
  const { subscription, period } = gathered;
  const dueAtMs = period.end_ms + (input.graceMs ?? limits.usageGraceMs);
  if (dueAtMs > input.asOfMs) return { state: "not_due", dueAtMs };
  if (countsOf(gathered.held).length > 0) return { state: "in_flight", held: gathered.held };
  yield* shut(subscription, period, input.nowMs);
  const next = yield* queryOne(sql`select id from usage_periods
    where subscription = ${subscription.id} and ordinal = ${period.ordinal + 1}`);
  if (!next && !hasEnded(subscription, period)) yield* openPeriod(subscription.id, period);
  return { state: "issued", invoice: yield* issuePeriod(gathered, input.nowMs, also) };
}

/** What the invoice of the oldest open period would say if it were closed now. Refused when all is invoiced. */
export async function previewInvoice(db: Queries, subscription: Id<"subscription">): Promise<InvoicePlan> {
  return planInvoice((await gatherPreview(db, subscription)).facts);
}

/** All that a draft shows. */
export async function gatherPreview(db: Queries, subscription: Id<"subscription">): Promise<GatheredPeriod> {
  await getSubscription(db, subscription);
  const gathered = await db.perform(gatherPeriod(subscription));
  if (gathered) return gathered;
  throw new Refusal("conflict", "The subscription has ended, and its last invoice is issued.");
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

function* issuePeriod(gathered: GatheredPeriod, nowMs: number, also: AlsoPost): Steps<InvoiceOf<"invoice">> {
  const { subscription, period, customer, seller, shares, itemRows, redeemed, facts } = gathered;
  const { charges, ...plan } = planInvoice(facts);
  const overdrawnNanos = yield* bookInvoice({
    party: { customer: customer.id, currency: customer.currency },
    cause: period.id,
    plan: { ...plan, charges },
    items: itemRows,
    product: subscription.product,
    partner: customer.partner,
    atMs: period.end_ms - 1,
    nowMs,
  });
  const usageDueNanos = sumNanos(shares.map((share) => share.due_nanos));
  const document: InvoiceOf<"invoice"> = {
    ...plan,
    kind: "invoice",
    id: newId("invoice", nowMs),
    number: yield* nextNumber(),
    title: yield* nextTitle(seller, "invoice", nowMs),
    customer: customer.id,
    subscription: subscription.id,
    period: period.id,
    startMs: period.start_ms,
    endMs: period.end_ms,
    currency: customer.currency,
    dueNanos: customer.terms === "postpaid" ? plan.totalNanos : usageDueNanos + overdrawnNanos,
    parties: gathered.parties,
    payByMs: nowMs + seller.payment_days * 86_400_000,
    issuedAtMs: nowMs,
  };
  yield* insertDocument(document);
  yield* markInvoiced(itemRows, document.id);
  yield* countDiscounted(redeemed);
  yield* openCollection(document, seller);
  yield* also({
    document,
    product: subscription.product,
    partner: customer.partner,
    revenue: revenueOf(shares, charges.feeNanos + charges.addonNanos + charges.itemNanos, customer.partner),
    bookedAtMs: period.end_ms - 1,
    nowMs,
  });
  return document;
}

export interface IssueItemsInput {
  readonly customer: Id<"customer">;
  readonly nowMs: number;
}

/** An invoice of what waits to be invoiced, at once and alone. Refused when nothing does. */
export function* issueItems({ customer: id, nowMs }: IssueItemsInput, also: AlsoPost): Steps<InvoiceOf<"invoice">> {
  const items = yield* pendingItems(id, nowMs + 1);
  if (items.length === 0) throw new Refusal("conflict", "Nothing waits to be invoiced.");
  const { customer, seller, parties, facts } = yield* gatherFacts(id, items, nowMs);
  const { charges, ...plan } = planInvoice(facts);
  const invoice = newId("invoice", nowMs);
  const { partner, currency } = customer;
  const product = items[0]?.product ?? null;
  const overdrawnNanos = yield* bookInvoice({
    party: { customer: id, currency },
    cause: invoice,
    plan: { ...plan, charges },
    items,
    product,
    partner,
    atMs: nowMs,
    nowMs,
  });
  const document: InvoiceOf<"invoice"> = {
    ...plan,
    kind: "invoice",
    id: invoice,
    number: yield* nextNumber(),
    title: yield* nextTitle(seller, "invoice", nowMs),
    customer: id,
    subscription: null,
    period: null,
    startMs: Math.min(...items.map((item) => item.at_ms)),
    endMs: nowMs + 1,
    currency,
    dueNanos: customer.terms === "postpaid" ? plan.totalNanos : overdrawnNanos,
    parties,
    payByMs: nowMs + seller.payment_days * 86_400_000,
    issuedAtMs: nowMs,
  };
  yield* insertDocument(document);
  yield* markInvoiced(items, invoice);
  yield* openCollection(document, seller);
  yield* also({
    document,
    product,
    partner,
    revenue: revenueOf([], charges.itemNanos, partner),
    bookedAtMs: nowMs,
    nowMs,
  });
  return document;
}
