import type { Id } from "../kernel/ids.ts";
import { type Statement, type Steps, type Value, query, sql } from "../store/index.ts";
import type { CounterRow } from "./tables.ts";
import { type Quantities, countsOf } from "./units.ts";

/** What a period counts, by unit. */
export interface Counters {
  readonly used: Quantities;
  readonly held: Quantities;
  /** Of the used ones, those of an earlier period. */
  readonly late: Quantities;
}

/** What is added to a period's counters. */
export interface CountChange {
  readonly usedBy?: Quantities;
  readonly heldBy?: Quantities;
  readonly lateBy?: Quantities;
}

/** Adds to a period's counters and reads them all. Whoever calls it has the period's row locked. */
export function* countInCounters(period: Id<"period">, change: CountChange): Steps<Counters> {
  const statement = addToCounters(period, change);
  if (statement) yield* query(statement);
  return yield* countersOf(period);
}

export function* countersOf(period: Id<"period">): Steps<Counters> {
  const rows = yield* query<CounterRow>(
    sql`select unit, used, held, late from usage_counters where period = ${period}`,
  );
  const by = (count: (row: CounterRow) => number): Quantities =>
    Object.fromEntries(rows.map((row) => [row.unit, count(row)]));
  return { used: by((row) => row.used), held: by((row) => row.held), late: by((row) => row.late) };
}

/** One upsert, in the order of the units, so that nobody waits in a circle. */
function addToCounters(
  period: Id<"period">,
  { usedBy = {}, heldBy = {}, lateBy = {} }: CountChange,
): Statement | undefined {
  const units = new Set([usedBy, heldBy, lateBy].flatMap((part) => countsOf(part).map(({ unit }) => unit)));
  if (units.size === 0) return undefined;
  const rows = [...units].sort().map((unit): Value[] => {
    return [period, unit, usedBy[unit] ?? 0, heldBy[unit] ?? 0, lateBy[unit] ?? 0];
  });
  const params = rows.flat();
  const columns = params.length / rows.length;
  const between = params.slice(1).map((_, i) => ((i + 1) % columns === 0 ? "), (" : ", "));
  const head = "insert into usage_counters (period, unit, used, held, late) values (";
  const tail = `) on conflict (period, unit) do update set used = usage_counters.used + excluded.used,
    held = usage_counters.held + excluded.held, late = usage_counters.late + excluded.late`;
  return { parts: [head, ...between, tail], params };
}
