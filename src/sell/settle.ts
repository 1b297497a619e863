import { invariant, must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { type Nanos, sumNanos } from "../kernel/money.ts";
import {
  type EndedHold,
  accountId,
  changeHolds,
  lockBalance,
  lockHolds,
  postFirstEntries,
  takeHolds,
} from "../ledger/index.ts";
import { type Steps, StoreError, isUniqueViolation, query, unit } from "../store/index.ts";
import { accountOf } from "./accounts.ts";
import { countInAll } from "./counters.ts";
import { HeldChanges, changeBudgetsHeld } from "./budgets/hold.ts";
import { type Spent, spendOnBudgets } from "./budgets/spend.ts";
import { lockBudgets } from "./budgets/window.ts";
import { keptLent, keptPartyOf, lendKept, useKept } from "./credits/kept.ts";
import { type Party, spenderOf } from "./key.ts";
import { lockPeriodAt, lockPeriods } from "./period.ts";
import { countOnKeys, coverOpenHolds, heldOnBudgets, reservationOf, returnBeyondHolds } from "./reservation.ts";
import { type CountPlan, type Found, type Gathered, planCounts } from "./settle-counts.ts";
import {
  type KeptByPeriod,
  type KeptLent,
  type MoneyPlan,
  beyondHolds,
  openAmounts,
  planMoney,
  planRating,
} from "./settle-money.ts";
import type { UsageEventRow } from "./tables.ts";
import { tellKeyThresholds } from "./thresholds/key-quota.ts";
import { tellThresholds } from "./thresholds/tell.ts";
import { readEvents, writeEvents } from "./usage-event.ts";
import { type Quantities, assertQuantities, countsOf, parseQuantities } from "./units.ts";

export interface SettleInput {
  readonly party: Party;
  /** Null for usage that was not admitted here, or when its hold is known to be gone. */
  readonly hold: Id<"hold"> | null;
  /** Of a request that was admitted under a lease, which is then `hold` and goes on: the part of it that was reserved. */
  readonly leased?: Quantities | null;
  readonly prediction: Id<"prediction">;
  /** What was really used; it may be less than was reserved, or more. */
  readonly quantities: Quantities;
  /** Which of the customer's own users it was for, if it said so. */
  readonly endUser?: string | null;
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

/** Records and charges usage once per prediction, after the work and before its answer ends. */
export function* settleUsage(input: SettleInput): Steps<Settlement> {
  return must((yield* settleMany([input]))[0], "a settlement for each input");
}

/** Settlement alone. */
export const settleUnit = unit(import.meta.url, "settleUnit", settleUsage);

/**
 * The same for many predictions of many customers at once, one ledger entry for each customer, period and minute: what the
 * events of an entry were charged is what it posted. Never refuses for lack of money: what holds and balance cannot pay
 * becomes due. The answers stand in the order of
 * the inputs.
 */
export function* settleMany(inputs: readonly SettleInput[]): Steps<Settlement[]> {
  for (const { quantities, costNanos } of inputs) {
    assertQuantities(quantities);
    invariant(costNanos >= 0n, "a cost is not negative");
  }
  const gathered = yield* gather(inputs);
  const counts = planCounts(gathered);
  yield* countOnKeys(counts.keys);
  const counters = yield* countInAll(counts.periods);
  const rated = planRating(gathered, counters);
  const budgeted = yield* lockTheirBudgets(gathered);
  const kept = yield* lendBeyond(gathered, rated);
  const plan = planMoney({
    gathered,
    counts,
    counters,
    rated,
    kept,
    balances: yield* lockBeyond(openAmounts(gathered, rated), kept),
  });
  yield* record(plan);
  yield* changeHolds(plan.leases);
  if (budgeted) yield* countOnBudgets(gathered, plan, rated);
  yield* useLent(kept, plan);
  yield* cover(gathered, counts, plan, counters);
  yield* tellThresholds(gathered.found, gathered.terms, counters);
  yield* tellKeyThresholds(gathered.found.map(({ input }) => input));
  const known = new Map(gathered.known.map((row) => [row.prediction, row]));
  const written = new Map(plan.events.map((row) => [row.prediction, row]));
  return inputs.map(({ prediction, quantities }) => {
    const before = known.get(prediction);
    if (before) return toSettlement("duplicate", before, parseQuantities(before.quantities));
    return toSettlement("settled", must(written.get(prediction), "what is settled has an event"), quantities);
  });
}

/** Holds, what is settled already, and periods: everything is locked here, in the same order by everybody. */
function* gather(inputs: readonly SettleInput[]): Steps<Gathered> {
  const nowMs = Math.max(...inputs.map((input) => input.nowMs));
  const ownIds = inputs.flatMap(({ hold, leased }) => (hold && !leased ? [hold] : []));
  const leaseIds = inputs.flatMap(({ hold, leased }) => (hold && leased ? [hold] : []));
  const own = yield* takeHolds([...new Set(ownIds)], nowMs);
  const leases = yield* lockHolds([...new Set(leaseIds)]);
  const doubtful = inputs.filter(({ leased }) => !leased);
  const known = doubtful.length === 0 ? [] : yield* readEvents(doubtful.map(({ prediction }) => prediction));
  const isKnown = new Set(known.map(({ prediction }) => prediction));
  const fresh = inputs.filter(({ prediction }) => !isKnown.has(prediction));
  const heldIn = [...own.values(), ...leases.values()].map((hold) => reservationOf(hold).period);
  const terms = new Map(yield* lockPeriods([...new Set(heldIn)]));
  const found: Found[] = [];
  for (const input of fresh) {
    const standing = input.hold ? (input.leased ? leases : own).get(input.hold) : undefined;
    if (standing) {
      found.push({ input, period: reservationOf(standing).period, late: false, ...heldBy(input, standing) });
      continue;
    }
    const period = yield* lockPeriodAt({ subscription: input.party.subscription, atMs: input.atMs });
    terms.set(period.id, period);
    found.push({ input, period: period.id, late: period.startMs > input.atMs, hold: undefined, lease: undefined });
  }
  const freed = inputs.flatMap(({ prediction, hold, leased }) => {
    const standing = hold && !leased && isKnown.has(prediction) ? own.get(hold) : undefined;
    return standing ? [standing] : [];
  });
  return { found, freed, leases, terms, known };
}

const heldBy = (input: SettleInput, standing: EndedHold): Pick<Found, "hold" | "lease"> =>
  input.leased ? { hold: undefined, lease: standing.id } : { hold: standing, lease: undefined };

/** Of those customers who have any, or kept credit; whether somebody has. */
function* lockTheirBudgets({ found, freed, leases, terms }: Gathered): Steps<boolean> {
  const customers = new Set<Id<"customer">>();
  for (const { input, period } of found) {
    const of = terms.get(period);
    if (of?.budgeted || of?.kept) customers.add(input.party.customer);
  }
  for (const hold of freed) {
    const { period } = reservationOf(hold);
    if (terms.get(period)?.kept) customers.add((yield* keptPartyOf(period)).customer);
  }
  for (const customer of [...customers].sort()) yield* lockBudgets(customer);
  const holds = [...found.flatMap(({ hold }) => hold ?? []), ...freed, ...leases.values()];
  return customers.size > 0 || holds.some((hold) => reservationOf(hold).budgets !== undefined);
}

/** What holds and leases no longer hold, and what was spent. */
function* countOnBudgets(
  { found, freed, leases, terms }: Gathered,
  plan: MoneyPlan,
  rated: readonly Nanos[],
): Steps<void> {
  const held = new HeldChanges();
  const give = (hold: EndedHold, byNanos: Nanos): void => held.add(reservationOf(hold).budgets, byNanos);
  for (const hold of [...found.flatMap((each) => each.hold ?? []), ...freed]) give(hold, -heldOnBudgets(hold));
  for (const { id, amountNanos } of plan.leases) {
    const lease = must(leases.get(id), "a lease that is planned was found");
    give(lease, amountNanos - lease.amountNanos);
  }
  yield* changeBudgetsHeld(held);
  const spent = found.flatMap(({ input, period }, at): Spent[] => {
    if (!terms.get(period)?.budgeted) return [];
    const { prediction, party, nowMs } = input;
    return [{ spender: spenderOf(input), currency: party.currency, prediction, amountNanos: rated[at] ?? 0n, nowMs }];
  });
  yield* spendOnBudgets(spent);
}

/** What each customer can pay beyond what is held, of those who need it; but not what is lent for one period alone. */
function* lockBeyond(parties: readonly Party[], kept: KeptByPeriod): Steps<ReadonlyMap<Id<"account">, Nanos>> {
  const available = new Map<Id<"account">, Nanos>();
  for (const party of parties) {
    const account = accountOf("customer", party);
    const lent = [...kept.values()].filter((each) => each.party.customer === party.customer);
    const lentNanos = sumNanos(lent.map(({ freshNanos }) => freshNanos));
    available.set(accountId(account), (yield* lockBalance(account)).availableNanos - lentNanos);
  }
  return available;
}

/** Lends periods with kept credit what their settlements cost beyond what is held for them. */
function* lendBeyond(gathered: Gathered, rated: readonly Nanos[]): Steps<KeptByPeriod> {
  const kept = new Map<Id<"period">, KeptLent>();
  const beyond = beyondHolds(gathered, rated);
  for (const period of [...gathered.terms.values()].filter((terms) => terms.kept).map(({ id }) => id)) {
    const party = yield* keptPartyOf(period);
    const lentNanos = yield* keptLent(party, period);
    kept.set(period, { party, lentNanos, freshNanos: yield* lendKept(party, period, beyond.get(period) ?? 0n) });
  }
  return kept;
}

/** What they cost is taken from what they are lent, and what is lent too much goes back. */
function* useLent(kept: KeptByPeriod, { events }: MoneyPlan): Steps<void> {
  for (const [id, { party }] of kept) {
    const paid = events.filter(({ period }) => period === id).map((row) => row.amount_nanos - row.due_nanos);
    yield* useKept(party, id, sumNanos(paid));
    yield* returnBeyondHolds(party, id);
  }
}

function* record({ events, entries, heldBy: byNanos }: MoneyPlan): Steps<void> {
  try {
    if (events.length > 0) yield* query(writeEvents(events));
  } catch (error) {
    // It was looked for before: another process was quicker, so this unit runs again.
    if (!isUniqueViolation(error)) throw error;
    throw new StoreError("busy", "another process has settled the same prediction");
  }
  yield* postFirstEntries(entries, byNanos);
}

/** Free units go to who settles first: the holds that stay open must then cover what became dearer for them. */
function* cover(
  { terms, found }: Gathered,
  { held }: CountPlan,
  { gaveBackIn }: MoneyPlan,
  counters: ReadonlyMap<Id<"period">, { readonly held: Quantities; readonly used: Quantities }>,
): Steps<void> {
  for (const period of [...gaveBackIn].sort()) {
    const counted = counters.get(period);
    if (!counted || !held.has(period) || countsOf(counted.held).length === 0) continue;
    const { party } = must(
      found.find((each) => each.period === period),
      "a period that gave back has a settlement",
    ).input;
    const { components, kept } = must(terms.get(period), "a period that is counted in is locked");
    yield* coverOpenHolds(party, { id: period, components, kept, used: counted.used, held: counted.held });
  }
}

function toSettlement(state: Settlement["state"], row: UsageEventRow, quantities: Quantities): Settlement {
  const { id, prediction, period, amount_nanos: amountNanos, rate_card: rateCard } = row;
  return { state, usageEvent: id, prediction, quantities, amountNanos, period, rateCard };
}
