import { Refusal } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Nanos, formatAmount } from "../kernel/money.ts";
import { placeHold } from "../ledger/index.ts";
import { type Steps, queryOne, sql, unit } from "../store/index.ts";
import { accountOf } from "./accounts.ts";
import type { Party } from "./key.ts";
import { type OpenPeriod, holdInPeriodAt } from "./period.ts";
import { marginalPrice, priceOf } from "./price.ts";
import { type Reservation, countReservation, holdOnKey } from "./reservation.ts";
import { assertUnits } from "./words.ts";

export interface AdmitInput {
  readonly party: Party;
  readonly units: number;
  /** One admission per customer and request key while it is in flight or settled. */
  readonly requestKey: string;
  readonly nowMs: number;
  /** How long the work may take before the reservation goes back. */
  readonly ttlMs?: number;
}

export type Admission =
  | {
      readonly state: "admitted";
      readonly hold: Id<"hold">;
      readonly units: number;
      readonly amountNanos: Nanos;
      readonly period: Id<"period">;
      readonly rateCard: Id<"rateCard">;
      readonly expiresAtMs: number;
    }
  | { readonly state: "duplicate"; readonly hold: Id<"hold">; readonly holdState: "open" | "taken" };

/**
 * Reserves units on the key and in the period, and their price on the balance, before the work. Refuses with
 * `invalid_key`, `quota_exceeded`, `insufficient_credit` or `not_entitled`.
 */
export function* admitUsage(input: AdmitInput): Steps<Admission> {
  const { party, units, nowMs } = input;
  assertUnits(units, limits.usageUnitsMax);
  yield* holdOnKey(party.key, units);
  const period = yield* holdInPeriodAt({ subscription: party.subscription, atMs: nowMs, units });
  const reached = period.usedUnits + period.heldUnits;
  yield* assertUnderCap(period, priceOf(period.price, reached), nowMs);
  const amountNanos = marginalPrice(period.price, reached - units, units);
  const reservation: Reservation = { key: party.key, period: period.id, units };
  const expiresAtMs = nowMs + (input.ttlMs ?? limits.holdTtlMs);
  const { state, hold } = yield* placeHold({
    account: accountOf("customer", party),
    amountNanos,
    owner: `${party.customer}/${input.requestKey}`,
    detail: JSON.stringify(reservation),
    expiresAtMs,
    nowMs,
  });
  if (state === "placed") {
    return {
      state: "admitted",
      hold: hold.id,
      units,
      amountNanos,
      period: period.id,
      rateCard: period.rateCard,
      expiresAtMs,
    };
  }
  yield* countReservation(reservation, { usedBy: 0, heldBy: -units });
  return { state, hold: hold.id, holdState: hold.state === "open" ? "open" : "taken" };
}

/** Admission alone. */
export const admitUnit = unit(import.meta.url, "admitUnit", admitUsage);

function* assertUnderCap({ id, spendCapNanos }: OpenPeriod, totalNanos: Nanos, nowMs: number): Steps<void> {
  if (spendCapNanos === null || totalNanos <= spendCapNanos) return;
  const row = yield* queryOne<{ end_ms: number }>(sql`select end_ms from usage_periods where id = ${id}`);
  const endMs = row?.end_ms ?? nowMs;
  throw new Refusal("quota_exceeded", `The plan's spend cap of ${formatAmount(spendCapNanos)} a period is reached.`, {
    hint: `The next period starts at ${new Date(endMs).toISOString()}.`,
    retryAfterSeconds: Math.max(1, Math.ceil((endMs - nowMs) / 1_000)),
  });
}
