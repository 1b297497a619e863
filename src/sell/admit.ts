import { Refusal } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Nanos, formatAmount } from "../kernel/money.ts";
import { type Hold, findHold, placeHold } from "../ledger/index.ts";
import { type Steps, query, queryOne, sql, unit } from "../store/index.ts";
import { accountOf } from "./accounts.ts";
import { type BudgetsHeld, giveBackToBudgets, holdOnBudgets } from "./budgets/hold.ts";
import { chargeOf, chargeOfLast, dearestCharge } from "./component.ts";
import { lendKept } from "./credits/kept.ts";
import { type Party, spenderOf } from "./key.ts";
import { type OpenPeriod, holdInPeriodAt } from "./period.ts";
import { type Reservation, endReservation, holdOnKey, liveKey, returnBeyondHolds } from "./reservation.ts";
import { type Quantities, addQuantities, answersIn, assertQuantities } from "./units.ts";

export interface AdmitInput {
  readonly party: Party;
  /** The most it may use. */
  readonly quantities: Quantities;
  /** Which of the customer's own users it is for, if it said so. */
  readonly endUser?: string | null;
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
      readonly quantities: Quantities;
      readonly amountNanos: Nanos;
      readonly period: Id<"period">;
      readonly rateCard: Id<"rateCard">;
      readonly expiresAtMs: number;
    }
  | { readonly state: "duplicate"; readonly hold: Id<"hold">; readonly holdState: "open" | "taken" };

/**
 * Reserves units on the key and in the period, and their price on the balance, before the work. Refuses with
 * `invalid_key`, `quota_exceeded`, `insufficient_credit` or `not_entitled`; but a request that is admitted already is a
 * duplicate, also when there is no room for another.
 */
export function* admitUsage(input: AdmitInput): Steps<Admission> {
  assertQuantities(input.quantities);
  const owner = `${input.party.customer}/${input.requestKey}`;
  const counted: Counted = { keyUnits: 0, period: undefined, budgets: { holds: [], nanos: 0n } };
  try {
    return yield* admit(input, owner, counted);
  } catch (error) {
    if (!(error instanceof Refusal) || !noRoom.has(error.code)) throw error;
    const standing = yield* findHold(owner);
    if (!standing) throw error;
    return yield* duplicateOf(standing, input, counted);
  }
}

const noRoom: ReadonlySet<string> = new Set(["quota_exceeded", "insufficient_credit"]);

/** What this admission has counted so far: to be taken back when it proves to be a duplicate. */
interface Counted {
  keyUnits: number;
  period: Id<"period"> | undefined;
  readonly budgets: BudgetsHeld;
}

function* admit(input: AdmitInput, owner: string, counted: Counted): Steps<Admission> {
  const { party, quantities, nowMs } = input;
  const keyUnits = party.quota ? answersIn(quantities) : 0;
  const period = yield* holdInPeriodAt(party.key, { subscription: party.subscription, atMs: nowMs, quantities });
  if (!period) {
    yield* liveKey(party.key);
    throw new Refusal("not_entitled", "The subscription has not started yet.");
  }
  counted.period = period.id;
  if (keyUnits > 0) yield* holdOnKey(party.key, keyUnits); // after the period, as everybody does: nobody waits in a circle
  counted.keyUnits = keyUnits;
  const reached = addQuantities(period.used, period.held);
  yield* assertUnderCap(period, chargeOf(period.components, reached), nowMs);
  const amountNanos = chargeOfLast(period.components, reached, quantities);
  const expiresAtMs = nowMs + (input.ttlMs ?? limits.holdTtlMs);
  if (period.budgeted) {
    const dearestNanos = dearestCharge(period.components, period.used, quantities);
    const ask = { spender: spenderOf(input), ...party, lastNanos: amountNanos, dearestNanos, nowMs, expiresAtMs };
    yield* holdOnBudgets(ask, counted.budgets);
  }
  const onBudgets = budgetsIn(counted.budgets, amountNanos);
  const reservation: Reservation = { key: party.key, period: period.id, quantities, keyUnits, ...onBudgets };
  const detail = JSON.stringify(reservation);
  const account = accountOf("customer", party);
  if (period.kept) yield* lendKept(party, period.id, amountNanos);
  const { state, hold } = yield* placeHold({ account, amountNanos, owner, detail, expiresAtMs, nowMs });
  if (state === "duplicate") return yield* duplicateOf(hold, input, counted);
  const { id, rateCard } = period;
  return { state: "admitted", hold: hold.id, quantities, amountNanos, period: id, rateCard, expiresAtMs };
}

function budgetsIn({ holds, nanos }: BudgetsHeld, amountNanos: Nanos): Pick<Reservation, "budgets" | "budgetNanos"> {
  if (holds.length === 0) return {};
  return nanos === amountNanos ? { budgets: holds } : { budgets: holds, budgetNanos: nanos.toString() };
}

function* duplicateOf(hold: Hold, { party, quantities }: AdmitInput, counted: Counted): Steps<Admission> {
  const { keyUnits, period, budgets } = counted;
  if (period) {
    const { kept } = yield* endReservation({ key: party.key, period, quantities, keyUnits }, {});
    yield* giveBackToBudgets(budgets.holds, budgets.nanos);
    if (kept) yield* returnBeyondHolds(party, period);
    yield* query(sql`delete from usage_counters where period = ${period} and used = 0 and held = 0`);
  }
  return { state: "duplicate", hold: hold.id, holdState: hold.state === "open" ? "open" : "taken" };
}

/** Admission alone. */
export const admitUnit = unit(import.meta.url, "admitUnit", admitUsage, "relaxed");

function* assertUnderCap({ id, spendCapNanos }: OpenPeriod, totalNanos: Nanos, nowMs: number): Steps<void> {
  if (spendCapNanos === null || totalNanos <= spendCapNanos) return;
  const row = yield* queryOne<{ end_ms: number }>(sql`select end_ms from usage_periods where id = ${id}`);
  const endMs = row?.end_ms ?? nowMs;
  throw new Refusal("quota_exceeded", `The plan's spend cap of ${formatAmount(spendCapNanos)} a period is reached.`, {
    hint: `The next period starts at ${new Date(endMs).toISOString()}.`,
    retryAfterSeconds: Math.max(1, Math.ceil((endMs - nowMs) / 1_000)),
  });
}
