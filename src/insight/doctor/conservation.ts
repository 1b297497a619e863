import { type SellTables, pricedUnits } from "../../sell/index.ts";
import type { ServeTables } from "../../serve/index.ts";
import type { Queries } from "../../store/index.ts";

/** The same thing counted at four places: equal, or something was lost or counted twice. */
export interface Conservation {
  readonly predictions: number;
  readonly usageEvents: number;
  /** Units of all usage events that have a price: requests, predictions, tokens, … */
  readonly usageUnits: number;
  readonly invoicedUnits: number;
  /** Priced units in periods that are still open. */
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
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .executeTakeFirstOrThrow();
  const units = await pricedUnits(db);
  const counts = {
    predictions: predictions.n,
    usageEvents: usage.n,
    usageUnits: units.used,
    invoicedUnits: units.invoiced,
    openUnits: units.open,
  };
  return {
    ...counts,
    holds: counts.predictions === counts.usageEvents && counts.usageUnits === counts.invoicedUnits + counts.openUnits,
  };
}
