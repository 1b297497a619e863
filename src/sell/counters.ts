import type { Id } from "../kernel/ids.ts";
import { type Steps, type Value, bulkInsert, bulkStatement, inOrder, query } from "../store/index.ts";
import type { CounterRow } from "./tables.ts";
import { type MeteredUnit, type Quantities, addQuantities, countsOf } from "./units.ts";

/** What a period counts, by unit. */
export interface Counters {
  readonly used: Quantities;
  readonly held: Quantities;
  /** Of the used ones, those of an earlier period. */
  readonly late: Quantities;
}

/** What is added to a period's counters. */
export type CountChange = Partial<Counters>;

/** Adds to a period's counters and reads them all. Whoever calls it has the period's row locked. */
export function* countInCounters(period: Id<"period">, change: CountChange): Steps<Counters> {
  return counted(yield* countInAll(new Map([[period, change]])), period);
}

export const countersOf = (period: Id<"period">): Steps<Counters> => countInCounters(period, {});

export const noCounters: Counters = { used: {}, held: {}, late: {} };

const counted = (all: ReadonlyMap<Id<"period">, Counters>, period: Id<"period">): Counters =>
  all.get(period) ?? noCounters;

/** The same for many periods; one that has counted nothing is not in the answer. */
export function* countInAll(
  changes: ReadonlyMap<Id<"period">, CountChange>,
): Steps<ReadonlyMap<Id<"period">, Counters>> {
  const rows = [...changes].flatMap(([period, change]) => rowsOf(period, change));
  if (rows.length > 0) yield* query(addEach(inOrder(rows)));
  return countersByPeriod(yield* query<CounterRow>(readEach([...changes.keys()].sort().map((id) => [id]))));
}

/** a + b, part by part. */
export function addCounts(a: CountChange, b: CountChange): Counters {
  return {
    used: addQuantities(a.used ?? {}, b.used ?? {}),
    held: addQuantities(a.held ?? {}, b.held ?? {}),
    late: addQuantities(a.late ?? {}, b.late ?? {}),
  };
}

const addEach = bulkInsert(
  "usage_counters",
  { period: "text", unit: "text", used: "bigint", held: "bigint", late: "bigint" },
  `on conflict (period, unit) do update set used = usage_counters.used + excluded.used,
    held = usage_counters.held + excluded.held, late = usage_counters.late + excluded.late`,
);

const readEach = bulkStatement(
  { id: "text" },
  {
    each: "select period, unit, used, held, late from usage_counters where period = ?1",
    all: "select period, unit, used, held, late from usage_counters join given on period = given.id",
  },
);

function rowsOf(period: Id<"period">, { used = {}, held = {}, late = {} }: CountChange): Value[][] {
  const units = new Set<MeteredUnit>();
  for (const part of [used, held, late]) for (const { unit } of countsOf(part)) units.add(unit);
  return [...units].map((unit) => [period, unit, used[unit] ?? 0, held[unit] ?? 0, late[unit] ?? 0]);
}

function countersByPeriod(rows: readonly CounterRow[]): Map<Id<"period">, Counters> {
  const all = new Map<Id<"period">, { [K in keyof Counters]: Partial<Record<MeteredUnit, number>> }>();
  for (const { period, unit, used, held, late } of rows) {
    const known = all.get(period) ?? { used: {}, held: {}, late: {} };
    known.used[unit] = used;
    known.held[unit] = held;
    known.late[unit] = late;
    all.set(period, known);
  }
  return all;
}
