import { Refusal, must, notFound } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Queries, type Steps, query, queryOne, sql, unit } from "../store/index.ts";
import type { SellTables } from "./tables.ts";
import type { Quantities } from "./units.ts";

/** What a rate is counted in. */
export type RateUnit = "requests" | "tokens";

/** At most so many a minute of the clock; null is no limit. */
export interface RateLimits {
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
}

/** One limit of a request: what it is counted for, and how much of it there is a minute. */
export interface Rate {
  /** A subscription, or a key within it. */
  readonly bucket: Id<"subscription"> | Id<"key">;
  readonly unit: RateUnit;
  readonly perMinute: number;
}

export interface RateColumns {
  readonly requests_per_minute: number | null;
  readonly tokens_per_minute: number | null;
}

export const limitsOf = (row: RateColumns): RateLimits => ({
  requestsPerMinute: row.requests_per_minute,
  tokensPerMinute: row.tokens_per_minute,
});

/** The limits of one bucket; none has none. */
export function ratesOf(bucket: Rate["bucket"], { requestsPerMinute, tokensPerMinute }: RateLimits): Rate[] {
  const rates: Rate[] = [];
  if (requestsPerMinute !== null) rates.push({ bucket, unit: "requests", perMinute: requestsPerMinute });
  if (tokensPerMinute !== null) rates.push({ bucket, unit: "tokens", perMinute: tokensPerMinute });
  return rates;
}

/** How much of a rate's unit quantities are. A request is one, whatever it asks for. */
export const rateUnitsIn: { readonly [U in RateUnit]: (quantities: Quantities) => number } = {
  requests: () => 1,
  tokens: ({ input_tokens = 0, cached_input_tokens = 0, output_tokens = 0 }) =>
    input_tokens + cached_input_tokens + output_tokens,
};

/** What is left out stays as it is. */
export type RateChange = Partial<RateLimits>;

function assertRates(change: RateChange): void {
  for (const [param, count] of [
    ["requests_per_minute", change.requestsPerMinute],
    ["tokens_per_minute", change.tokensPerMinute],
  ] as const) {
    if (count === undefined || count === null) continue;
    if (Number.isSafeInteger(count) && count >= 1 && count <= limits.ratePerMinuteMax) continue;
    throw new Refusal("invalid_request", `A limit is 1 to ${limits.ratePerMinuteMax} a minute, or none.`, { param });
  }
}

/** For each subscription of the plan whose customer has no limit of its own. */
export async function setPlanLimits(db: Queries, input: RateChange & { readonly plan: string }): Promise<void> {
  const changing = db.as<SellTables>().updateTable("plans").set(columnsOf(input));
  const done = await changing.where("id", "=", input.plan as Id<"plan">).executeTakeFirst();
  if (done.numUpdatedRows === 0n) throw notFound("plan", input.plan);
}

/** In place of the plan's, for each subscription of the customer. */
export async function setCustomerLimits(db: Queries, input: RateChange & { readonly customer: string }): Promise<void> {
  const changing = db.as<SellTables>().updateTable("customers").set(columnsOf(input));
  const done = await changing.where("id", "=", input.customer as Id<"customer">).executeTakeFirst();
  if (done.numUpdatedRows === 0n) throw notFound("customer", input.customer);
}

/** For the key itself, within what its customer may. */
export async function setKeyLimits(
  db: Queries,
  input: RateChange & { readonly customer: Id<"customer">; readonly key: string },
): Promise<void> {
  const changing = db.as<SellTables>().updateTable("api_keys").set(columnsOf(input));
  const own = changing.where("id", "=", input.key as Id<"key">).where("customer", "=", input.customer);
  if ((await own.executeTakeFirst()).numUpdatedRows === 0n) throw notFound("key", input.key);
}

function columnsOf(change: RateChange): Partial<RateColumns> {
  const { requestsPerMinute, tokensPerMinute } = change;
  if (requestsPerMinute === undefined && tokensPerMinute === undefined) {
    throw new Refusal("invalid_request", "Give `requests_per_minute`, `tokens_per_minute` or both.");
  }
  assertRates(change);
  return {
    ...(requestsPerMinute === undefined ? {} : { requests_per_minute: requestsPerMinute }),
    ...(tokensPerMinute === undefined ? {} : { tokens_per_minute: tokensPerMinute }),
  };
}

/** One process asks for a part of the minute. */
export interface RateAsk extends Rate {
  /** The minute it is for; when another process's clock has reached a later one, that. */
  readonly startMs: number;
  /** What requests that wait for it need now. */
  readonly need: number;
  /** What would serve those to come; of this, a part of what is left. */
  readonly wanted: number;
  readonly nowMs: number;
}

export interface RateShare {
  readonly startMs: number;
  readonly granted: number;
  /** What nobody has yet. */
  readonly left: number;
}

/**
 * A share of a minute for one process: what is needed now, as far as it is there, and of what is wanted at most
 * `1 / limits.leaseShare` of what is left. Over all processes never more than the limit. When not all that is needed is
 * there, the minute is marked as wanted, and those who have shares that lie unused give them back.
 */
export function* takeRate({ bucket, unit: of, perMinute, startMs, need, wanted, nowMs }: RateAsk): Steps<RateShare> {
  const row = must(
    yield* queryOne<{ start_ms: number; taken: number }>(sql`insert into rate_windows (bucket, unit, start_ms, taken)
      values (${bucket}, ${of}, ${startMs}, 0)
      on conflict (bucket, unit) do update set
        taken = case when rate_windows.start_ms < excluded.start_ms then 0 else rate_windows.taken end,
        start_ms = case when rate_windows.start_ms < excluded.start_ms then excluded.start_ms
          else rate_windows.start_ms end
      returning start_ms, taken`),
    "a window that is written is there",
  );
  const left = Math.max(0, perMinute - row.taken);
  const share = Math.min(wanted, Math.floor(left / limits.leaseShare));
  const granted = Math.min(left, Math.max(need, share));
  const isShort = granted < need;
  yield* query(sql`update rate_windows set taken = taken + ${granted},
      wanted_at_ms = case when ${isShort ? 1 : 0} = 1 then cast(${nowMs} as bigint) else wanted_at_ms end
    where bucket = ${bucket} and unit = ${of}`);
  return { startMs: row.start_ms, granted, left: left - granted };
}

/** A part of a share that nobody uses. */
export interface RateReturn {
  readonly bucket: Rate["bucket"];
  readonly unit: RateUnit;
  readonly startMs: number;
  readonly count: number;
}

/** Gives parts of shares back; of a minute that is over they are worth nothing. */
export function* returnRates(returns: readonly RateReturn[]): Steps<void> {
  const sorted = returns.toSorted((a, b) => (`${a.bucket} ${a.unit}` < `${b.bucket} ${b.unit}` ? -1 : 1));
  for (const { bucket, unit: of, startMs, count } of sorted) {
    yield* query(sql`update rate_windows set taken = taken - ${count}, wanted_at_ms = null
      where bucket = ${bucket} and unit = ${of} and start_ms = ${startMs} and taken >= ${count}`);
  }
}

/** Buckets of which somebody wanted more than was there, since then. */
export async function wantedRates(db: Queries, sinceMs: number): Promise<Pick<Rate, "bucket" | "unit">[]> {
  const windows = db.as<SellTables>().selectFrom("rate_windows").select(["bucket", "unit"]);
  return windows.where("wanted_at_ms", "is not", null).where("wanted_at_ms", ">=", sinceMs).execute();
}

/** Of a lost share nobody had an answer, so a crash may lose it. */
export const takeRateUnit = unit(import.meta.url, "takeRateUnit", takeRate, "relaxed");
export const returnRatesUnit = unit(import.meta.url, "returnRatesUnit", returnRates, "relaxed");
