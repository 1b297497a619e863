import { Refusal, must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { type Nanos, sumNanos } from "../kernel/money.ts";
import { type EndedHold, type Hold, drawable, openHolds, raiseHold } from "../ledger/index.ts";
import {
  type Statement,
  type Steps,
  type Value,
  bulkStatement,
  inOrder,
  query,
  queryOne,
  sql,
} from "../store/index.ts";
import { accountOf } from "./accounts.ts";
import { type BudgetHold, HeldChanges, changeBudgetsHeld } from "./budgets/hold.ts";
import { lockBudgets } from "./budgets/window.ts";
import { type KeptParty, keptPartyOf, lendKept, returnKept } from "./credits/kept.ts";
import { invalidKey } from "./key.ts";
import { countersOf } from "./counters.ts";
import { type Component, chargeOfLast, dearestApart, marginalCharge } from "./component.ts";
import { type OpenPeriod, countInPeriod, lockPeriods } from "./period.ts";
import type { KeyRow } from "./tables.ts";
import { type Quantities, addQuantities, answersIn, countsOf, negated } from "./units.ts";

/** What a hold's `detail` says: where its units are counted. */
export interface Reservation {
  readonly key: Id<"key">;
  readonly period: Id<"period">;
  readonly quantities: Quantities;
  /** Answers held on the key too: all of them when it has a quota, otherwise none. */
  readonly keyUnits: number;
  /** Where the hold's amount is held as well: as much as on the account, unless `budgetNanos` says otherwise. */
  readonly budgets?: readonly BudgetHold[];
  /** Held on the budgets: the dearest that it can be charged, whatever is settled before it. */
  readonly budgetNanos?: string;
  /** Of a lease with hard budgets: the dearest that its units can be, each for itself, is held everywhere. */
  readonly dearest?: true;
}

export const reservationOf = (hold: { readonly detail: string }): Reservation => JSON.parse(hold.detail) as Reservation;

/** What an open hold holds on its budgets. */
export function heldOnBudgets(hold: Pick<EndedHold, "detail" | "amountNanos">): Nanos {
  const { budgetNanos } = reservationOf(hold);
  return budgetNanos === undefined ? hold.amountNanos : BigInt(budgetNanos);
}

/** What a lease holds at most for what it reserves: then none of it costs more than it holds for it. */
export function mostOfLease(
  { quantities, dearest }: Reservation,
  components: readonly Component[],
  counted: Counted,
): Nanos {
  if (dearest) return dearestApart(components, counted.used, quantities);
  return chargeOfLast(components, addQuantities(counted.used, counted.held), quantities);
}

type Counted = Pick<OpenPeriod, "used" | "held">;

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

/** Ends a reservation: its units are no longer held, `used` are used. */
export function* endReservation(
  { key, period, quantities, keyUnits }: Reservation,
  used: Quantities,
): Steps<OpenPeriod> {
  const counted = yield* countInPeriod(period, { used, held: negated(quantities) });
  const usedUnits = answersIn(used);
  if (usedUnits !== 0 || keyUnits !== 0) yield* query(countOnKey(key, { usedBy: usedUnits, heldBy: -keyUnits }));
  return counted;
}

export interface KeyCount {
  readonly usedBy: number;
  readonly heldBy: number;
}

function countOnKey(key: Id<"key">, { usedBy, heldBy }: KeyCount): Statement {
  return sql`update api_keys set used_units = used_units + ${usedBy}, held_units = held_units + ${heldBy} where id = ${key}`;
}

const countEachKey = bulkStatement(
  { id: "text", used: "bigint", held: "bigint" },
  {
    each: "update api_keys set used_units = used_units + ?2, held_units = held_units + ?3 where id = ?1",
    all: `update api_keys set used_units = used_units + given.used, held_units = held_units + given.held
      from given where api_keys.id = given.id`,
  },
);

/** The same for many keys. */
export function* countOnKeys(counts: ReadonlyMap<Id<"key">, KeyCount>): Steps<void> {
  if (counts.size === 0) return;
  const rows = [...counts].map(([id, { usedBy, heldBy }]): Value[] => [id, usedBy, heldBy]);
  yield* query(countEachKey(inOrder(rows)));
}

/**
 * After a hold was given back, or a part of it: the units of the others are counted earlier now, and are dearer where the next
 * unit is cheaper than the one before.
 */
export function* coverThoseLeft(hold: Pick<EndedHold, "detail">): Steps<void> {
  const { period } = reservationOf(hold);
  const terms = must((yield* lockPeriods([period])).get(period), "a hold's period exists");
  const { used, held } = yield* countersOf(period);
  if (terms.kept) yield* returnBeyondHolds(yield* keptPartyOf(period), period);
  if (countsOf(held).length === 0) return;
  const { components, kept } = terms;
  yield* coverOpenHolds(yield* keptPartyOf(period), { id: period, components, kept, used, held });
}

/** Before its account is touched: what comes back may be kept credit. */
export function* lockKeptOf(period: Id<"period">): Steps<void> {
  yield* lockBudgets((yield* keptPartyOf(period)).customer);
}

/** What a period is lent of kept credit goes back as far as its open holds do not need it. */
export function* returnBeyondHolds(party: KeptParty, period: Id<"period">): Steps<void> {
  const holds = yield* openHoldsOf(party, period);
  yield* returnKept(party, period, sumNanos(holds.map((hold) => hold.amountNanos)));
}

function* openHoldsOf(party: KeptParty, period: Id<"period">): Steps<Hold[]> {
  const holds = yield* openHolds(accountOf("customer", party));
  return holds.filter((hold) => reservationOf(hold).period === period); // that of kept credit has none
}

/**
 * Raises the open holds of a period until together they cover price(used + held) − price(used). What the settled hold
 * gave back suffices, because a price never falls as units grow, unless more was used than had been held: then as far as
 * the account can. None is raised above the dearest its units can be: then none can cost more than it holds, whatever
 * order they are settled in.
 */
export function* coverOpenHolds(
  party: KeptParty,
  { id, components, kept, used, held }: Pick<OpenPeriod, "id" | "components" | "kept" | "used" | "held">,
): Steps<void> {
  const account = accountOf("customer", party);
  const holds = yield* openHoldsOf(party, id);
  const all = addQuantities(used, held);
  let missingNanos = marginalCharge(components, used, held) - sumNanos(holds.map((hold) => hold.amountNanos));
  if (missingNanos <= 0n) return;
  if (kept) yield* lendKept(party, id, missingNanos);
  missingNanos = yield* drawable(account, missingNanos);
  const raised = new HeldChanges();
  for (const hold of holds) {
    if (missingNanos <= 0n) break;
    const roomNanos = chargeOfLast(components, all, reservationOf(hold).quantities) - hold.amountNanos;
    const byNanos = roomNanos < missingNanos ? roomNanos : missingNanos;
    if (byNanos > 0n) {
      yield* raiseHold(hold, byNanos);
      const { budgets, budgetNanos } = reservationOf(hold);
      if (budgetNanos === undefined) raised.add(budgets, byNanos);
    }
    missingNanos -= byNanos > 0n ? byNanos : 0n;
  }
  yield* changeBudgetsHeld(raised);
  if (kept) yield* returnBeyondHolds(party, id);
}
