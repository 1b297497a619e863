import { must } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { type Steps, type Value, bulkInsert, bulkStatement, inOrder, query, queryOne, sql } from "../store/index.ts";
import { periodAt } from "./calendar.ts";
import { formatComponents, parseComponents } from "./component.ts";
import { type Counters, countInAll, noCounters } from "./counters.ts";
import { type Bounds, partOf, pinComponents } from "./pinned.ts";
import { rateCardsAt } from "./plan.ts";
import { parseCycle } from "./plan-cycle.ts";
import type { CustomerRow, PeriodRow, RateCardRow, SubscriptionRow } from "./tables.ts";
import { watchedBy } from "./thresholds/watched.ts";

export function* lastPeriod(id: Id<"subscription">): Steps<PeriodRow | undefined> {
  return yield* queryOne<PeriodRow>(
    sql`select * from usage_periods where subscription = ${id} order by ordinal desc limit 1`,
  );
}

/** Whether no further period is billed. */
export const hasEnded = ({ ends_at_ms }: SubscriptionRow, last: PeriodRow | undefined): boolean =>
  ends_at_ms !== null && last !== undefined && last.end_ms >= ends_at_ms;

/**
 * Opens the period after `last`, or the first one: computes its bounds and pins its plan and prices, once. Opening it again
 * changes nothing. `feeInFull` is for a plan change that prorates nothing.
 */
export function* openPeriod(
  subscription: Id<"subscription">,
  last: PeriodRow | undefined,
  { feeInFull = false } = {},
): Steps<void> {
  yield* openPeriods([{ subscription, last, feeInFull }]);
}

export interface Opening {
  readonly subscription: Id<"subscription">;
  readonly last: PeriodRow | undefined;
  readonly feeInFull?: boolean;
}

/** The same for many subscriptions, each of them named once. */
export function* openPeriods(openings: readonly Opening[]): Steps<void> {
  if (openings.length === 0) return;
  const subscriptions = yield* takeScheduledPlans(openings);
  const next = openings.map((opening) => {
    const subscription = must(subscriptions.get(opening.subscription), "a subscription exists");
    return { ...opening, subscription, bounds: boundsAfter(subscription, opening.last) };
  });
  const cards = yield* rateCardsAt(
    next.map(({ subscription, bounds }) => {
      return { plan: subscription.plan, atMs: bounds.startMs, sinceMs: subscription.plan_since_ms };
    }),
  );
  const counters = yield* countInAll(new Map(openings.flatMap(({ last }) => (last ? [[last.id, {}]] : []))));
  const watched = yield* watchedBy(openings.map(({ subscription }) => subscription));
  const marks = yield* marksOf(next.map(({ subscription }) => subscription.customer));
  const rows = next.map((of, at) => {
    const counted = (of.last && counters.get(of.last.id)) ?? noCounters;
    const card = must(cards[at], "each has its prices");
    const { id, customer } = of.subscription;
    return periodRow({
      ...of,
      card,
      counted,
      watched: watched.get(id) ?? null,
      marks: marks.get(customer) ?? unmarked,
    });
  });
  yield* query(insertPeriods(rows));
}

interface Next extends Omit<Opening, "subscription"> {
  readonly subscription: SubscriptionRow;
  readonly bounds: Bounds;
  readonly card: RateCardRow;
  /** What the period before has counted. */
  readonly counted: Counters;
  readonly watched: string | null;
  readonly marks: Marks;
}

/** What a period copies from its customer: whether whoever counts in it must look at budgets, and at kept credit. */
interface Marks {
  readonly budgeted: boolean;
  readonly kept: boolean;
}

const unmarked: Marks = { budgeted: false, kept: false };

const readMarks = bulkStatement(
  { id: "text" },
  {
    each: "select id, budgets, kept from customers where id = ?1",
    all: "select customers.id, budgets, kept from customers join given on customers.id = given.id",
  },
);

function* marksOf(customers: readonly Id<"customer">[]): Steps<ReadonlyMap<Id<"customer">, Marks>> {
  const rows = yield* query<Pick<CustomerRow, "id" | "budgets" | "kept">>(
    readMarks([...new Set(customers)].map((id) => [id])),
  );
  // beside its flags `budgets` counts their changes
  return new Map(rows.map(({ id, budgets, kept }) => [id, { budgeted: budgets % 8 !== 0, kept: kept === 1 }]));
}

function periodRow({ subscription, last, feeInFull, bounds, card, counted, watched, marks }: Next): Value[] {
  const trial = subscription.trial_ends_ms !== null && bounds.startMs < subscription.trial_ends_ms;
  const before = last && {
    wholeStartMs: last.whole_start_ms,
    components: parseComponents(last.components),
    ...counted,
  };
  const components = pinComponents(parseComponents(card.components), { bounds, trial, last: before });
  const over = bounds.startMs >= (subscription.ends_at_ms ?? Number.POSITIVE_INFINITY);
  const feeNanos = trial || over ? 0n : feeInFull ? card.fee_nanos : partOf(card.fee_nanos, bounds);
  return [
    newId("period", Math.max(bounds.startMs, 0)),
    subscription.id,
    (last?.ordinal ?? -1) + 1,
    bounds.startMs,
    bounds.endMs,
    card.id,
    feeNanos,
    formatComponents(components),
    card.spend_cap_nanos,
    "open",
    subscription.plan,
    bounds.wholeStartMs,
    bounds.wholeEndMs,
    card.fee_nanos,
    trial ? 1 : 0,
    watched,
    marks.budgeted ? 1 : 0,
    marks.kept ? 1 : 0,
  ];
}

const insertPeriods = bulkInsert(
  "usage_periods",
  {
    id: "text",
    subscription: "text",
    ordinal: "bigint",
    start_ms: "bigint",
    end_ms: "bigint",
    rate_card: "text",
    fee_nanos: "bigint",
    components: "text",
    spend_cap_nanos: "bigint",
    state: "text",
    plan: "text",
    whole_start_ms: "bigint",
    whole_end_ms: "bigint",
    whole_fee_nanos: "bigint",
    trial: "bigint",
    watched: "text",
    budgeted: "bigint",
    kept: "bigint",
  },
  "on conflict do nothing",
);

const lockSubscriptions = bulkStatement(
  { id: "text" },
  {
    each: "update subscriptions set next_ordinal = next_ordinal where id = ?1 returning *",
    all: `update subscriptions set next_ordinal = next_ordinal from given where subscriptions.id = given.id
      returning subscriptions.*`,
  },
);

/** Locks the subscriptions; a plan that was to take over by then does. */
function* takeScheduledPlans(openings: readonly Opening[]): Steps<Map<Id<"subscription">, SubscriptionRow>> {
  const rows = yield* query<SubscriptionRow>(lockSubscriptions(inOrder(openings.map((of) => [of.subscription]))));
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const { subscription, last } of openings) {
    const row = byId.get(subscription);
    if (row) byId.set(subscription, yield* takeScheduledPlan(row, last?.end_ms));
  }
  return byId;
}

function* takeScheduledPlan(row: SubscriptionRow, startMs: number | undefined): Steps<SubscriptionRow> {
  if (row.next_plan === null || startMs === undefined || (row.next_plan_at_ms ?? 0) > startMs) return row;
  return must(
    yield* queryOne<SubscriptionRow>(sql`update subscriptions set plan = next_plan, plan_since_ms = ${startMs},
      next_plan = null, next_plan_at_ms = null where id = ${row.id} returning *`),
    "a subscription exists",
  );
}

/** From where the last one ended to the end of the regular period, of the trial, or of the subscription. */
export function boundsAfter(subscription: SubscriptionRow, last: PeriodRow | undefined): Bounds {
  const { anchor_ms: anchorMs, time_zone: timeZone, ends_at_ms: endsMs, trial_ends_ms: trialMs } = subscription;
  const startMs = Math.max(last?.end_ms ?? anchorMs, anchorMs);
  const whole = periodAt({ anchorMs, timeZone, cycle: parseCycle(subscription.cycle) }, startMs);
  if (last && endsMs !== null && endsMs <= startMs) {
    // only for what is told of late: it belongs to the period that has ended
    return { startMs, endMs: startMs + 1, wholeStartMs: last.whole_start_ms, wholeEndMs: last.whole_end_ms };
  }
  const ends = [whole.endMs, endsMs, trialMs].filter((ms) => ms !== null && ms > startMs);
  const endMs = Math.min(...(ends as number[]));
  return { startMs, endMs, wholeStartMs: whole.startMs, wholeEndMs: whole.endMs };
}
