import { must } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { type Steps, query, sql } from "../../store/index.ts";
import type { Counters } from "../counters.ts";
import { type NewEvent, emitAll } from "../event.ts";
import type { PeriodTerms } from "../period.ts";
import type { Found } from "../settle-counts.ts";
import { type Crossed, formatWatched, planCrossed } from "./watched.ts";

/**
 * Tells of every threshold that the settled usage has reached, once a period: the row that is locked for counting says which
 * are left, so nothing is read for it, and a period without thresholds costs nothing.
 */
export function* tellThresholds(
  found: readonly Found[],
  terms: ReadonlyMap<Id<"period">, PeriodTerms>,
  counters: ReadonlyMap<Id<"period">, Counters>,
): Steps<void> {
  const events: NewEvent[] = [];
  for (const period of [...terms.values()].filter(({ watched }) => watched !== null)) {
    const counted = counters.get(period.id);
    const settled = found.find((each) => each.period === period.id);
    if (!counted || !settled) continue;
    const { crossed, left } = planCrossed(must(period.watched, "it watches"), { ...period, used: counted.used });
    if (crossed.length === 0) continue;
    yield* query(sql`update usage_periods set watched = ${formatWatched(left)} where id = ${period.id}`);
    events.push(...crossed.map((threshold) => eventOf(threshold, period, settled)));
  }
  yield* emitAll(events);
}

function eventOf({ id, level, limit, reached }: Crossed, period: PeriodTerms, { input }: Found): NewEvent {
  const { subscription, customer, product, currency } = input.party;
  const inMoney = level.kind === "spend" || level.kind === "cap";
  const far = inMoney
    ? { limit_nanos: limit, reached_nanos: reached, currency }
    : { limit_units: Number(limit), reached_units: Number(reached) };
  const about = { threshold: id, subscription, product, period: period.id, period_end_ms: period.endMs };
  return {
    kind: "usage.threshold",
    customer,
    data: { ...about, level, ...far },
    atMs: input.atMs,
    nowMs: input.nowMs,
  };
}
