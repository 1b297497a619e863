import type { Id } from "../kernel/ids.ts";
import { type Statement, type Queries, sql } from "../store/index.ts";
import { parseComponents } from "./component.ts";
import type { PeriodRow } from "./tables.ts";
import { type MeteredUnit, type Quantities, countsOf } from "./units.ts";

/** The units of each period, counted at three places that must agree. */
export type UnitsByPeriod = ReadonlyMap<string, Quantities>;

export async function rows<R>(db: Queries, text: Statement): Promise<R[]> {
  return db.read<R>(text);
}

interface UnitSum {
  period: Id<"period">;
  unit: MeteredUnit;
  units: number;
}

/** What the usage events of each period say they used. */
export async function usedByEvents(db: Queries): Promise<UnitsByPeriod> {
  const each =
    db.engine === "sqlite"
      ? sql`json_each(u.quantities) as j`
      : sql`json_each_text(cast(u.quantities as json)) as j (key, value)`;
  const sums = await rows<UnitSum>(
    db,
    sql`select u.period, j.key as unit, sum(cast(j.value as bigint)) as units from usage_events u, ${each}
      group by u.period, j.key`,
  );
  return byPeriod(sums);
}

function byPeriod(sums: readonly UnitSum[]): UnitsByPeriod {
  const all = new Map<string, Partial<Record<MeteredUnit, number>>>();
  for (const { period, unit, units } of sums) {
    const counted = all.get(period) ?? {};
    counted[unit] = (counted[unit] ?? 0) + units;
    all.set(period, counted);
  }
  return all;
}

/** What the counters of each period say. */
export async function usedByCounters(db: Queries): Promise<UnitsByPeriod> {
  return byPeriod(await rows<UnitSum>(db, sql`select period, unit, used as units from usage_counters`));
}

/** What the lines of each period's invoice say. */
export async function usedByInvoices(db: Queries): Promise<UnitsByPeriod> {
  const lines = sql`select i.period, l.unit, l.units from invoices i join invoice_lines l on l.invoice = i.id
    where i.kind = 'invoice' and l.kind = 'usage' and l.unit is not null`;
  return byPeriod(await rows<UnitSum>(db, lines));
}

/** Units that have a price, over all periods: used, on an invoice, or in a period that is still open. */
export interface PricedUnits {
  readonly used: number;
  readonly invoiced: number;
  readonly open: number;
}

export async function pricedUnits(db: Queries): Promise<PricedUnits> {
  const periods = await rows<Pick<PeriodRow, "id" | "state" | "components">>(
    db,
    sql`select id, state, components from usage_periods`,
  );
  const [events, counters, invoices] = [await usedByEvents(db), await usedByCounters(db), await usedByInvoices(db)];
  const sum = { used: 0, invoiced: 0, open: 0 };
  for (const { id, state, components } of periods) {
    for (const { unit } of parseComponents(components)) {
      sum.used += events.get(id)?.[unit] ?? 0;
      if (state === "open") sum.open += counters.get(id)?.[unit] ?? 0;
    }
    for (const { count } of countsOf(invoices.get(id) ?? {})) sum.invoiced += count;
  }
  return sum;
}
