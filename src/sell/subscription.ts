import { dayMs } from "../kernel/clock.ts";
import { Refusal, must, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { type Queries, type Steps, query, queryOne, sql } from "../store/index.ts";
import { type Cycle, assertTimeZone } from "./calendar.ts";
import { getCustomer } from "./customer.ts";
import { emit } from "./event.ts";
import { type Page, type PageAsk, limitOf, pageOf } from "./page.ts";
import { lastPeriod, openPeriod } from "./period-opening.ts";
import { type Plan, getPlan } from "./plan.ts";
import { formatCycle, parseCycle } from "./plan-cycle.ts";
import type { SellTables, SubscriptionChangeRow, SubscriptionRow } from "./tables.ts";

export interface Subscription {
  readonly id: Id<"subscription">;
  readonly customer: Id<"customer">;
  readonly product: Id<"product">;
  readonly plan: Id<"plan">;
  /** Periods start at this instant's wall-clock time in the zone, or with the calendar's there. */
  readonly anchorMs: number;
  readonly timeZone: string;
  readonly cycle: Cycle;
  /** Nothing is charged before it; null without a trial. */
  readonly trialEndsMs: number | null;
  /** The plan that takes over, and when. */
  readonly next: { readonly plan: Id<"plan">; readonly atMs: number } | null;
  /** Null: it goes on. */
  readonly endsAtMs: number | null;
  readonly createdAtMs: number;
}

/** Where a subscription is in its life. */
export type SubscriptionState =
  | { readonly state: "upcoming"; readonly startsAtMs: number }
  | { readonly state: "trialing"; readonly trialEndsMs: number }
  | { readonly state: "active" }
  | { readonly state: "ending"; readonly endsAtMs: number }
  | { readonly state: "ended"; readonly endsAtMs: number };

export function subscriptionState(subscription: Subscription, nowMs: number): SubscriptionState {
  const { anchorMs, trialEndsMs, endsAtMs } = subscription;
  if (endsAtMs !== null) return { state: endsAtMs <= nowMs ? "ended" : "ending", endsAtMs };
  if (anchorMs > nowMs) return { state: "upcoming", startsAtMs: anchorMs };
  if (trialEndsMs !== null && trialEndsMs > nowMs) return { state: "trialing", trialEndsMs };
  return { state: "active" };
}

export interface NewSubscription {
  readonly customer: Id<"customer">;
  readonly plan: Id<"plan">;
  /** May be in the past: its periods are opened as usage or the close reaches them. */
  readonly anchorMs: number;
  /** IANA name. */
  readonly timeZone: string;
  /** The plan's unless given. */
  readonly trialDays?: number;
  readonly nowMs: number;
}

/** At most one per customer and product; its first period opens with it. One that has ended begins anew, without a trial. */
export async function createSubscription(db: Queries, input: NewSubscription): Promise<Subscription> {
  assertTimeZone(input.timeZone);
  const customer = await getCustomer(db, input.customer);
  const plan = await getPlan(db, input.plan);
  if (plan.currency !== customer.currency) {
    throw new Refusal("conflict", `The plan is in ${plan.currency}, the customer pays in ${customer.currency}.`, {
      param: "plan",
    });
  }
  const row = await db.perform(startSubscription(input, plan));
  if (!row) throw new Refusal("conflict", "The customer has a subscription for this product already.");
  return toSubscription(row);
}

function* startSubscription(input: NewSubscription, plan: Plan): Steps<SubscriptionRow | undefined> {
  const { customer, anchorMs, timeZone, nowMs, trialDays = plan.trialDays } = input;
  const trialEndsMs = trialDays > 0 ? anchorMs + trialDays * dayMs : null;
  const cycle = formatCycle(plan.cycle);
  const fresh = yield* queryOne<SubscriptionRow>(sql`insert into subscriptions
      (id, customer, product, plan, anchor_ms, time_zone, next_ordinal, cycle, plan_since_ms, trial_ends_ms, created_at_ms)
    values (${newId("subscription", nowMs)}, ${customer}, ${plan.product}, ${plan.id}, ${anchorMs}, ${timeZone}, 0,
      ${cycle}, ${anchorMs}, ${trialEndsMs}, ${nowMs})
    on conflict do nothing returning *`);
  const row =
    fresh ??
    (yield* queryOne<SubscriptionRow>(sql`update subscriptions
      set plan = ${plan.id}, anchor_ms = ${anchorMs}, time_zone = ${timeZone}, cycle = ${cycle},
        plan_since_ms = ${anchorMs}, trial_ends_ms = null, ends_at_ms = null, next_plan = null, next_plan_at_ms = null
      where customer = ${customer} and product = ${plan.product} and ends_at_ms is not null
        and ends_at_ms <= ${anchorMs} and ends_at_ms <= ${nowMs} returning *`));
  if (!row) return undefined;
  yield* openPeriod(row.id, yield* lastPeriod(row.id));
  yield* recordChange({ subscription: row.id, kind: "started", from: null, to: plan.id, atMs: anchorMs, nowMs });
  return row;
}

export function* recordChange(change: {
  readonly subscription: Id<"subscription">;
  readonly kind: SubscriptionChangeRow["kind"];
  readonly from: Id<"plan"> | null;
  readonly to: Id<"plan"> | null;
  readonly atMs: number;
  readonly proration?: SubscriptionChangeRow["proration"];
  readonly nowMs: number;
}): Steps<void> {
  const { subscription, kind, from, to, atMs, proration = "prorated", nowMs } = change;
  yield* query(sql`insert into subscription_changes
      (id, subscription, kind, from_plan, to_plan, at_ms, proration, recorded_at_ms)
    values (${newId("change", nowMs)}, ${subscription}, ${kind}, ${from}, ${to}, ${atMs}, ${proration}, ${nowMs})`);
  const { customer } = yield* subscriptionRow(subscription);
  const data = { subscription, change: kind, from, to, at_ms: atMs };
  yield* emit({ kind: "subscription.changed", customer, data, atMs: nowMs, nowMs });
}

export function* subscriptionRow(id: Id<"subscription">): Steps<SubscriptionRow> {
  return must(
    yield* queryOne<SubscriptionRow>(sql`select * from subscriptions where id = ${id}`),
    "a subscription exists",
  );
}

/** One subscription; a customer's own when `customer` is given. */
export async function getSubscription(db: Queries, id: string, customer?: Id<"customer">): Promise<Subscription> {
  let found = db.as<SellTables>().selectFrom("subscriptions").selectAll();
  if (customer) found = found.where("customer", "=", customer);
  const row = await found.where("id", "=", id as Id<"subscription">).executeTakeFirst();
  if (!row) throw notFound("subscription", id);
  return toSubscription(row);
}

/** All subscriptions, or one customer's. */
export async function listSubscriptions(
  db: Queries,
  ask: PageAsk & { customer?: Id<"customer"> } = {},
): Promise<Page<Subscription>> {
  const limit = limitOf(ask);
  let found = db.as<SellTables>().selectFrom("subscriptions").selectAll();
  if (ask.customer) found = found.where("customer", "=", ask.customer);
  if (ask.before) found = found.where("id", "<", ask.before as Id<"subscription">);
  return pageOf(
    await found
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute(),
    limit,
    toSubscription,
  );
}

export interface SubscriptionChange {
  readonly id: Id<"change">;
  readonly kind: SubscriptionChangeRow["kind"];
  readonly from: Id<"plan"> | null;
  readonly to: Id<"plan"> | null;
  readonly atMs: number;
  readonly proration: SubscriptionChangeRow["proration"];
}

/** What happened to a subscription, oldest first. */
export async function subscriptionHistory(db: Queries, id: Id<"subscription">): Promise<SubscriptionChange[]> {
  const table = db.as<SellTables>().selectFrom("subscription_changes").selectAll();
  const rows = await table.where("subscription", "=", id).orderBy("id").execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    from: row.from_plan,
    to: row.to_plan,
    atMs: row.at_ms,
    proration: row.proration,
  }));
}

export const toSubscription = (row: SubscriptionRow): Subscription => ({
  id: row.id,
  customer: row.customer,
  product: row.product,
  plan: row.plan,
  anchorMs: row.anchor_ms,
  timeZone: row.time_zone,
  cycle: parseCycle(row.cycle),
  trialEndsMs: row.trial_ends_ms,
  next: row.next_plan === null ? null : { plan: row.next_plan, atMs: row.next_plan_at_ms ?? 0 },
  endsAtMs: row.ends_at_ms,
  createdAtMs: row.created_at_ms,
});
