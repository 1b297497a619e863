import { Refusal, must } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import type { Nanos } from "../kernel/money.ts";
import { type Statement, type Steps, query, queryOne, sql } from "../store/index.ts";
import { monthOf, ordinalAt } from "./calendar.ts";
import { rateCardAt } from "./plan.ts";
import { type Price, parsePrice } from "./price.ts";
import type { PeriodRow, SubscriptionRow } from "./tables.ts";

/** A period that takes usage, as one update has left it: nobody else changes it until the unit ends. */
export interface OpenPeriod {
  readonly id: Id<"period">;
  readonly rateCard: Id<"rateCard">;
  readonly price: Price;
  readonly spendCapNanos: Nanos | null;
  readonly usedUnits: number;
  readonly heldUnits: number;
}

type OpenRow = Pick<PeriodRow, "id" | "rate_card" | "price" | "spend_cap_nanos" | "used_units" | "held_units">;

export interface UnitCount {
  readonly usedBy: number;
  readonly heldBy: number;
}

interface CountAt {
  readonly subscription: Id<"subscription">;
  readonly atMs: number;
  readonly units: number;
}

/**
 * Holds units in the period of `atMs` if it is open, otherwise in the next open one. Undefined when the key is revoked or
 * the subscription has not started.
 */
export function* holdInPeriodAt(key: Id<"key">, { subscription, atMs, units }: CountAt): Steps<OpenPeriod | undefined> {
  const update = sql`update usage_periods set held_units = held_units + ${units}
    where id = (select id from usage_periods where subscription = ${subscription} and state = 'open' and end_ms > ${atMs}
        order by end_ms limit 1)
      and state = 'open' and (ordinal > 0 or start_ms <= ${atMs})
      and exists (select 1 from api_keys where id = ${key} and revoked_at_ms is null)
    returning id, rate_card, price, spend_cap_nanos, used_units, held_units`;
  return yield* inOpenPeriod(update, subscription, atMs);
}

/** Counts units used in the period of `atMs` if it is open, otherwise, as late ones, in the next open one. */
export function* useInPeriodAt({ subscription, atMs, units }: CountAt): Steps<OpenPeriod> {
  const update = sql`update usage_periods set used_units = used_units + ${units},
      late_units = late_units + case when start_ms > ${atMs} then cast(${units} as bigint) else 0 end
    where id = (select id from usage_periods where subscription = ${subscription} and state = 'open' and end_ms > ${atMs}
        order by end_ms limit 1)
      and state = 'open'
    returning id, rate_card, price, spend_cap_nanos, used_units, held_units`;
  return must(yield* inOpenPeriod(update, subscription, atMs), "a subscription has an open period");
}

/** Runs the update, and again after opening the periods that time has reached, or when one was just being closed. */
function* inOpenPeriod(
  update: Statement,
  subscription: Id<"subscription">,
  atMs: number,
): Steps<OpenPeriod | undefined> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const row = yield* queryOne<OpenRow>(update);
    if (row) return fromRow(row);
    yield* openPeriodsUntil(subscription, atMs);
  }
  return undefined;
}

/** Counts units in a period that is known to be open, because units are held in it. */
export function* countInPeriod(id: Id<"period">, { usedBy, heldBy }: UnitCount): Steps<OpenPeriod> {
  const row = yield* queryOne<OpenRow>(sql`update usage_periods
    set used_units = used_units + ${usedBy}, held_units = held_units + ${heldBy} where id = ${id}
    returning id, rate_card, price, spend_cap_nanos, used_units, held_units`);
  return fromRow(must(row, "a period with units held exists"));
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
  card: { id: Id<"rateCard">; fee_nanos: Nanos; price: string; spend_cap_nanos: Nanos | null },
): Statement {
  return sql`insert into usage_periods (id, subscription, ordinal, start_ms, end_ms, rate_card, fee_nanos, price,
      spend_cap_nanos, state, used_units, held_units, late_units)
    values (${newId("period", Math.max(startMs, 0))}, ${subscription}, ${ordinal}, ${startMs}, ${endMs}, ${card.id},
      ${card.fee_nanos}, ${card.price}, ${card.spend_cap_nanos}, 'open', 0, 0, 0)
    on conflict do nothing`;
}

const fromRow = (row: OpenRow): OpenPeriod => ({
  id: row.id,
  rateCard: row.rate_card,
  price: parsePrice(row.price),
  spendCapNanos: row.spend_cap_nanos,
  usedUnits: row.used_units,
  heldUnits: row.held_units,
});
