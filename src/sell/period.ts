import { Refusal, must } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import type { Nanos } from "../kernel/money.ts";
import {
  type Statement,
  type Steps,
  type Value,
  bulkInsert,
  bulkStatement,
  inOrder,
  query,
  queryOne,
  sql,
} from "../store/index.ts";
import { periodAt } from "./calendar.ts";
import { type Component, formatComponents, parseComponents } from "./component.ts";
import { type CountChange, type Counters, countInAll, countInCounters, noCounters } from "./counters.ts";
import { type Bounds, partOf, pinComponents } from "./pinned.ts";
import { rateCardsAt } from "./plan.ts";
import { parseCycle } from "./plan-cycle.ts";
import type { PeriodRow, RateCardRow, SubscriptionRow } from "./tables.ts";
import type { Quantities } from "./units.ts";

/** What a period's row says of its prices. */
export interface PeriodTerms {
  readonly id: Id<"period">;
  readonly rateCard: Id<"rateCard">;
  readonly components: readonly Component[];
  readonly spendCapNanos: Nanos | null;
  readonly startMs: number;
  readonly endMs: number;
  /** Whether its customer has budgets. */
  readonly budgeted: boolean;
}

/** A period that takes usage, its row locked and its units counted: nobody else changes them until the unit ends. */
export interface OpenPeriod extends PeriodTerms, Counters {}

type OpenRow = Pick<
  PeriodRow,
  "id" | "rate_card" | "components" | "spend_cap_nanos" | "start_ms" | "end_ms" | "budgeted"
>;

interface CountAt {
  readonly subscription: Id<"subscription">;
  readonly atMs: number;
  readonly quantities: Quantities;
}

/**
 * Holds units in the period of `atMs` if it is open, otherwise in the next open one. Undefined when the key is revoked or
 * the subscription has not started.
 */
export function* holdInPeriodAt(
  key: Id<"key">,
  { subscription, atMs, quantities }: CountAt,
): Steps<OpenPeriod | undefined> {
  const lock = sql`update usage_periods set state = state
    where id = (select id from usage_periods where subscription = ${subscription} and state = 'open' and end_ms > ${atMs}
        order by end_ms limit 1)
      and state = 'open' and (ordinal > 0 or start_ms <= ${atMs})
      and exists (select 1 from api_keys where id = ${key} and revoked_at_ms is null)
    returning id, rate_card, components, spend_cap_nanos, start_ms, end_ms, budgeted`;
  const row = yield* lockOpenPeriod(lock, subscription, atMs);
  return row && { ...termsOf(row), ...(yield* countInCounters(row.id, { held: quantities })) };
}

/**
 * Locks the period of `atMs` if it is open, otherwise the next open one, where usage of `atMs` is late. What was used after a
 * subscription's end (it was admitted before) belongs to its last period.
 */
export function* lockPeriodAt(at: Omit<CountAt, "quantities">): Steps<PeriodTerms> {
  const row = yield* lockedAt(at);
  if (row) return termsOf(row);
  const ended = yield* queryOne<{ ends_at_ms: number | null }>(
    sql`select ends_at_ms from subscriptions where id = ${at.subscription}`,
  );
  const atMs = must(ended?.ends_at_ms, "a subscription that has not ended has an open period") - 1;
  return termsOf(must(yield* lockedAt({ ...at, atMs }), "a subscription that has ended has a last period"));
}

function* lockedAt({ subscription, atMs }: Omit<CountAt, "quantities">): Steps<OpenRow | undefined> {
  const lock = sql`update usage_periods set state = state
    where id = (select id from usage_periods where subscription = ${subscription} and state = 'open' and end_ms > ${atMs}
        order by end_ms limit 1)
      and state = 'open'
    returning id, rate_card, components, spend_cap_nanos, start_ms, end_ms, budgeted`;
  return yield* lockOpenPeriod(lock, subscription, atMs);
}

/** Locks the period, and again after opening those that time has reached, or when one was just being closed. */
function* lockOpenPeriod(lock: Statement, subscription: Id<"subscription">, atMs: number): Steps<OpenRow | undefined> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const row = yield* queryOne<OpenRow>(lock);
    if (row) return row;
    yield* openPeriodsUntil(subscription, atMs);
  }
  return undefined;
}

/** Counts units in a period that is known to be open, because units are held in it. */
export function* countInPeriod(id: Id<"period">, change: CountChange): Steps<OpenPeriod> {
  const terms = must((yield* lockPeriods([id])).get(id), "a period with units held exists");
  return { ...terms, ...(yield* countInCounters(id, change)) };
}

const lockEach = bulkStatement(
  { id: "text" },
  {
    each: `update usage_periods set state = state where id = ?1
      returning id, rate_card, components, spend_cap_nanos, start_ms, end_ms, budgeted`,
    all: `update usage_periods set state = state from given where usage_periods.id = given.id
      returning usage_periods.id, rate_card, components, spend_cap_nanos, start_ms, end_ms, budgeted`,
  },
);

/** Locks periods that are known to be open, because units are held in them. */
export function* lockPeriods(ids: readonly Id<"period">[]): Steps<ReadonlyMap<Id<"period">, PeriodTerms>> {
  if (ids.length === 0) return new Map();
  const rows = yield* query<OpenRow>(lockEach([...ids].sort().map((id) => [id])));
  return new Map(rows.map((row) => [row.id, termsOf(row)]));
}

/**
 * Adds the missing periods up to the one of `atMs`, and at least one that is open. Of a subscription that has ended only
 * a last one, for usage that is told of late.
 */
function* openPeriodsUntil(id: Id<"subscription">, atMs: number): Steps<void> {
  const subscription = yield* queryOne<SubscriptionRow>(sql`select * from subscriptions where id = ${id}`);
  if (!subscription) throw new Refusal("not_entitled", "There is no such subscription.");
  for (let opened = 0; ; opened++) {
    const last = yield* lastPeriod(id);
    if (last?.state === "open" && last.end_ms > atMs) return; // perhaps another process has opened it meanwhile
    const ended = hasEnded(subscription, last);
    if (ended && (opened > 0 || last?.state === "open" || atMs >= (subscription.ends_at_ms ?? 0))) return;
    yield* openPeriod(id, last);
  }
}

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
  const budgeted = yield* budgetedOf(openings);
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
  const rows = next.map((of, at) => {
    const counted = (of.last && counters.get(of.last.id)) ?? noCounters;
    const isBudgeted = budgeted.has(of.subscription.id);
    return periodRow({ ...of, card: must(cards[at], "each has its prices"), counted, isBudgeted });
  });
  yield* query(insertPeriods(rows));
}

interface Next extends Omit<Opening, "subscription"> {
  readonly subscription: SubscriptionRow;
  readonly bounds: Bounds;
  readonly card: RateCardRow;
  /** What the period before has counted. */
  readonly counted: Counters;
  readonly isBudgeted: boolean;
}

function periodRow({ subscription, last, feeInFull, bounds, card, counted, isBudgeted }: Next): Value[] {
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
    isBudgeted ? 1 : 0,
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
    budgeted: "bigint",
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

const readBudgeted = bulkStatement(
  { id: "text" },
  {
    each: `select s.id from subscriptions s join customers c on c.id = s.customer
      where s.id = ?1 and c.budgets % 8 <> 0`,
    all: `select s.id from subscriptions s join given on s.id = given.id join customers c on c.id = s.customer
      where c.budgets % 8 <> 0`,
  },
);

/** Whose customers have budgets. Read after the lock that whoever sets one takes as well. */
function* budgetedOf(openings: readonly Opening[]): Steps<ReadonlySet<Id<"subscription">>> {
  const rows = yield* query<{ id: Id<"subscription"> }>(readBudgeted(openings.map((of) => [of.subscription])));
  return new Set(rows.map(({ id }) => id));
}

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

const termsOf = (row: OpenRow): PeriodTerms => ({
  id: row.id,
  rateCard: row.rate_card,
  components: parseComponents(row.components),
  spendCapNanos: row.spend_cap_nanos,
  startMs: row.start_ms,
  endMs: row.end_ms,
  budgeted: row.budgeted === 1,
});
