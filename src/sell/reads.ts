import { dayMs } from "../kernel/clock.ts";
import { notFound } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import type { Nanos } from "../kernel/money.ts";
import type { Queries } from "../store/index.ts";
import { type Page, type PageAsk, limitOf, pageOf } from "./page.ts";
import type { PeriodRow, SellTables } from "./tables.ts";
import { type Quantities, addQuantities, parseQuantities } from "./units.ts";
import { usageEventOf } from "./usage-event.ts";

export interface UsageSum {
  readonly events: number;
  /** Requests and predictions. */
  readonly units: number;
  readonly amountNanos: Nanos;
}

export interface DayUsage extends UsageSum {
  /** The UTC day, `2026-01-31`. */
  readonly day: string;
  readonly product: Id<"product">;
}

/** A customer's usage by UTC day and product, oldest first; days without usage are left out. */
export async function usageByDay(
  db: Queries,
  ask: { readonly customer: Id<"customer">; readonly fromMs: number; readonly toMs: number },
): Promise<DayUsage[]> {
  const rows = await db
    .as<SellTables>()
    .selectFrom("usage_events")
    .where("customer", "=", ask.customer)
    .where("at_ms", ">=", ask.fromMs)
    .where("at_ms", "<", ask.toMs)
    .select((of) => [
      of("at_ms", "/", of.lit(dayMs)).as("day"),
      "product",
      of.fn.countAll<number>().as("events"),
      of.fn.sum<number>("units").as("units"),
      of.fn.sum<Nanos>("amount_nanos").as("amount_nanos"),
    ])
    .groupBy(["day", "product"])
    .orderBy("day")
    .orderBy("product")
    .execute();
  return rows.map(({ day, product, events, units, amount_nanos: amountNanos }) => {
    return { day: new Date(day * dayMs).toISOString().slice(0, 10), product, events, units, amountNanos };
  });
}

export interface PeriodUsage extends UsageSum {
  /** All that was counted, by unit. */
  readonly quantities: Quantities;
  readonly id: Id<"period">;
  readonly subscription: Id<"subscription">;
  readonly startMs: number;
  readonly endMs: number;
  readonly state: "open" | "closed";
}

/** A customer's periods with what was used in them, newest first. */
export async function usageByPeriod(
  db: Queries,
  ask: PageAsk & { readonly customer: Id<"customer"> },
): Promise<Page<PeriodUsage>> {
  const limit = limitOf(ask);
  let found = db
    .as<SellTables>()
    .selectFrom("usage_periods as p")
    .innerJoin("subscriptions as s", "s.id", "p.subscription")
    .leftJoin("usage_events as e", "e.period", "p.id")
    .where("s.customer", "=", ask.customer);
  if (ask.before) found = found.where("p.id", "<", ask.before as Id<"period">);
  const rows = await found
    .select((of) => [
      "p.id",
      "p.subscription",
      "p.start_ms",
      "p.end_ms",
      "p.state",
      of.fn.count<number>("e.id").as("events"),
      of.fn.coalesce(of.fn.sum<number>("e.units"), of.lit(0)).as("units"),
      of.fn.coalesce(of.fn.sum<Nanos>("e.amount_nanos"), of.lit(0)).as("amount_nanos"),
    ])
    .groupBy(["p.id", "p.subscription", "p.start_ms", "p.end_ms", "p.state"])
    .orderBy("p.id", "desc")
    .limit(limit + 1)
    .execute();
  const used = await usedIn(
    db,
    rows.map(({ id }) => id),
  );
  return pageOf(rows, limit, (row) => toPeriodUsage(row, used.get(row.id) ?? {}));
}

async function usedIn(db: Queries, periods: readonly Id<"period">[]): Promise<Map<Id<"period">, Quantities>> {
  const used = new Map<Id<"period">, Quantities>();
  if (periods.length === 0) return used;
  const table = db.as<SellTables>().selectFrom("usage_counters").select(["period", "unit", "used"]);
  for (const { period, unit, used: count } of await table
    .where("period", "in", periods)
    .where("used", ">", 0)
    .execute())
    used.set(period, addQuantities(used.get(period) ?? {}, { [unit]: count }));
  return used;
}

function toPeriodUsage(
  row: Pick<PeriodRow, "id" | "subscription" | "start_ms" | "end_ms" | "state"> & {
    events: number;
    units: number;
    amount_nanos: Nanos;
  },
  quantities: Quantities,
): PeriodUsage {
  const { id, subscription, state, events, units } = row;
  const bounds = { startMs: row.start_ms, endMs: row.end_ms };
  return { id, subscription, ...bounds, state, events, units, quantities, amountNanos: row.amount_nanos };
}

export interface UsageEvent {
  readonly id: Id<"usageEvent">;
  readonly prediction: Id<"prediction">;
  readonly product: Id<"product">;
  readonly rateCard: Id<"rateCard">;
  readonly quantities: Quantities;
  readonly amountNanos: Nanos;
  readonly atMs: number;
}

/** What one of a customer's predictions was charged as. */
export async function getUsageEvent(
  db: Queries,
  ask: { readonly customer: Id<"customer">; readonly prediction: Id<"prediction"> },
): Promise<UsageEvent> {
  const table = db.as<SellTables>().selectFrom("usage_events").selectAll().where("customer", "=", ask.customer);
  const row = await table.where("id", "=", usageEventOf(ask.prediction)).executeTakeFirst();
  if (!row) throw notFound("usage event", ask.prediction);
  const { id, prediction, product, rate_card: rateCard, amount_nanos: amountNanos, at_ms: atMs } = row;
  return { id, prediction, product, rateCard, quantities: parseQuantities(row.quantities), amountNanos, atMs };
}
