import { invariant } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import type { Nanos } from "../kernel/money.ts";
import { type EndedHold, drawable, giveBackHold, postFirstEntry, takeHold } from "../ledger/index.ts";
import { type Steps, StoreError, query, queryOne, unit } from "../store/index.ts";
import { accountOf } from "./accounts.ts";
import { chargeOfLast } from "./component.ts";
import type { Party } from "./key.ts";
import { type OpenPeriod, useInPeriodAt } from "./period.ts";
import { countOnKey, coverOpenHolds, endReservation, reservationOf } from "./reservation.ts";
import type { UsageEventRow } from "./tables.ts";
import { type Quantities, answersIn, assertQuantities, countsOf, negated, parseQuantities } from "./units.ts";
import { type Charge, eventRow, insertEvent, selectEvent, usageEventOf } from "./usage-event.ts";

export interface SettleInput {
  readonly party: Party;
  /** Null for usage that was not admitted here, or when its hold is known to be gone. */
  readonly hold: Id<"hold"> | null;
  readonly prediction: Id<"prediction">;
  /** What was really used; it may be less than was reserved, or more. */
  readonly quantities: Quantities;
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
  readonly quantities: Quantities;
  readonly amountNanos: Nanos;
  readonly period: Id<"period">;
  readonly rateCard: Id<"rateCard">;
}

/**
 * Records and charges usage once per prediction, after the work and before its answer ends. Never refuses for lack of
 * money: what the hold and the balance cannot pay becomes due.
 */
export function* settleUsage(input: SettleInput): Steps<Settlement> {
  assertQuantities(input.quantities);
  invariant(input.costNanos >= 0n, "a cost is not negative");
  const hold = input.hold ? yield* takeHold(input.hold, input.nowMs) : undefined;
  if (!hold) {
    const known = yield* findEvent(input.prediction);
    if (known) return toSettlement("duplicate", known);
  }
  const period = yield* countUse(input, hold);
  const amountNanos = chargeOfLast(period.components, period.used, input.quantities);
  const dueNanos = yield* shortfall(input.party, amountNanos, hold);
  const charge: Charge = { amountNanos, dueNanos, entry: entryFor(input, amountNanos) };
  const event = eventRow(input, period, charge);
  if (!(yield* queryOne(insertEvent(event)))) return yield* settledBefore(input, hold);
  yield* postUsage(input, charge, hold);
  // Free units go to who settles first: the holds that stay open must then cover what became dearer for them.
  if (hold && amountNanos < hold.amountNanos && countsOf(period.held).length > 0)
    yield* coverOpenHolds(input.party, period);
  return toSettlement("settled", event);
}

/** The prediction is settled already, with another hold: undoes the count and ends this hold without a charge. */
function* settledBefore(input: SettleInput, hold: EndedHold | undefined): Steps<Settlement> {
  const known = yield* findEvent(input.prediction);
  // Without a hold it was looked for before: another process on Postgres was quicker, so this unit runs again.
  if (!known || !hold) throw new StoreError("busy", "another process has settled the same prediction");
  yield* endReservation({ ...reservationOf(hold), quantities: {}, keyUnits: 0 }, negated(input.quantities));
  yield* giveBackHold(hold);
  return toSettlement("duplicate", known);
}

/** Settlement alone. */
export const settleUnit = unit(import.meta.url, "settleUnit", settleUsage);

function* countUse({ party, quantities, atMs }: SettleInput, hold: EndedHold | undefined): Steps<OpenPeriod> {
  if (hold) return yield* endReservation(reservationOf(hold), quantities);
  yield* query(countOnKey(party.key, { usedBy: answersIn(quantities), heldBy: 0 }));
  return yield* useInPeriodAt({ subscription: party.subscription, atMs, quantities });
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

/** The entry that will post it; null when there is nothing to post. */
function entryFor({ costNanos, nowMs }: SettleInput, amountNanos: Nanos): Id<"entry"> | null {
  return amountNanos === 0n && costNanos === 0n ? null : newId("entry", nowMs);
}

function* postUsage(input: SettleInput, charge: Charge, hold: EndedHold | undefined): Steps<void> {
  const { party, prediction, costNanos, model, release, atMs, nowMs } = input;
  const { amountNanos, dueNanos, entry } = charge;
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
  if (!entry) return;
  const { product, customer, partner } = party;
  yield* postFirstEntry({
    id: entry,
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
  const { id, prediction, period } = row;
  const base = { state, usageEvent: id, prediction, quantities: parseQuantities(row.quantities), period };
  return { ...base, amountNanos: row.amount_nanos, rateCard: row.rate_card };
}
