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
  /** Units held on the key too: all of them when it has a quota, otherwise none. */
  readonly keyUnits: number;
}

export const reservationOf = (hold: { readonly detail: string }): Reservation => JSON.parse(hold.detail) as Reservation;

/** Reserves units on a key whose quota has room for them. */
export function* holdOnKey(key: Id<"key">, units: number): Steps<void> {
  const held = yield* queryOne(sql`update api_keys set held_units = held_units + ${units}
    where id = ${key} and used_units + held_units + ${units} <= quota_units returning id`);
  if (held) return;
  const { quota_units: quota, used_units: used, held_units: inFlight } = yield* liveKey(key);
  const left = Math.max((quota ?? 0) - used - inFlight, 0);
  throw new Refusal("quota_exceeded", `This key's quota is ${quota} units; ${left} are left.`, {
    hint: "Use another key, or ask for a larger quota.",
  });
}

/** The key, or the refusal of one that is revoked. */
export function* liveKey(key: Id<"key">): Steps<KeyRow> {
  const row = yield* queryOne<KeyRow>(sql`select * from api_keys where id = ${key} and revoked_at_ms is null`);
  if (row) return row;
  throw invalidKey();
}

/** Ends a reservation: its units are no longer held, `usedUnits` are used. */
export function* endReservation({ key, period, units, keyUnits }: Reservation, usedUnits: number): Steps<OpenPeriod> {
  if (usedUnits !== 0 || keyUnits !== 0) yield* query(countOnKey(key, { usedBy: usedUnits, heldBy: -keyUnits }));
  return yield* countInPeriod(period, { usedBy: usedUnits, heldBy: -units });
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
