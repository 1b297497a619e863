import { dayMs } from "../kernel/clock.ts";
import { Refusal, must } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Nanos, sumNanos } from "../kernel/money.ts";
import { type Queries, type Steps, StoreError, bulkStatement, inOrder, query } from "../store/index.ts";
import { type Booking, bookInvoices } from "./book.ts";
import { openCollections } from "./collect/collection.ts";
import { lockBudgets } from "./budgets/window.ts";
import { countDiscounted } from "./coupon.ts";
import { limitKept } from "./credits/kept.ts";
import { insertDocuments } from "./document.ts";
import { type GatheredPeriod, gatherPeriod, gatherPeriods } from "./gather.ts";
import type { InvoiceOf } from "./invoice.ts";
import { type Charges, type InvoicePlan, planInvoice } from "./invoice-plan.ts";
import { type AlsoPost, type DocumentNumber, type IssuedFacts, drawNumbers, markInvoiced, revenueOf } from "./issue.ts";
import { hasEnded, openPeriods } from "./period-opening.ts";
import { getSubscription } from "./subscription.ts";
import type { SellTables } from "./tables.ts";
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

export interface DueAsk {
  readonly asOfMs: number;
  readonly graceMs?: number;
}

/** Subscriptions that have a period to close. */
export async function dueSubscriptions(db: Queries, ask: DueAsk): Promise<Id<"subscription">[]> {
  return (await dueRows(db, ask)).map((row) => row.subscription);
}

/** The same in batches for `closePeriods`, in the same order: none has two of one customer. */
export async function dueBatches(db: Queries, ask: DueAsk): Promise<Id<"subscription">[][]> {
  const batches: Id<"subscription">[][] = [];
  let batch: Id<"subscription">[] = [];
  const customers = new Set<Id<"customer">>();
  for (const { subscription, customer } of await dueRows(db, ask)) {
    if (batch.length === 0 || batch.length === limits.closesAtOnce || customers.has(customer)) {
      batches.push((batch = []));
      customers.clear();
    }
    batch.push(subscription);
    customers.add(customer);
  }
  return batches;
}

function dueRows(db: Queries, { asOfMs, graceMs = limits.usageGraceMs }: DueAsk) {
  const open = db.as<SellTables>().selectFrom("usage_periods");
  return open
    .innerJoin("subscriptions", "subscriptions.id", "usage_periods.subscription")
    .select(["usage_periods.subscription", "subscriptions.customer"])
    .distinct()
    .where("usage_periods.state", "=", "open")
    .where("usage_periods.end_ms", "<=", asOfMs - graceMs)
    .orderBy("usage_periods.subscription")
    .execute();
}

export interface CloseManyInput extends Omit<CloseInput, "subscription"> {
  /** At most one of each customer. */
  readonly subscriptions: readonly Id<"subscription">[];
}

/**
 * Closes the oldest open period of a subscription and issues its invoice, whole or not at all. Call it again until
 * nothing is due; calling it once more changes nothing.
 */
export function* closePeriod(input: CloseInput, also: AlsoPost): Steps<CloseOutcome> {
  const { subscription, ...how } = input;
  const [outcome] = yield* closePeriods({ ...how, subscriptions: [subscription] }, also);
  return must(outcome, "each has an outcome");
}

/** The same for many subscriptions, all of them or none: numbered in their order. */
export function* closePeriods(input: CloseManyInput, also: AlsoPost): Steps<CloseOutcome[]> {
  const gathered = yield* gatherPeriods(input.subscriptions.map((subscription) => ({ subscription })));
  const decided = gathered.map((of) => decideClose(of, input));
  const closing = decided.flatMap((outcome) => (outcome.state === "due" ? [outcome.gathered] : []));
  yield* shut(closing, input.nowMs);
  yield* openNext(closing);
  const invoices = yield* issuePeriods(closing, input.nowMs, also);
  const issued = new Map(invoices.map((invoice) => [invoice.period, invoice]));
  return decided.map((outcome): CloseOutcome => {
    if (outcome.state !== "due") return outcome;
    return { state: "issued", invoice: must(issued.get(outcome.gathered.period.id), "what was due is issued") };
  });
}

type CloseDecision =
  | Exclude<CloseOutcome, { readonly state: "issued" }>
  | { readonly state: "due"; readonly gathered: GatheredPeriod };

function decideClose(gathered: GatheredPeriod | undefined, input: CloseManyInput): CloseDecision {
  if (!gathered) return { state: "ended" };
  const dueAtMs = gathered.period.end_ms + (input.graceMs ?? limits.usageGraceMs);
  if (dueAtMs > input.asOfMs) return { state: "not_due", dueAtMs };
  if (countsOf(gathered.held).length > 0) return { state: "in_flight", held: gathered.held };
  return { state: "due", gathered };
}

/** What the invoice of the oldest open period would say if it were closed now. Refused when all is invoiced. */
export async function previewInvoice(db: Queries, subscription: Id<"subscription">): Promise<InvoicePlan> {
  return planInvoice((await gatherPreview(db, subscription)).facts);
}

/** All that a draft shows. */
export async function gatherPreview(db: Queries, subscription: Id<"subscription">): Promise<GatheredPeriod> {
  await getSubscription(db, subscription);
  const gathered = await db.perform(gatherPeriod({ subscription }));
  if (gathered) return gathered;
  throw new Refusal("conflict", "The subscription has ended, and its last invoice is issued.");
}

/** Fails, to run again, when somebody else has closed one of them meanwhile. */
function* shut(closing: readonly GatheredPeriod[], nowMs: number): Steps<void> {
  if (closing.length === 0) return;
  const next = yield* query(
    moveOn(inOrder(closing.map(({ subscription, period }) => [subscription.id, period.ordinal]))),
  );
  const closed = yield* query(shutEach(inOrder(closing.map(({ period }) => [period.id, nowMs]))));
  if (next.length < closing.length || closed.length < closing.length)
    throw new StoreError("busy", "a period changed while it was being closed; the unit runs again");
}

const moveOn = bulkStatement(
  { id: "text", ordinal: "bigint" },
  {
    each: "update subscriptions set next_ordinal = next_ordinal + 1 where id = ?1 and next_ordinal = ?2 returning id",
    all: `update subscriptions set next_ordinal = next_ordinal + 1 from given
      where subscriptions.id = given.id and next_ordinal = given.ordinal returning subscriptions.id`,
  },
);

const shutEach = bulkStatement(
  { id: "text", closed_at_ms: "bigint" },
  {
    each: "update usage_periods set state = 'closed', closed_at_ms = ?2 where id = ?1 and state = 'open' returning id",
    all: `update usage_periods set state = 'closed', closed_at_ms = given.closed_at_ms from given
      where usage_periods.id = given.id and state = 'open' returning usage_periods.id`,
  },
);

/** The period after each, unless usage has opened it already. */
function* openNext(closing: readonly GatheredPeriod[]): Steps<void> {
  const going = closing.filter(({ subscription, period }) => !hasEnded(subscription, period));
  const asked = going.map(({ subscription, period }) => [subscription.id, period.ordinal + 1]);
  const rows = yield* query<{ subscription: Id<"subscription"> }>(findNext(asked));
  const opened = new Set(rows.map((row) => row.subscription));
  yield* openPeriods(
    going
      .filter(({ subscription }) => !opened.has(subscription.id))
      .map(({ subscription, period }) => ({ subscription: subscription.id, last: period })),
  );
}

const findNext = bulkStatement(
  { subscription: "text", ordinal: "bigint" },
  {
    each: "select subscription from usage_periods where subscription = ?1 and ordinal = ?2",
    all: `select p.subscription from usage_periods p
      join given on p.subscription = given.subscription and p.ordinal = given.ordinal`,
  },
);

function* issuePeriods(
  closing: readonly GatheredPeriod[],
  nowMs: number,
  also: AlsoPost,
): Steps<InvoiceOf<"invoice">[]> {
  const [first] = closing;
  if (!first) return [];
  const { seller } = first;
  const plans = closing.map(({ facts }) => planInvoice(facts));
  const kept = closing.filter(({ period }) => period.kept === 1);
  for (const id of kept.map(({ customer }) => customer.id).sort()) yield* lockBudgets(id);
  const overdrawn = yield* bookInvoices(closing.map((of, at) => bookingOf(of, must(plans[at], "planned"), nowMs)));
  for (const of of kept) {
    const party = { customer: of.customer.id, currency: of.customer.currency, product: of.subscription.product };
    yield* limitKept(party, of.period.id, must(plans[closing.indexOf(of)], "planned").totalNanos);
  }
  const numbers = yield* drawNumbers({ seller, kind: "invoice", nowMs }, closing.length);
  const documents = closing.map((of, at): InvoiceOf<"invoice"> => {
    const { charges: _charges, ...plan } = must(plans[at], "planned");
    return { ...documentOf(of, plan, overdrawn[at] ?? 0n, nowMs), ...must(numbers[at], "numbered") };
  });
  yield* insertDocuments(documents);
  yield* markInvoiced(
    closing.flatMap(({ itemRows }, at) => {
      return itemRows.map((item) => ({ item, invoice: must(documents[at], "each has its invoice").id }));
    }),
  );
  yield* countDiscounted(closing.flatMap(({ redeemed }) => redeemed));
  yield* openCollections(documents, seller);
  for (const [at, document] of documents.entries()) {
    const of = must(closing[at], "an invoice is of a period");
    yield* also(factsFor(of, document, must(plans[at], "planned").charges));
  }
  return documents;
}

function bookingOf(
  { customer, subscription, period, itemRows }: GatheredPeriod,
  plan: Planned,
  nowMs: number,
): Booking {
  return {
    party: { customer: customer.id, currency: customer.currency },
    cause: period.id,
    plan,
    items: itemRows,
    product: subscription.product,
    partner: customer.partner,
    atMs: period.end_ms - 1,
    nowMs,
  };
}

type Planned = InvoicePlan & { readonly charges: Charges };

function documentOf(
  { customer, subscription, period, seller, parties, shares }: GatheredPeriod,
  plan: InvoicePlan,
  overdrawnNanos: Nanos,
  nowMs: number,
): Omit<InvoiceOf<"invoice">, keyof DocumentNumber> {
  const usageDueNanos = sumNanos(shares.map((share) => share.due_nanos));
  return {
    ...plan,
    kind: "invoice",
    id: newId("invoice", nowMs),
    customer: customer.id,
    subscription: subscription.id,
    period: period.id,
    startMs: period.start_ms,
    endMs: period.end_ms,
    currency: customer.currency,
    dueNanos: customer.terms === "postpaid" ? plan.totalNanos : usageDueNanos + overdrawnNanos,
    parties,
    payByMs: nowMs + seller.payment_days * dayMs,
    issuedAtMs: nowMs,
  };
}

function factsFor(of: GatheredPeriod, document: InvoiceOf<"invoice">, charges: Charges): IssuedFacts {
  const { customer, subscription, period, shares } = of;
  return {
    document,
    product: subscription.product,
    partner: customer.partner,
    revenue: revenueOf(shares, charges.feeNanos + charges.addonNanos + charges.itemNanos, customer.partner),
    bookedAtMs: period.end_ms - 1,
    nowMs: document.issuedAtMs,
  };
}
