import { must, notFound } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import type { Currency, Nanos } from "../../kernel/money.ts";
import type { Queries } from "../../store/index.ts";
import { type Component, parseComponents } from "../component.ts";
import type { Language } from "../documents/view.ts";
import { describeStep } from "../documents/words.ts";
import { type Price, explainPrice, marginalPrice } from "../price.ts";
import type { SellTables, UsageEventRow } from "../tables.ts";
import { type MeteredUnit, type Quantities, addQuantities, countsOf, parseQuantities } from "../units.ts";

/** One unit of an event: how much of it, from where in the period on, and what that costs. */
export interface ExplainedUnit {
  readonly unit: MeteredUnit;
  readonly count: number;
  /** Used of it before in the period; null where too much came before to be counted again. */
  readonly before: number | null;
  /** How all that was used of it up to here is priced. */
  readonly steps: readonly string[];
  /** What the price says for these units at their place; null where the place is not known and matters. */
  readonly amountNanos: Nanos | null;
}

export interface ExplainedUsage {
  readonly event: UsageEventRow;
  readonly currency: Currency;
  readonly periodStartMs: number;
  readonly periodEndMs: number;
  readonly units: readonly ExplainedUnit[];
  /**
   * The units' amounts sum to what was charged. They may not at the steps of a price: what is settled together is charged
   * by one sum, whatever the order within it.
   */
  readonly isExact: boolean;
}

/** How the amount of a usage event came about, from the prices that were frozen with its period. */
export async function explainUsage(db: Queries, id: string, language: Language): Promise<ExplainedUsage> {
  const tables = db.as<SellTables>();
  const event = await tables
    .selectFrom("usage_events")
    .selectAll()
    .where("id", "=", id as Id<"usageEvent">)
    .executeTakeFirst();
  if (!event) throw notFound("usage event", id);
  const period = await tables
    .selectFrom("usage_periods")
    .select(["components", "start_ms", "end_ms"])
    .where("id", "=", event.period)
    .executeTakeFirstOrThrow();
  const { currency } = await tables
    .selectFrom("customers")
    .select("currency")
    .where("id", "=", event.customer)
    .executeTakeFirstOrThrow();
  const before = await usedBefore(db, event);
  const stepsOf = (price: Price, count: number): string[] =>
    explainPrice(price, count).map((step) => describeStep(step, language, currency));
  const units = explainUnits(parseComponents(period.components), {
    quantities: parseQuantities(event.quantities),
    before,
    stepsOf,
  });
  const isExact =
    units.every(({ amountNanos }) => amountNanos !== null) &&
    units.reduce((sum, { amountNanos }) => sum + must(amountNanos, "an amount"), 0n) === event.amount_nanos;
  return { event, currency, periodStartMs: period.start_ms, periodEndMs: period.end_ms, units, isExact };
}

interface Counted {
  readonly quantities: Quantities;
  readonly before: Quantities | null;
  readonly stepsOf: (price: Price, count: number) => readonly string[];
}

export function explainUnits(
  components: readonly Component[],
  { quantities, before, stepsOf }: Counted,
): ExplainedUnit[] {
  return countsOf(quantities).map(({ unit, count }) => {
    const price = components.find((component) => component.unit === unit)?.price;
    const place = before === null ? null : (before[unit] ?? 0);
    const amountNanos = price ? amountAt(price, place, count) : 0n;
    return { unit, count, before: place, steps: price ? stepsOf(price, (place ?? 0) + count) : [], amountNanos };
  });
}

/** Where every unit costs the same, its place does not matter. */
function amountAt(price: Price, before: number | null, count: number): Nanos | null {
  if (before !== null) return marginalPrice(price, before, count);
  return price.kind === "per_unit" && price.freeUnits === 0 ? marginalPrice(price, 0, count) : null;
}

/** What earlier events of the period counted, as long as they are few. */
async function usedBefore(db: Queries, { id, period }: UsageEventRow): Promise<Quantities | null> {
  const rows = await db
    .as<SellTables>()
    .selectFrom("usage_events")
    .select("quantities")
    .where("period", "=", period)
    .where("id", "<", id)
    .limit(limits.usageScanMax + 1)
    .execute();
  if (rows.length > limits.usageScanMax) return null;
  return rows.reduce<Quantities>((sum, { quantities }) => addQuantities(sum, parseQuantities(quantities)), {});
}
