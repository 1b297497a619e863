import { Refusal, must } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import type { Nanos } from "../kernel/money.ts";
import { type Statement, type Steps, query, queryOne, sql } from "../store/index.ts";
import { monthOf, ordinalAt } from "./calendar.ts";
import { type Component, parseComponents } from "./component.ts";
import { type CountChange, type Counters, countInCounters } from "./counters.ts";
import { rateCardAt } from "./plan.ts";
import type { PeriodRow, SubscriptionRow } from "./tables.ts";
import type { Quantities } from "./units.ts";

/** A period that takes usage, its row locked and its units counted: nobody else changes them until the unit ends. */
export interface OpenPeriod extends Counters {
  readonly id: Id<"period">;
  readonly rateCard: Id<"rateCard">;
  readonly components: readonly Component[];
  readonly spendCapNanos: Nanos | null;
}

type OpenRow = Pick<PeriodRow, "id" | "rate_card" | "components" | "spend_cap_nanos" | "start_ms">;

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
    returning id, rate_card, components, spend_cap_nanos, start_ms`;
  const row = yield* lockOpenPeriod(lock, subscription, atMs);
  return row && fromRow(row, yield* countInCounters(row.id, { heldBy: quantities }));
}

/** Counts units used in the period of `atMs` if it is open, otherwise, as late ones, in the next open one. */
export function* useInPeriodAt({ subscription, atMs, quantities }: CountAt): Steps<OpenPeriod> {
  const lock = sql`update usage_periods set state = state
    where id = (select id from usage_periods where subscription = ${subscription} and state = 'open' and end_ms > ${atMs}
        order by end_ms limit 1)
      and state = 'open'
    returning id, rate_card, components, spend_cap_nanos, start_ms`;
  const row = must(yield* lockOpenPeriod(lock, subscription, atMs), "a subscription has an open period");
  const late = row.start_ms > atMs ? { lateBy: quantities } : {};
  return fromRow(row, yield* countInCounters(row.id, { usedBy: quantities, ...late }));
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
  const row = yield* queryOne<OpenRow>(sql`update usage_periods set state = state where id = ${id}
    returning id, rate_card, components, spend_cap_nanos, start_ms`);
  return fromRow(must(row, "a period with units held exists"), yield* countInCounters(id, change));
}

/** Adds the missing periods up to the one of `atMs`, and at least one that is open. */
function* openPeriodsUntil(id: Id<"subscription">, atMs: number): Steps<void> {
  const subscription = yield* queryOne<SubscriptionRow>(sql`select * from subscriptions where id = ${id}`);
  if (!subscription) throw new Refusal("not_entitled", "There is no such subscription.");
  const last = yield* queryOne<PeriodRow>(
    sql`select * from usage_periods where subscription = ${id} order by ordinal desc limit 1`,
  );
  const lastOrdinal = last?.ordinal ?? -1;
  if (last?.state === "open" && last.end_ms > atMs) return; // another process has opened it meanwhile
  const reached = ordinalAt(subscription.anchor_ms, subscription.time_zone, atMs);
  for (let ordinal = lastOrdinal + 1; ordinal <= Math.max(reached, lastOrdinal + 1); ordinal++) {
    yield* openPeriod(subscription, ordinal);
  }
}

/** Computes a period's bounds and pins its prices, once: opening it again changes nothing. */
export function* openPeriod(subscription: SubscriptionRow, ordinal: number): Steps<void> {
  const { startMs, endMs } = monthOf(subscription.anchor_ms, subscription.time_zone, ordinal);
  const card = yield* rateCardAt(subscription.plan, startMs);
  yield* query(insertPeriod(subscription.id, ordinal, startMs, endMs, card));
}

function insertPeriod(
  subscription: Id<"subscription">,
  ordinal: number,
  startMs: number,
  endMs: number,
  card: { id: Id<"rateCard">; fee_nanos: Nanos; components: string; spend_cap_nanos: Nanos | null },
): Statement {
  return sql`insert into usage_periods (id, subscription, ordinal, start_ms, end_ms, rate_card, fee_nanos, components,
      spend_cap_nanos, state)
    values (${newId("period", Math.max(startMs, 0))}, ${subscription}, ${ordinal}, ${startMs}, ${endMs}, ${card.id},
      ${card.fee_nanos}, ${card.components}, ${card.spend_cap_nanos}, 'open')
    on conflict do nothing`;
}

const fromRow = (row: OpenRow, counters: Counters): OpenPeriod => ({
  id: row.id,
  rateCard: row.rate_card,
  components: parseComponents(row.components),
  spendCapNanos: row.spend_cap_nanos,
  ...counters,
});
