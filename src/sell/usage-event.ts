import type { Id } from "../kernel/ids.ts";
import type { Nanos } from "../kernel/money.ts";
import { type Bulk, type Steps, bulkInsert, bulkStatement, query } from "../store/index.ts";
import type { PeriodTerms } from "./period.ts";
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

export function eventRow(input: SettleInput, period: PeriodTerms, charge: Charge): UsageEventRow {
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
    end_user: input.endUser ?? null,
  };
}

const insertEvents = bulkInsert("usage_events", {
  id: "text",
  prediction: "text",
  customer: "text",
  api_key: "text",
  subscription: "text",
  period: "text",
  product: "text",
  rate_card: "text",
  units: "bigint",
  quantities: "text",
  amount_nanos: "bigint",
  due_nanos: "bigint",
  cost_nanos: "bigint",
  model: "text",
  release: "text",
  partner: "text",
  at_ms: "bigint",
  recorded_at_ms: "bigint",
  entry: "text",
  end_user: "text",
});

/** One that is written already is a unique violation. */
export function writeEvents(rows: readonly UsageEventRow[]): Bulk {
  return insertEvents(
    rows.map((row) => [
      row.id,
      row.prediction,
      row.customer,
      row.api_key,
      row.subscription,
      row.period,
      row.product,
      row.rate_card,
      row.units,
      row.quantities,
      row.amount_nanos,
      row.due_nanos,
      row.cost_nanos,
      row.model,
      row.release,
      row.partner,
      row.at_ms,
      row.recorded_at_ms,
      row.entry,
      row.end_user,
    ]),
  );
}

const selectEvents = bulkStatement(
  { event: "text" },
  {
    each: "select * from usage_events where id = ?1",
    all: "select usage_events.* from usage_events join given on usage_events.id = given.event",
  },
);

export function* readEvents(predictions: readonly Id<"prediction">[]): Steps<UsageEventRow[]> {
  return yield* query<UsageEventRow>(selectEvents(predictions.map((prediction) => [usageEventOf(prediction)])));
}
