import { Refusal, must, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { type Queries, type Steps, queryOne, sql } from "../store/index.ts";
import { assertTimeZone } from "./calendar.ts";
import { getCustomer } from "./customer.ts";
import { type Page, type PageAsk, limitOf, pageOf } from "./page.ts";
import { openPeriod } from "./period.ts";
import { getPlan } from "./plan.ts";
import type { SellTables, SubscriptionRow } from "./tables.ts";

export interface Subscription {
  readonly id: Id<"subscription">;
  readonly customer: Id<"customer">;
  readonly product: Id<"product">;
  readonly plan: Id<"plan">;
  /** Periods start at this instant's wall-clock time in the zone, month by month. */
  readonly anchorMs: number;
  readonly timeZone: string;
  readonly createdAtMs: number;
}

export interface NewSubscription {
  readonly customer: Id<"customer">;
  readonly plan: Id<"plan">;
  readonly anchorMs: number;
  /** IANA name. */
  readonly timeZone: string;
  readonly nowMs: number;
}

/** At most one per customer and product; its first period opens with it. */
export async function createSubscription(db: Queries, input: NewSubscription): Promise<Subscription> {
  assertTimeZone(input.timeZone);
  const customer = await getCustomer(db, input.customer);
  const plan = await getPlan(db, input.plan);
  if (plan.currency !== customer.currency) {
    throw new Refusal("conflict", `The plan is in ${plan.currency}, the customer pays in ${customer.currency}.`, {
      param: "plan",
    });
  }
  const row = await db.perform(insertSubscription(input, plan.product));
  if (!row) throw new Refusal("conflict", "The customer has a subscription for this product already.");
  return toSubscription(row);
}

function* insertSubscription(input: NewSubscription, product: Id<"product">): Steps<SubscriptionRow | undefined> {
  const { customer, plan, anchorMs, timeZone, nowMs } = input;
  const row = yield* queryOne<SubscriptionRow>(sql`insert into subscriptions
      (id, customer, product, plan, anchor_ms, time_zone, next_ordinal, created_at_ms)
    values (${newId("subscription", nowMs)}, ${customer}, ${product}, ${plan}, ${anchorMs}, ${timeZone}, 0, ${nowMs})
    on conflict do nothing returning *`);
  if (row) yield* openPeriod(row, 0);
  return row;
}

export function* subscriptionRow(id: Id<"subscription">): Steps<SubscriptionRow> {
  return must(
    yield* queryOne<SubscriptionRow>(sql`select * from subscriptions where id = ${id}`),
    "a subscription that is used exists",
  );
}

export async function getSubscription(db: Queries, id: string): Promise<Subscription> {
  const table = db.as<SellTables>().selectFrom("subscriptions").selectAll();
  const row = await table.where("id", "=", id as Id<"subscription">).executeTakeFirst();
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

const toSubscription = (row: SubscriptionRow): Subscription => ({
  id: row.id,
  customer: row.customer,
  product: row.product,
  plan: row.plan,
  anchorMs: row.anchor_ms,
  timeZone: row.time_zone,
  createdAtMs: row.created_at_ms,
});
