import { must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import type { EndedHold } from "../ledger/index.ts";
import { type CountChange, addCounts } from "./counters.ts";
import type { PeriodTerms } from "./period.ts";
import { type KeyCount, type Reservation, reservationOf } from "./reservation.ts";
import type { SettleInput } from "./settle.ts";
import type { UsageEventRow } from "./tables.ts";
import { addQuantities, answersIn, leastOf, negated } from "./units.ts";

/** One settlement with what stands for it. */
export interface Found {
  readonly input: SettleInput;
  readonly period: Id<"period">;
  /** Used before its period began. */
  readonly late: boolean;
  /** Its own hold, just ended. */
  readonly hold: EndedHold | undefined;
  /** The lease it was admitted under. */
  readonly lease: Id<"hold"> | undefined;
}

export interface Gathered {
  readonly found: readonly Found[];
  /** Holds of predictions that are settled already: just ended, for nothing. */
  readonly freed: readonly EndedHold[];
  readonly leases: ReadonlyMap<Id<"hold">, EndedHold>;
  readonly terms: ReadonlyMap<Id<"period">, PeriodTerms>;
  /** Events of predictions that are settled already. */
  readonly known: readonly UsageEventRow[];
}

/** What a batch of settlements counts. */
export interface CountPlan {
  readonly periods: ReadonlyMap<Id<"period">, CountChange>;
  readonly keys: ReadonlyMap<Id<"key">, KeyCount>;
  /** What the leases still reserve after it. */
  readonly leases: ReadonlyMap<Id<"hold">, Reservation>;
  /** Periods in which a hold or lease has ended or shrunk. */
  readonly held: ReadonlySet<Id<"period">>;
}

export function planCounts({ found, freed, leases }: Gathered): CountPlan {
  const periods = new Map<Id<"period">, CountChange>();
  const keys = new Map<Id<"key">, KeyCount>();
  const left = new Map([...leases].map(([id, lease]) => [id, reservationOf(lease)]));
  const held = new Set<Id<"period">>();
  const count = (period: Id<"period">, change: CountChange): void =>
    void periods.set(period, addCounts(periods.get(period) ?? {}, change));
  const countKey = (key: Id<"key">, { usedBy, heldBy }: KeyCount): void => {
    const known = keys.get(key) ?? { usedBy: 0, heldBy: 0 };
    if (usedBy !== 0 || heldBy !== 0) keys.set(key, { usedBy: known.usedBy + usedBy, heldBy: known.heldBy + heldBy });
  };
  const unhold = ({ key, period, quantities, keyUnits }: Reservation): void => {
    count(period, { held: negated(quantities) });
    countKey(key, { usedBy: 0, heldBy: -keyUnits });
    held.add(period);
  };
  for (const hold of freed) unhold(reservationOf(hold));
  for (const { input, period, late, hold, lease } of found) {
    const { quantities, party } = input;
    count(period, { used: quantities, ...(late ? { late: quantities } : {}) });
    countKey(party.key, { usedBy: answersIn(quantities), heldBy: 0 });
    if (hold) unhold(reservationOf(hold));
    if (!lease) continue;
    const { taken, rest } = takeFrom(must(left.get(lease), "a lease that was found is open"), input);
    unhold(taken);
    left.set(lease, rest);
  }
  return { periods, keys, leases: left, held };
}

/** What a settlement takes from its lease: what it used of what it had reserved; the rest of that stays for others. */
function takeFrom(lease: Reservation, { leased, quantities }: SettleInput): { taken: Reservation; rest: Reservation } {
  const used = leastOf(leastOf(leased ?? {}, quantities), lease.quantities);
  const taken = { ...lease, quantities: used, keyUnits: Math.min(answersIn(used), lease.keyUnits) };
  const rest = {
    ...lease,
    quantities: addQuantities(lease.quantities, negated(used)),
    keyUnits: lease.keyUnits - taken.keyUnits,
  };
  return { taken, rest };
}
