import { Refusal } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { openHolds, raiseHold } from "../ledger/index.ts";
import { type Statement, type Steps, query, queryOne, sql } from "../store/index.ts";
import { accountOf } from "./accounts.ts";
import { type Party, invalidKey } from "./key.ts";
import { type OpenPeriod, type UnitCount, countInPeriod } from "./period.ts";
import { marginalPrice } from "./price.ts";
import type { KeyRow } from "./tables.ts";

/** What a hold's `detail` says: where its units are counted. */
export interface Reservation {
  readonly key: Id<"key">;
  readonly period: Id<"period">;
  readonly units: number;
}

export const reservationOf = (hold: { readonly detail: string }): Reservation => JSON.parse(hold.detail) as Reservation;

/** Reserves units on a key that is not revoked and whose quota has room for them. */
export function* holdOnKey(key: Id<"key">, units: number): Steps<void> {
  const held = yield* queryOne(sql`update api_keys set held_units = held_units + ${units}
    where id = ${key} and revoked_at_ms is null
      and (quota_units is null or used_units + held_units + ${units} <= quota_units) returning id`);
  if (held) return;
  const row = yield* queryOne<KeyRow>(sql`select * from api_keys where id = ${key}`);
  if (!row || row.revoked_at_ms !== null || row.quota_units === null) throw invalidKey();
  const left = row.quota_units - row.used_units - row.held_units;
  throw new Refusal("quota_exceeded", `This key's quota is ${row.quota_units} units; ${Math.max(left, 0)} are left.`, {
    hint: "Use another key, or ask for a larger quota.",
  });
}

export function* countReservation({ key, period }: Reservation, count: UnitCount): Steps<OpenPeriod> {
  yield* query(countOnKey(key, count));
  return yield* countInPeriod(period, count);
}

export function countOnKey(key: Id<"key">, { usedBy, heldBy }: UnitCount): Statement {
  return sql`update api_keys set used_units = used_units + ${usedBy}, held_units = held_units + ${heldBy} where id = ${key}`;
}

/**
 * Raises the open holds of a period until together they cover price(used + held) − price(used). What the settled hold
 * gave back suffices, because a price never falls as units grow. None is raised above the dearest its units can be:
 * then none can cost more than it holds, whatever order they are settled in.
 */
export function* coverOpenHolds(party: Party, period: OpenPeriod): Steps<void> {
  const { price, usedUnits, heldUnits } = period;
  const holds = (yield* openHolds(accountOf("customer", party))).filter(
    (hold) => reservationOf(hold).period === period.id,
  );
  let missingNanos = marginalPrice(price, usedUnits, heldUnits);
  for (const hold of holds) missingNanos -= hold.amountNanos;
  for (const hold of holds) {
    if (missingNanos <= 0n) return;
    const { units } = reservationOf(hold);
    const roomNanos = marginalPrice(price, usedUnits + heldUnits - units, units) - hold.amountNanos;
    const byNanos = roomNanos < missingNanos ? roomNanos : missingNanos;
    if (byNanos > 0n) yield* raiseHold(hold, byNanos);
    missingNanos -= byNanos > 0n ? byNanos : 0n;
  }
}
