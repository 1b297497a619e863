import type { Expression, ExpressionBuilder } from "kysely";
import { dayMs } from "../../kernel/clock.ts";
import type { Currency, Nanos } from "../../kernel/money.ts";
import type { Queries } from "../../store/index.ts";
import type { UsageSum } from "../reads.ts";
import type { SellTables } from "../tables.ts";
import { type UsageFilter, filtered, refuseTooLong } from "./explore.ts";

export interface UsageDay extends UsageSum {
  /** The UTC day, `2026-01-31`. */
  readonly day: string;
  readonly currency: Currency;
}

/** Usage by UTC day and currency, oldest first; days without are left out. `units` are of the filter's unit where it names one. */
export async function usageDays(db: Queries, filter: UsageFilter): Promise<UsageDay[]> {
  refuseTooLong(filter);
  const rows = await filtered(db, filter)
    .innerJoin("customers", "customers.id", "usage_events.customer")
    .select((of) => [
      of("usage_events.at_ms", "/", of.lit(dayMs)).as("day"),
      "customers.currency",
      of.fn.countAll<number>().as("events"),
      of.fn.sum<number>(countedIn(db.engine, of, filter)).as("units"),
      of.fn.sum<Nanos>("amount_nanos").as("amount_nanos"),
    ])
    .groupBy(["day", "customers.currency"])
    .orderBy("day")
    .orderBy("customers.currency")
    .execute();
  return rows.map(({ day: number, currency, events, units, amount_nanos: amountNanos }) => {
    return {
      day: new Date(number * dayMs).toISOString().slice(0, 10),
      currency,
      events,
      units,
      amountNanos,
    };
  });
}

/** How much of the unit, or how many requests and predictions. */
function countedIn(engine: Queries["engine"], of: Of, { unit }: UsageFilter): Expression<number> {
  if (unit === undefined) return of.ref("usage_events.units");
  if (engine === "sqlite") return of.fn<number>("json_extract", ["quantities", of.val(`$.${unit}`)]);
  const counts = of.cast<unknown>("quantities", "json");
  return of.cast<number>(of.fn("json_extract_path_text", [counts, of.cast<string>(of.val(unit), "text")]), "bigint");
}

type Of = ExpressionBuilder<SellTables, "usage_events">;
