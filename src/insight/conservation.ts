import type { SellTables } from "../sell/index.ts";
import type { ServeTables } from "../serve/index.ts";
import type { Queries } from "../store/index.ts";

/** The same thing counted at four places: equal, or something was lost or counted twice. */
export interface Conservation {
  readonly predictions: number;
  readonly usageEvents: number;
  /** Units of all usage events. */
  readonly usageUnits: number;
  readonly invoicedUnits: number;
  /** Units in periods that are still open. */
  readonly openUnits: number;
  readonly holds: boolean;
}

export async function conservation(db: Queries): Promise<Conservation> {
  const tables = db.as<ServeTables & SellTables>();
  const predictions = await tables
    .selectFrom("predictions")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .where("shadow_of", "is", null)
    .executeTakeFirstOrThrow();
  const usage = await tables
    .selectFrom("usage_events")
    .select((eb) => [
      eb.fn.countAll<number>().as("n"),
      eb.fn.coalesce(eb.fn.sum<number>("units"), eb.val(0)).as("units"),
    ])
    .executeTakeFirstOrThrow();
  const invoiced = await tables
    .selectFrom("invoice_lines")
    .innerJoin("invoices", "invoices.id", "invoice_lines.invoice")
    .select((eb) => eb.fn.coalesce(eb.fn.sum<number>("invoice_lines.units"), eb.val(0)).as("units"))
    .where("invoices.kind", "=", "invoice")
    .where("invoice_lines.kind", "=", "usage")
    .executeTakeFirstOrThrow();
  const open = await tables
    .selectFrom("usage_periods")
    .select((eb) => eb.fn.coalesce(eb.fn.sum<number>("used_units"), eb.val(0)).as("units"))
    .where("state", "=", "open")
    .executeTakeFirstOrThrow();
  const counts = {
    predictions: predictions.n,
    usageEvents: usage.n,
    usageUnits: usage.units,
    invoicedUnits: invoiced.units,
    openUnits: open.units,
  };
  return {
    ...counts,
    holds: counts.predictions === counts.usageEvents && counts.usageUnits === counts.invoicedUnits + counts.openUnits,
  };
}
