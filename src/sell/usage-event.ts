import type { Id } from "../kernel/ids.ts";
import type { Nanos } from "../kernel/money.ts";
import { type Statement, sql } from "../store/index.ts";
import type { OpenPeriod } from "./period.ts";
import type { SettleInput } from "./settle.ts";
import type { UsageEventRow } from "./tables.ts";
import { answersIn, formatQuantities } from "./units.ts";

/** `use_…` with the letters of the prediction's id: one event per prediction. */
export function usageEventOf(prediction: Id<"prediction">): Id<"usageEvent"> {
  return `use_${prediction.slice("pred_".length)}`;
}

/** What a usage event was charged, and where it is posted. */
export interface Charge {
  readonly amountNanos: Nanos;
  readonly dueNanos: Nanos;
  readonly entry: Id<"entry"> | null;
}

export function eventRow(input: SettleInput, period: OpenPeriod, charge: Charge): UsageEventRow {
  const { amountNanos, dueNanos, entry } = charge;
  const { party, prediction, quantities, costNanos, model, release, atMs, nowMs } = input;
  return {
    id: usageEventOf(prediction),
    prediction,
    customer: party.customer,
    api_key: party.key,
    subscription: party.subscription,
    period: period.id,
    product: party.product,
    rate_card: period.rateCard,
    units: answersIn(quantities),
    quantities: formatQuantities(quantities),
    amount_nanos: amountNanos,
    due_nanos: dueNanos,
    cost_nanos: costNanos,
    model,
    release,
    partner: party.partner,
    at_ms: atMs,
    recorded_at_ms: nowMs,
    entry,
  };
}

export function insertEvent(row: UsageEventRow): Statement {
  return sql`insert into usage_events (id, prediction, customer, api_key, subscription, period, product, rate_card, units,
      quantities, amount_nanos, due_nanos, cost_nanos, model, release, partner, at_ms, recorded_at_ms, entry)
    values (${row.id}, ${row.prediction}, ${row.customer}, ${row.api_key}, ${row.subscription}, ${row.period},
      ${row.product}, ${row.rate_card}, ${row.units}, ${row.quantities}, ${row.amount_nanos}, ${row.due_nanos},
      ${row.cost_nanos}, ${row.model}, ${row.release}, ${row.partner}, ${row.at_ms}, ${row.recorded_at_ms}, ${row.entry})
    on conflict do nothing returning id`;
}

export const selectEvent = (id: Id<"usageEvent">): Statement => sql`select * from usage_events where id = ${id}`;
