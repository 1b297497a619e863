import { Refusal, must, notFound } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { type Queries, type Steps, bulkStatement, query, queryOne, sql } from "../../store/index.ts";
import { type NewEvent, emitAll } from "../event.ts";
import type { SettleInput } from "../settle.ts";
import type { KeyRow } from "../tables.ts";
import { percentOf, shareOf, sharesFrom } from "./level.ts";

/**
 * A share of a key's quota. Told of by `usage.threshold`, once, when the settlement that reaches it is recorded: a quota is
 * for the whole life of its key.
 */
export interface QuotaThreshold {
  readonly partsPerMillion: number;
  readonly setBy: "team" | "customer";
  readonly told: boolean;
}

export interface NewQuotaThresholds {
  readonly customer: Id<"customer">;
  readonly key: string;
  /** In the place of those that the same side has set. */
  readonly percents: readonly string[];
  readonly setBy: QuotaThreshold["setBy"];
}

/** One that stays is not told again; one that is passed already is told with the next use. */
export async function setKeyThresholds(db: Queries, input: NewQuotaThresholds): Promise<void> {
  await db.perform(replace(input, sharesFrom(input.percents)));
}

function* replace({ customer, key, setBy }: NewQuotaThresholds, shares: readonly number[]): Steps<void> {
  yield* query(sql`update api_keys set name = name where id = ${key} and customer = ${customer}`); // locks it
  const row = yield* queryOne<KeyRow>(sql`select * from api_keys where id = ${key} and customer = ${customer}`);
  if (!row) throw notFound("key", key);
  if (row.quota_units === null) throw new Refusal("invalid_request", "The key has no quota to be told a share of.");
  const known = parseQuotaThresholds(row.quota_thresholds);
  const kept = (partsPerMillion: number): QuotaThreshold | undefined =>
    known.find((one) => one.setBy === setBy && one.partsPerMillion === partsPerMillion);
  const now = [
    ...known.filter((one) => one.setBy !== setBy),
    ...shares.map((partsPerMillion) => kept(partsPerMillion) ?? { partsPerMillion, setBy, told: false }),
  ];
  if (now.length > limits.thresholdsMax)
    throw new Refusal("conflict", `A key has at most ${limits.thresholdsMax} thresholds.`, { param: "percents" });
  yield* write(row.id, now);
}

const inOrder = (a: QuotaThreshold, b: QuotaThreshold): number => a.partsPerMillion - b.partsPerMillion;

function* write(key: Id<"key">, thresholds: readonly QuotaThreshold[]): Steps<void> {
  const text = thresholds.length === 0 ? null : JSON.stringify(thresholds.toSorted(inOrder));
  yield* query(sql`update api_keys set quota_thresholds = ${text} where id = ${key}`);
}

export const parseQuotaThresholds = (text: string | null): readonly QuotaThreshold[] =>
  text === null ? [] : (JSON.parse(text) as QuotaThreshold[]);

type Watching = Pick<KeyRow, "id" | "customer" | "quota_units" | "used_units" | "quota_thresholds">;

const readWatching = bulkStatement(
  { id: "text" },
  {
    each: `select id, customer, quota_units, used_units, quota_thresholds from api_keys
      where id = ?1 and quota_thresholds is not null`,
    all: `select api_keys.id, customer, quota_units, used_units, quota_thresholds from api_keys
      join given on api_keys.id = given.id where quota_thresholds is not null`,
  },
);

/** Of keys with a quota, which the settlements have counted on and locked; nothing is read for others. */
export function* tellKeyThresholds(settled: readonly SettleInput[]): Steps<void> {
  const byKey = new Map(settled.filter(({ party }) => party.quota).map((input) => [input.party.key, input]));
  if (byKey.size === 0) return;
  const rows = yield* query<Watching>(readWatching([...byKey.keys()].sort().map((id) => [id])));
  const events: NewEvent[] = [];
  for (const row of rows) {
    const { reached, all } = planReached(row);
    if (reached.length === 0) continue;
    yield* write(row.id, all);
    const { atMs, nowMs } = must(byKey.get(row.id), "only keys that were settled are read");
    events.push(...reached.map((threshold) => ({ ...eventOf(threshold, row), atMs, nowMs })));
  }
  yield* emitAll(events);
}

/** Which are reached now, and what is kept of all. Pure. */
function planReached({ quota_units: quota, used_units: used, quota_thresholds: text }: Watching): {
  readonly reached: readonly QuotaThreshold[];
  readonly all: readonly QuotaThreshold[];
} {
  const known = parseQuotaThresholds(text);
  const isReached = ({ partsPerMillion }: QuotaThreshold): boolean =>
    quota !== null && BigInt(used) >= shareOf(BigInt(quota), partsPerMillion);
  const reached = known.filter((one) => !one.told && isReached(one));
  return { reached, all: known.map((one) => (reached.includes(one) ? { ...one, told: true } : one)) };
}

function eventOf(
  { partsPerMillion, setBy }: QuotaThreshold,
  { id, customer, quota_units: quota, used_units: used }: Watching,
): Omit<NewEvent, "atMs" | "nowMs"> {
  const level = { kind: "quota", percent: percentOf(partsPerMillion) };
  const limit = Number(shareOf(BigInt(quota ?? 0), partsPerMillion));
  const far = { limit_units: limit, reached_units: used, quota_units: quota };
  return { kind: "usage.threshold", customer, data: { key: id, level, set_by: setBy, ...far } };
}
