import { invariant } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type { Nanos } from "../kernel/money.ts";
import { type EndedHold, drawable, giveBackHold, postFirstEntry, takeHold } from "../ledger/index.ts";
import { type Steps, StoreError, query, queryOne, unit } from "../store/index.ts";
import { accountOf } from "./accounts.ts";
import type { Party } from "./key.ts";
import { type OpenPeriod, useInPeriodAt } from "./period.ts";
import { marginalPrice } from "./price.ts";
import { countOnKey, coverOpenHolds, endReservation, reservationOf } from "./reservation.ts";
import type { UsageEventRow } from "./tables.ts";
import { eventRow, insertEvent, selectEvent, usageEventOf } from "./usage-event.ts";
import { assertUnits } from "./words.ts";

export interface SettleInput {
  readonly party: Party;
  /** Null for usage that was not admitted here, or when its hold is known to be gone. */
  readonly hold: Id<"hold"> | null;
  readonly prediction: Id<"prediction">;
  /** What was really used; it may be less than was reserved, or more. */
  readonly units: number;
  /** What the answer cost us, in the customer's currency. */
  readonly costNanos: Nanos;
  readonly model: string | null;
  readonly release: string | null;
  /** When it was used. */
  readonly atMs: number;
  readonly nowMs: number;
}

export interface Settlement {
  readonly state: "settled" | "duplicate";
  readonly usageEvent: Id<"usageEvent">;
  readonly prediction: Id<"prediction">;
  readonly units: number;
  readonly amountNanos: Nanos;
  readonly period: Id<"period">;
  readonly rateCard: Id<"rateCard">;
}

/**
 * Records and charges usage once per prediction, after the work and before its answer ends. Never refuses for lack of
 * money: what the hold and the balance cannot pay becomes due.
 */
export function* settleUsage(input: SettleInput): Steps<Settlement> {
  assertUnits(input.units, limits.usageUnitsMax);
  invariant(input.costNanos >= 0n, "a cost is not negative");
  const hold = input.hold ? yield* takeHold(input.hold, input.nowMs) : undefined;
  if (!hold) {
    const known = yield* findEvent(input.prediction);
    if (known) return toSettlement("duplicate", known);
  }
  const period = yield* countUse(input, hold);
  const amountNanos = marginalPrice(period.price, period.usedUnits - input.units, input.units);
  const dueNanos = yield* shortfall(input.party, amountNanos, hold);
  const event = eventRow(input, period, amountNanos, dueNanos);
  if (!(yield* queryOne(insertEvent(event)))) return yield* settledBefore(input, hold);
  yield* postUsage(input, amountNanos, dueNanos, hold);
  // Free units go to who settles first: the holds that stay open must then cover what became dearer for them.
  if (hold && amountNanos < hold.amountNanos && period.heldUnits > 0) yield* coverOpenHolds(input.party, period);
  return toSettlement("settled", event);
}

/** The prediction is settled already, with another hold: undoes the count and ends this hold without a charge. */
function* settledBefore(input: SettleInput, hold: EndedHold | undefined): Steps<Settlement> {
  const known = yield* findEvent(input.prediction);
  // Without a hold it was looked for before: another process on Postgres was quicker, so this unit runs again.
  if (!known || !hold) throw new StoreError("busy", "another process has settled the same prediction");
  yield* endReservation({ ...reservationOf(hold), units: 0, keyUnits: 0 }, -input.units);
  yield* giveBackHold(hold);
  return toSettlement("duplicate", known);
}

/** Settlement alone. */
export const settleUnit = unit(import.meta.url, "settleUnit", settleUsage);

function* countUse({ party, units, atMs }: SettleInput, hold: EndedHold | undefined): Steps<OpenPeriod> {
  if (hold) return yield* endReservation(reservationOf(hold), units);
  yield* query(countOnKey(party.key, { usedBy: units, heldBy: 0 }));
  return yield* useInPeriodAt({ subscription: party.subscription, atMs, units });
}

function* findEvent(prediction: Id<"prediction">): Steps<UsageEventRow | undefined> {
  return yield* queryOne<UsageEventRow>(selectEvent(usageEventOf(prediction)));
}

/** The part of an amount that neither its hold nor the balance beside it can pay. */
function* shortfall(party: Party, amountNanos: Nanos, hold: EndedHold | undefined): Steps<Nanos> {
  const beyondHold = amountNanos - (hold?.amountNanos ?? 0n);
  if (beyondHold <= 0n) return 0n;
  return beyondHold - (yield* drawable(accountOf("customer", party), beyondHold));
}

function* postUsage(input: SettleInput, amountNanos: Nanos, dueNanos: Nanos, hold: EndedHold | undefined): Steps<void> {
  const { party, prediction, costNanos, model, release, atMs, nowMs } = input;
  const paidNanos = amountNanos - dueNanos;
  const all = [
    { account: accountOf("customer", party), amountNanos: -paidNanos },
    { account: accountOf("receivable", party), amountNanos: -dueNanos },
    { account: accountOf("usageRevenue", party), amountNanos },
    { account: accountOf("cost", party), amountNanos: -costNanos },
    { account: accountOf("costPayable", party), amountNanos: costNanos },
  ];
  const postings = all.filter((posting) => posting.amountNanos !== 0n);
  const withEntry = paidNanos !== 0n ? hold : undefined;
  if (hold && !withEntry) yield* giveBackHold(hold);
  if (postings.length === 0) return;
  const { product, customer, partner } = party;
  yield* postFirstEntry({
    kind: "usage",
    cause: prediction,
    atMs,
    nowMs,
    dimensions: { product, model, release, customer, partner },
    postings,
    ...(withEntry && { giveBack: withEntry }),
  });
}

function toSettlement(state: Settlement["state"], row: UsageEventRow): Settlement {
  const { id, prediction, units, period } = row;
  const base = { state, usageEvent: id, prediction, units, period };
  return { ...base, amountNanos: row.amount_nanos, rateCard: row.rate_card };
}
