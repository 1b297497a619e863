import type { Id } from "../kernel/ids.ts";
import { type Currency, type Nanos, sumNanos } from "../kernel/money.ts";
import { type Queries, query, sql } from "../store/index.ts";
import { type Component, assertComponents, parseComponents } from "./component.ts";
import { finalPriceOf } from "./price.ts";
import { getProduct } from "./product.ts";
import { type MeteredUnit, type Quantities } from "./units.ts";

/** A draft of a plan's prices. */
export interface SimulatedPrices {
  readonly feeNanos: Nanos;
  readonly components: readonly Component[];
}

export interface SimulationAsk extends SimulatedPrices {
  readonly product: Id<"product">;
  /** Periods that begin in this time; half open. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** What one customer paid by its plan, and would have paid by the draft. */
export interface SimulatedCustomer {
  readonly customer: Id<"customer">;
  readonly name: string;
  readonly periods: number;
  readonly nowNanos: Nanos;
  readonly draftNanos: Nanos;
  readonly costNanos: Nanos;
}

export interface Simulation {
  readonly currency: Currency | null;
  readonly customers: readonly SimulatedCustomer[];
  readonly nowNanos: Nanos;
  readonly draftNanos: Nanos;
  /** What the usage cost us: margins are revenue less this. */
  readonly costNanos: Nanos;
  readonly winners: number;
  readonly losers: number;
}

interface PeriodFact {
  id: Id<"period">;
  customer: Id<"customer">;
  name: string;
  currency: Currency;
  trial: number;
  fee_nanos: Nanos;
  start_ms: number;
  end_ms: number;
  whole_start_ms: number;
  whole_end_ms: number;
  components: string;
  cost_nanos: Nanos;
}

/**
 * Rates what was really used by a draft plan: every period of the product by its counters, with the same final prices as an
 * invoice. Nothing is written. Periods in trial are free in both; a part of a period pays its part of the fee.
 */
export async function simulatePrices(db: Queries, ask: SimulationAsk): Promise<Simulation> {
  assertComponents(ask.components);
  await getProduct(db, ask.product);
  const periods = await db.perform(
    query<PeriodFact>(sql`select p.id, s.customer, c.name, c.currency, p.trial, p.fee_nanos, p.start_ms, p.end_ms,
        p.whole_start_ms, p.whole_end_ms, p.components,
        coalesce((select cast(sum(e.cost_nanos) as bigint) from usage_events e where e.period = p.id), 0) as cost_nanos
      from usage_periods p join subscriptions s on s.id = p.subscription join customers c on c.id = s.customer
      where s.product = ${ask.product} and p.start_ms >= ${ask.fromMs} and p.start_ms < ${ask.toMs} order by s.customer, p.id`),
  );
  const counters = await db.perform(
    query<{ period: Id<"period">; unit: MeteredUnit; used: number }>(sql`select u.period, u.unit, u.used
      from usage_counters u join usage_periods p on p.id = u.period join subscriptions s on s.id = p.subscription
      where s.product = ${ask.product} and p.start_ms >= ${ask.fromMs} and p.start_ms < ${ask.toMs}`),
  );
  const used = new Map<string, Partial<Record<MeteredUnit, number>>>();
  for (const { period, unit, used: count } of counters) {
    const own = used.get(period) ?? {};
    own[unit] = count;
    used.set(period, own);
  }
  return compare(periods, used, ask);
}

function compare(
  periods: readonly PeriodFact[],
  used: ReadonlyMap<string, Quantities>,
  draft: SimulatedPrices,
): Simulation {
  const all = new Map<string, { -readonly [K in keyof SimulatedCustomer]: SimulatedCustomer[K] }>();
  for (const period of periods) {
    const { customer, name } = period;
    const own = all.get(customer) ?? { customer, name, periods: 0, nowNanos: 0n, draftNanos: 0n, costNanos: 0n };
    const quantities = used.get(period.id) ?? {};
    own.periods += 1;
    own.costNanos += period.cost_nanos;
    own.nowNanos += period.fee_nanos + usageOf(parseComponents(period.components), quantities);
    if (period.trial === 0) own.draftNanos += feeOf(period, draft.feeNanos) + usageOf(draft.components, quantities);
    all.set(customer, own);
  }
  const customers = [...all.values()];
  return {
    currency: periods[0]?.currency ?? null,
    customers,
    nowNanos: sumNanos(customers.map(({ nowNanos }) => nowNanos)),
    draftNanos: sumNanos(customers.map(({ draftNanos }) => draftNanos)),
    costNanos: sumNanos(customers.map(({ costNanos }) => costNanos)),
    winners: customers.filter(({ nowNanos, draftNanos }) => draftNanos < nowNanos).length,
    losers: customers.filter(({ nowNanos, draftNanos }) => draftNanos > nowNanos).length,
  };
}

const usageOf = (components: readonly Component[], quantities: Quantities): Nanos =>
  sumNanos(components.map(({ unit, price }) => finalPriceOf(price, quantities[unit] ?? 0)));

function feeOf({ start_ms, end_ms, whole_start_ms, whole_end_ms }: PeriodFact, feeNanos: Nanos): Nanos {
  return (feeNanos * BigInt(end_ms - start_ms)) / BigInt(whole_end_ms - whole_start_ms);
}
