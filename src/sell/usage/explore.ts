import { dayMs } from "../../kernel/clock.ts";
import type { SelectQueryBuilder } from "kysely";
import { Refusal, must } from "../../kernel/errors.ts";
import { type Id, idsSince } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import type { Currency } from "../../kernel/money.ts";
import type { Queries } from "../../store/index.ts";
import { limitOf } from "../page.ts";
import type { SellTables, UsageEventRow } from "../tables.ts";
import type { MeteredUnit } from "../units.ts";

/** Which usage events: of a time, half open, and of whom or what. */
export interface UsageFilter {
  readonly fromMs: number;
  readonly toMs: number;
  readonly customer?: Id<"customer"> | undefined;
  readonly key?: Id<"key"> | undefined;
  readonly product?: Id<"product"> | undefined;
  readonly model?: string | undefined;
  /** Those in which it was counted. */
  readonly unit?: MeteredUnit | undefined;
}

/** With the currency of its amount, which is its customer's. */
export interface PricedEvent extends UsageEventRow {
  readonly currency: Currency;
}

/** May be short, or empty, while there is a `nextCursor`: one call reads through so many events and no more. */
export interface UsagePage {
  readonly events: readonly PricedEvent[];
  readonly nextCursor: string | null;
}

export function refuseTooLong({ fromMs, toMs }: UsageFilter): void {
  if (toMs > fromMs && toMs - fromMs <= limits.usageExploredDaysMax * dayMs) return;
  throw new Refusal("invalid_request", `A time of usage has 1 to ${limits.usageExploredDaysMax} days.`, {
    param: "from_ms",
    hint: "Ask for one part of it after the other.",
  });
}

type Events = SelectQueryBuilder<SellTables, "usage_events", object>;

/** The events of a filter. A customer's are found by an index of theirs, all others by the time in their ids. */
export function filtered(db: Queries, filter: UsageFilter, before?: Id<"usageEvent">): Events {
  const { fromMs, toMs, customer, key, product, model, unit } = filter;
  const end = idsSince("usageEvent", toMs) as Id<"usageEvent">;
  let events: Events = db.as<SellTables>().selectFrom("usage_events");
  events = customer
    ? events.where("customer", "=", customer).where("at_ms", ">=", fromMs).where("at_ms", "<", toMs)
    : events
        .where("usage_events.id", ">=", idsSince("usageEvent", fromMs) as Id<"usageEvent">)
        .where("usage_events.id", "<", before !== undefined && before < end ? before : end);
  if (key) events = events.where("api_key", "=", key);
  if (product) events = events.where("usage_events.product", "=", product);
  if (model) events = events.where("model", "=", model);
  return unit ? events.where("quantities", "like", `%"${unit}":%`) : events;
}

/** The newest first. */
export async function listUsage(
  db: Queries,
  filter: UsageFilter,
  ask: { readonly limit?: number | undefined; readonly before?: string | undefined },
): Promise<UsagePage> {
  refuseTooLong(filter);
  const limit = limitOf(ask);
  const { fromMs, toMs, customer, ...narrow } = filter;
  const isNarrow = Object.values(narrow).some((value) => value !== undefined);
  const found: UsageEventRow[] = [];
  const page = async (nextCursor: string | null): Promise<UsagePage> => ({
    events: await priced(db, found),
    nextCursor,
  });
  let before = ask.before;
  for (let read = 0; read < limits.usageScanMax;) {
    const rows = await nextRows(db, { fromMs, toMs, customer }, before, isNarrow ? limits.usageScanStep : limit + 1);
    read += rows.length;
    for (const row of rows) {
      if (found.length === limit) return page(found.at(-1)?.id ?? null);
      if (isWanted(row, filter)) found.push(row);
      before = row.id;
    }
    if (rows.length < (isNarrow ? limits.usageScanStep : limit + 1)) return page(null);
  }
  return page(before ?? null);
}

/** All of them, the newest first, in batches: for a file. */
export function allUsage(db: Queries, filter: UsageFilter): AsyncGenerator<readonly PricedEvent[]> {
  refuseTooLong(filter); // now, and not when the first batch is asked for
  return batchesOf(db, filter);
}

async function* batchesOf(db: Queries, filter: UsageFilter): AsyncGenerator<readonly PricedEvent[]> {
  let before: string | undefined;
  for (let given = 0; given < limits.usageExportRowsMax;) {
    const rows = await nextRows(db, filter, before, limits.usageScanStep);
    yield await priced(
      db,
      rows.filter((row) => isWanted(row, filter)),
    );
    if (rows.length < limits.usageScanStep) return;
    given += rows.length;
    before = rows.at(-1)?.id;
  }
}

async function priced(db: Queries, rows: readonly UsageEventRow[]): Promise<PricedEvent[]> {
  const ids = [...new Set(rows.map(({ customer }) => customer))];
  if (ids.length === 0) return [];
  const customers = db.as<SellTables>().selectFrom("customers").select(["id", "currency"]).where("id", "in", ids);
  const currencies = new Map((await customers.execute()).map(({ id, currency }) => [id, currency]));
  return rows.map((row) => ({ ...row, currency: must(currencies.get(row.customer), "an event's customer stays") }));
}

/** With one bound above, the cursor's or the time's: of two an index might be read from the wrong one. */
async function nextRows(
  db: Queries,
  { fromMs, toMs, customer }: UsageFilter,
  before: string | undefined,
  count: number,
): Promise<UsageEventRow[]> {
  const cursor = before as Id<"usageEvent"> | undefined;
  const atMs = customer && cursor && (await atMsOf(db, cursor));
  const upToMs = atMs === undefined ? toMs : Math.min(toMs, atMs + 1);
  let events = filtered(db, { fromMs, toMs: upToMs, customer }, cursor);
  if (customer && cursor !== undefined) {
    events = events.where((where) =>
      where.or([where("at_ms", "<", atMs ?? toMs), where("usage_events.id", "<", cursor)]),
    );
  }
  if (customer) events = events.orderBy("at_ms", "desc");
  return events.orderBy("usage_events.id", "desc").selectAll("usage_events").limit(count).execute();
}

async function atMsOf(db: Queries, id: Id<"usageEvent">): Promise<number | undefined> {
  const events = db.as<SellTables>().selectFrom("usage_events");
  return (await events.select("at_ms").where("id", "=", id).executeTakeFirst())?.at_ms;
}

const isWanted = (row: UsageEventRow, { key, product, model, unit }: UsageFilter): boolean =>
  (key === undefined || row.api_key === key) &&
  (product === undefined || row.product === product) &&
  (model === undefined || row.model === model) &&
  (unit === undefined || row.quantities.includes(`"${unit}":`));
