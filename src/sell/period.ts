import { Refusal, must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import type { Nanos } from "../kernel/money.ts";
import { type Statement, type Steps, bulkStatement, query, queryOne, sql } from "../store/index.ts";
import { type Component, parseComponents } from "./component.ts";
import { type CountChange, type Counters, countInCounters } from "./counters.ts";
import { hasEnded, lastPeriod, openPeriod } from "./period-opening.ts";
import type { PeriodRow, SubscriptionRow } from "./tables.ts";
import type { Quantities } from "./units.ts";

/** What a period's row says of its prices. */
export interface PeriodTerms {
  readonly id: Id<"period">;
  readonly rateCard: Id<"rateCard">;
  readonly components: readonly Component[];
  readonly spendCapNanos: Nanos | null;
  readonly startMs: number;
  readonly endMs: number;
  /** Thresholds that it has not reached, as JSON; null for none. */
  readonly watched: string | null;
  /** Whether its customer has budgets. */
  readonly budgeted: boolean;
  /** Whether its customer has credit that is kept to some products. */
  readonly kept: boolean;
}

/** A period that takes usage, its row locked and its units counted: nobody else changes them until the unit ends. */
export interface OpenPeriod extends PeriodTerms, Counters {}

type OpenRow = Pick<
  PeriodRow,
  "id" | "rate_card" | "components" | "spend_cap_nanos" | "start_ms" | "end_ms" | "watched" | "budgeted" | "kept"
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
    returning id, rate_card, components, spend_cap_nanos, start_ms, end_ms, watched, budgeted, kept`;
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
    returning id, rate_card, components, spend_cap_nanos, start_ms, end_ms, watched, budgeted, kept`;
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
    // SQLite's writer is alone: to read is to have
    each: "select id, rate_card, components, spend_cap_nanos, start_ms, end_ms, watched, budgeted, kept from usage_periods where id = ?1",
    all: `select usage_periods.id, rate_card, components, spend_cap_nanos, start_ms, end_ms, watched, budgeted, kept
      from usage_periods join given on usage_periods.id = given.id
      order by usage_periods.id for update of usage_periods`,
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

const termsOf = (row: OpenRow): PeriodTerms => ({
  id: row.id,
  rateCard: row.rate_card,
  components: parseComponents(row.components),
  spendCapNanos: row.spend_cap_nanos,
  startMs: row.start_ms,
  endMs: row.end_ms,
  watched: row.watched,
  budgeted: row.budgeted === 1,
  kept: row.kept === 1,
});
