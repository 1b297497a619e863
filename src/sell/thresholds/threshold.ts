import { Refusal, notFound } from "../../kernel/errors.ts";
import { type Id, newId } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { type Queries, type Steps, query, queryOne, sql } from "../../store/index.ts";
import { parseComponents } from "../component.ts";
import { getSubscription } from "../subscription.ts";
import type { PeriodRow, UsageThresholdRow } from "../tables.ts";
import { type Level, type LevelForm, levelFormOf, levelFrom, measure } from "./level.ts";
import { type Watched, formatWatched, parseWatched, watchedOf } from "./watched.ts";

/** Told of by `usage.threshold`, once a period, when the settlement that reaches it is recorded. */
export interface UsageThreshold {
  readonly id: Id<"usageThreshold">;
  readonly subscription: Id<"subscription">;
  readonly level: Level;
  readonly setBy: "team" | "customer";
  readonly createdAtMs: number;
}

export interface NewThreshold {
  readonly subscription: Id<"subscription">;
  readonly level: Level;
  readonly setBy: UsageThreshold["setBy"];
  readonly nowMs: number;
}

/** From now on, in the running period too; one that is passed already is told with the next use. */
export async function setThreshold(db: Queries, input: NewThreshold): Promise<UsageThreshold> {
  await getSubscription(db, input.subscription);
  return toThreshold(await db.perform(insertThreshold(input)));
}

function* insertThreshold({ subscription, level, setBy, nowMs }: NewThreshold): Steps<UsageThresholdRow> {
  const open = yield* lockOpen(subscription);
  const known = yield* thresholdsOf(subscription);
  const form = levelFormOf(level);
  if (known.length >= limits.thresholdsMax)
    throw new Refusal("conflict", `A subscription has at most ${limits.thresholdsMax} thresholds: remove one first.`);
  if (known.some((row) => row.level === JSON.stringify(form)))
    throw new Refusal("conflict", "The subscription has this threshold already.", { param: "level" });
  const [running] = open;
  if (running && !measure(level, measured(running))) throw nothingToShare(level);
  const row: UsageThresholdRow = {
    id: newId("usageThreshold", nowMs),
    subscription,
    level: JSON.stringify(form),
    set_by: setBy,
    created_at_ms: nowMs,
  };
  yield* query(sql`insert into usage_thresholds (id, subscription, level, set_by, created_at_ms)
    values (${row.id}, ${subscription}, ${row.level}, ${setBy}, ${nowMs})`);
  for (const period of open) yield* watch(period, [...parseWatched(period.watched), watchedOf(row)]);
  return row;
}

function nothingToShare(level: Level): Refusal {
  const missing = level.kind === "allowance" ? `no free ${level.unit}` : "no spend cap";
  return new Refusal("invalid_request", `The plan has ${missing}: give an absolute level.`, { param: "level.kind" });
}

const measured = (period: PeriodRow) => ({
  components: parseComponents(period.components),
  spendCapNanos: period.spend_cap_nanos,
  used: {},
});

/** Open periods, oldest first, then the subscription, as the close does: no period is opened meanwhile. */
function* lockOpen(subscription: Id<"subscription">): Steps<PeriodRow[]> {
  yield* query(sql`update usage_periods set state = state where subscription = ${subscription} and state = 'open'`);
  yield* query(sql`update subscriptions set next_ordinal = next_ordinal where id = ${subscription}`);
  return yield* query<PeriodRow>(sql`select * from usage_periods
    where subscription = ${subscription} and state = 'open' order by ordinal`);
}

function* watch({ id }: PeriodRow, watched: readonly Watched[]): Steps<void> {
  yield* query(sql`update usage_periods set watched = ${formatWatched(watched)} where id = ${id}`);
}

/** The customer's own when `customer` is given: then only what the customer has set may go. Again is `not_found`. */
export async function removeThreshold(
  db: Queries,
  ask: { readonly threshold: string; readonly customer?: Id<"customer"> },
): Promise<UsageThreshold> {
  const row = await db.perform(
    queryOne<UsageThresholdRow>(sql`select * from usage_thresholds where id = ${ask.threshold}`),
  );
  if (!row) throw notFound("threshold", ask.threshold);
  if (ask.customer) {
    await getSubscription(db, row.subscription, ask.customer).catch(() => {
      throw notFound("threshold", ask.threshold);
    });
    if (row.set_by !== "customer") throw new Refusal("forbidden", "This threshold is the seller's.");
  }
  await db.perform(forget(row));
  return toThreshold(row);
}

function* forget({ id, subscription }: UsageThresholdRow): Steps<void> {
  for (const period of yield* lockOpen(subscription)) {
    const watched = parseWatched(period.watched);
    const left = watched.filter((one) => one.id !== id);
    if (left.length < watched.length) yield* watch(period, left);
  }
  yield* query(sql`delete from usage_thresholds where id = ${id}`);
}

/** Oldest first. */
export async function listThresholds(db: Queries, subscription: Id<"subscription">): Promise<UsageThreshold[]> {
  return (await db.perform(thresholdsOf(subscription))).map(toThreshold);
}

function* thresholdsOf(subscription: Id<"subscription">): Steps<UsageThresholdRow[]> {
  return yield* query<UsageThresholdRow>(
    sql`select * from usage_thresholds where subscription = ${subscription} order by id`,
  );
}

const toThreshold = (row: UsageThresholdRow): UsageThreshold => ({
  id: row.id,
  subscription: row.subscription,
  level: levelFrom(JSON.parse(row.level) as LevelForm),
  setBy: row.set_by,
  createdAtMs: row.created_at_ms,
});
