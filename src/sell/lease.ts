import { invariant, must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import type { Nanos } from "../kernel/money.ts";
import {
  type EndedHold,
  type HoldChange,
  type LedgerTables,
  accountId,
  changeHolds,
  lockBalance,
  lockHolds,
  placeHold,
  postFirstEntries,
  unwantHold,
  wantHolds,
} from "../ledger/index.ts";
import { type Queries, type Steps, bulkStatement, query, queryOne, sql, unit } from "../store/index.ts";
import { accountOf } from "./accounts.ts";
import {
  type Apart,
  type BudgetHold,
  type BudgetRoom,
  HeldChanges,
  budgetRoom,
  changeBudgetsHeld,
  giveBackToBudgets,
  sameHolds,
} from "./budgets/hold.ts";
import { chargeOfLast, dearestApart } from "./component.ts";
import { keptFree, lendKept } from "./credits/kept.ts";
import { countInAll, countersOf, noCounters } from "./counters.ts";
import { type Party, invalidKey, spenderOf } from "./key.ts";
import { sizeLease } from "./lease-size.ts";
import { type PeriodTerms, lockPeriodAt, lockPeriods } from "./period.ts";
import {
  type Reservation,
  countOnKeys,
  coverThoseLeft,
  lockKeptOf,
  mostOfLease,
  reservationOf,
} from "./reservation.ts";
import type { KeyRow } from "./tables.ts";
import { type Quantities, addQuantities, answersIn, countsOf, leastOf, negated } from "./units.ts";

/*
 * A lease is a hold of the units of many requests, which one process then admits in memory and settles one by one. All
 * that is true of a hold is true of it: it is counted on key, period and account, it expires, it is swept.
 */

export interface LeaseInput {
  readonly party: Party;
  /** Whom it is for alone. */
  readonly apart: Apart;
  /** Which of the customer's own users, of one that is for an end user alone. */
  readonly endUser: string | null;
  /** One to make larger; null for a new one. */
  readonly lease: Id<"hold"> | null;
  readonly wanted: Quantities;
  /** Less than this is not worth a lease. */
  readonly least: Quantities;
  /** Says which process it is for. */
  readonly owner: string;
  readonly nowMs: number;
  readonly expiresAtMs: number;
}

export type LeaseOutcome =
  | {
      readonly state: "leased";
      readonly hold: Id<"hold">;
      readonly added: Quantities;
      readonly period: Id<"period">;
      /** When its period ends: it admits nothing from then on. */
      readonly endMs: number;
    }
  /** So little is left that each request must be held alone. */
  | { readonly state: "scarce" }
  /** The lease has ended, or its period has: return it and take another. */
  | { readonly state: "ended" };

/** One conditional unit decides. Refusal `invalid_key` of a key that is revoked. */
export function* takeLease(input: LeaseInput): Steps<LeaseOutcome> {
  const { party, lease, nowMs } = input;
  const standing = lease === null ? undefined : (yield* lockHolds([lease])).get(lease);
  if (lease !== null && !standing) return { state: "ended" };
  const period = yield* lockPeriodAt({ subscription: party.subscription, atMs: nowMs });
  const key = yield* lockKey(party.key);
  if (period.startMs > nowMs) return { state: "scarce" };
  if (standing && reservationOf(standing).period !== period.id) return { state: "ended" };
  const { used, held } = yield* countersOf(period.id);
  const reached = addQuantities(used, held);
  const apart = { ...input.apart, key: input.apart.key || party.quota };
  const room = period.budgeted ? yield* budgetRoom(spenderOf(input), apart, nowMs) : unbudgeted;
  if (!room) return { state: "scarce" };
  if (standing && !sameHolds(reservationOf(standing).budgets ?? [], room.holds)) return { state: "ended" };
  const keptNanos = period.kept ? yield* keptFree(party, period.id) : 0n;
  const { availableNanos: restNanos } = yield* lockBalance(accountOf("customer", party));
  const availableNanos = restNanos + keptNanos;
  const keyLeft = party.quota ? (key.quota_units ?? 0) - key.used_units - key.held_units : null;
  const { wanted, least } = input;
  const { components, spendCapNanos } = period;
  const budgetLeftNanos = room.leftNanos;
  const added = sizeLease({
    components,
    reached,
    used,
    availableNanos,
    spendCapNanos,
    budgetLeftNanos,
    keyLeft,
    wanted,
    least,
  });
  if (!added) return { state: "scarce" };
  const more = { reached: addQuantities(reached, added), used, added, budgets: room.holds };
  const hold = yield* place(input, standing, period, more);
  return { state: "leased", hold, added, period: period.id, endMs: Math.min(period.endMs, room.endMs) };
}

const unbudgeted: BudgetRoom = { holds: [], leftNanos: null, endMs: Number.MAX_SAFE_INTEGER };

interface More {
  readonly reached: Quantities;
  readonly used: Quantities;
  readonly added: Quantities;
  readonly budgets: readonly BudgetHold[];
}

function* holdMore(budgets: readonly BudgetHold[] | undefined, byNanos: Nanos): Steps<void> {
  const changes = new HeldChanges();
  changes.add(budgets, byNanos);
  yield* changeBudgetsHeld(changes);
}

function* place(
  { party, owner, nowMs, expiresAtMs }: LeaseInput,
  standing: EndedHold | undefined,
  period: PeriodTerms,
  { reached, used, added, budgets }: More,
): Steps<Id<"hold">> {
  const keyUnits = party.quota ? answersIn(added) : 0;
  const account = accountOf("customer", party);
  yield* countOnKeys(keyUnits > 0 ? new Map([[party.key, { usedBy: 0, heldBy: keyUnits }]]) : new Map());
  yield* countInAll(new Map([[period.id, { held: added }]]));
  const amountNanos =
    budgets.length > 0 ? dearestApart(period.components, used, added) : chargeOfLast(period.components, reached, added);
  yield* holdMore(budgets, amountNanos);
  if (period.kept) yield* lendKept(party, period.id, amountNanos);
  if (!standing) {
    const onBudgets = budgets.length > 0 ? { budgets, dearest: true as const } : {};
    const reservation: Reservation = { key: party.key, period: period.id, quantities: added, keyUnits, ...onBudgets };
    const detail = JSON.stringify(reservation);
    const placed = yield* placeHold({ account, amountNanos, owner, detail, expiresAtMs, nowMs });
    invariant(placed.state === "placed", "each lease has an owner of its own: what was counted for it is held by it");
    return placed.hold.id;
  }
  const before = reservationOf(standing);
  const after: Reservation = {
    ...before,
    quantities: addQuantities(before.quantities, added),
    keyUnits: before.keyUnits + keyUnits,
  };
  const change = { id: standing.id, amountNanos: standing.amountNanos + amountNanos, detail: JSON.stringify(after) };
  yield* changeHolds([change]);
  yield* postFirstEntries([], new Map([[accountId(account), amountNanos]]));
  return standing.id;
}

export interface ShrinkInput {
  readonly lease: Id<"hold">;
  /** What goes back. */
  readonly by: Quantities;
}

/** Gives a part of a lease back while requests that it admitted go on. */
export function* shrinkLease({ lease, by }: ShrinkInput): Steps<"shrunk" | "gone"> {
  const standing = (yield* lockHolds([lease])).get(lease);
  if (!standing) return "gone";
  yield* unwantHold(lease);
  const before = reservationOf(standing);
  const given = leastOf(by, before.quantities);
  const keyUnits = Math.min(answersIn(given), before.keyUnits);
  const period = must((yield* lockPeriods([before.period])).get(before.period), "a lease has a period");
  yield* countOnKeys(keyUnits > 0 ? new Map([[before.key, { usedBy: 0, heldBy: -keyUnits }]]) : new Map());
  const counters = (yield* countInAll(new Map([[before.period, { held: negated(given) }]]))).get(before.period);
  const quantities = addQuantities(before.quantities, negated(given));
  const after: Reservation = { ...before, quantities, keyUnits: before.keyUnits - keyUnits };
  const mostNanos = mostOfLease(after, period.components, counters ?? noCounters);
  const amountNanos = mostNanos < standing.amountNanos ? mostNanos : standing.amountNanos;
  yield* giveBackToBudgets(before.budgets, standing.amountNanos - amountNanos);
  if (period.kept) yield* lockKeptOf(before.period);
  const change: HoldChange = { id: lease, amountNanos, detail: JSON.stringify(after) };
  yield* changeHolds([change]);
  yield* postFirstEntries([], new Map([[standing.account, amountNanos - standing.amountNanos]]));
  if (period.kept || countsOf(given).length > 0) yield* coverThoseLeft(standing);
  return "shrunk";
}

export interface WantInput {
  readonly party: Party;
  /** How the leases of the process that asks are named. */
  readonly except: string;
  readonly nowMs: number;
}

/** Marks the customer's leases of other processes as wanted; returns how many there are. */
export function* wantLeases({ party, except, nowMs }: WantInput): Steps<number> {
  return yield* wantHolds({ account: accountOf("customer", party), owners: leaseOwner, except, nowMs });
}

/** Owners of leases begin so. */
export const leaseOwner = "lease/";

/** How many of them have not answered. */
export async function countWanted(db: Queries, party: Party, except: string): Promise<number> {
  const wanted = db.as<LedgerTables>().selectFrom("ledger_holds").select("id").where("state", "=", "open");
  const theirs = wanted
    .where("account", "=", accountId(accountOf("customer", party)))
    .where("wanted_at_ms", "is not", null);
  return (await theirs.where("owner", "not like", `${except}%`).execute()).length;
}

/** Of a process's leases, those that others want a part of. */
export async function wantedLeases(db: Queries, owner: string): Promise<Id<"hold">[]> {
  const wanted = db.as<LedgerTables>().selectFrom("ledger_holds").select("id").where("state", "=", "open");
  const own = wanted.where("wanted_at_ms", "is not", null).where("owner", "like", `${owner}/%`);
  return (await own.execute()).map(({ id }) => id);
}

const renewEach = bulkStatement(
  { id: "text", expires_at_ms: "bigint" },
  {
    each: "update ledger_holds set expires_at_ms = ?2 where id = ?1 and state = 'open' returning id",
    all: `update ledger_holds set expires_at_ms = given.expires_at_ms from given
      where ledger_holds.id = given.id and state = 'open' returning ledger_holds.id`,
  },
);

/** Lets leases live on; those that have ended are not in the answer. */
export function* renewLeases({
  leases,
  expiresAtMs,
}: {
  readonly leases: readonly Id<"hold">[];
  readonly expiresAtMs: number;
}): Steps<Id<"hold">[]> {
  const rows = yield* query<{ id: Id<"hold"> }>(renewEach([...leases].sort().map((id) => [id, expiresAtMs])));
  return rows.map(({ id }) => id);
}

function* lockKey(key: Id<"key">): Steps<KeyRow> {
  const row = yield* queryOne<KeyRow>(sql`update api_keys set used_units = used_units
    where id = ${key} and revoked_at_ms is null returning *`);
  if (!row) throw invalidKey();
  return row;
}

export const leaseUnit = unit(import.meta.url, "leaseUnit", takeLease, "relaxed");
export const wantUnit = unit(import.meta.url, "wantUnit", wantLeases, "relaxed");
export const shrinkUnit = unit(import.meta.url, "shrinkUnit", shrinkLease, "relaxed");
export const renewUnit = unit(import.meta.url, "renewUnit", renewLeases, "relaxed");
