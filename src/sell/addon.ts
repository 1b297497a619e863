import { Refusal, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Nanos, mulDivRound } from "../kernel/money.ts";
import { type Queries, type Steps, bulkStatement, query, queryOne, sql } from "../store/index.ts";
import type { Part } from "./documents/view.ts";
import { groupBy } from "./group.ts";
import { getSubscription } from "./subscription.ts";
import type { AddonRow, PeriodRow } from "./tables.ts";
import { assertAmount, assertName, assertUnits } from "./words.ts";

/** Something that is paid every period beside the plan: a support contract, seats. */
export interface Addon {
  readonly id: Id<"addon">;
  readonly subscription: Id<"subscription">;
  readonly name: string;
  /** Of one, for a whole period. */
  readonly feeNanos: Nanos;
  readonly quantity: number;
  readonly fromMs: number;
  readonly untilMs: number | null;
}

export interface NewAddon {
  readonly subscription: Id<"subscription">;
  readonly name: string;
  readonly feeNanos: Nanos;
  readonly quantity?: number;
  readonly fromMs?: number;
  readonly nowMs: number;
}

/** From its first day on, each period pays for the part of it that the add-on was there. */
export async function addAddon(db: Queries, input: NewAddon): Promise<Addon> {
  const { subscription, name, feeNanos, quantity = 1, nowMs, fromMs = nowMs } = input;
  assertName(name);
  assertAmount(feeNanos, "fee", 1n);
  assertUnits(quantity, limits.itemQuantityMax, "quantity");
  assertAmount(feeNanos * BigInt(quantity), "fee");
  await getSubscription(db, subscription);
  if ((await listAddons(db, subscription)).length >= limits.addonsMax)
    throw new Refusal("conflict", `A subscription has at most ${limits.addonsMax} add-ons.`);
  const closed = await db.perform(
    queryOne<{ end_ms: number | null }>(
      sql`select max(end_ms) as end_ms from usage_periods where subscription = ${subscription} and state = 'closed'`,
    ),
  );
  if (closed?.end_ms && fromMs < closed.end_ms)
    throw new Refusal("conflict", "The period of this instant is invoiced.", { param: "from_ms" });
  const id = newId("addon", nowMs);
  await db.perform(
    query(sql`insert into addons (id, subscription, name, fee_nanos, quantity, from_ms, until_ms, created_at_ms)
      values (${id}, ${subscription}, ${name}, ${feeNanos}, ${quantity}, ${fromMs}, null, ${nowMs})`),
  );
  return getAddon(db, id);
}

/** Its last period pays for the part until then. Ending it again changes nothing. */
export async function endAddon(db: Queries, input: { readonly addon: string; readonly atMs: number }): Promise<Addon> {
  await getAddon(db, input.addon);
  await db.perform(
    query(sql`update addons set until_ms = ${input.atMs} where id = ${input.addon} and until_ms is null`),
  );
  return getAddon(db, input.addon);
}

async function getAddon(db: Queries, id: string): Promise<Addon> {
  const row = await db.perform(queryOne<AddonRow>(sql`select * from addons where id = ${id}`));
  if (!row) throw notFound("add-on", id);
  return toAddon(row);
}

export async function listAddons(db: Queries, subscription: Id<"subscription">): Promise<Addon[]> {
  return (await db.perform(addonsOf([subscription]))).get(subscription) ?? [];
}

export interface AddonCharge {
  readonly name: string;
  readonly quantity: number;
  readonly part: Part | null;
  readonly chargeNanos: Nanos;
}

/** What each add-on costs in a period: for the part of the regular period that it was there. */
export function addonCharges(period: PeriodRow, addons: readonly Addon[]): AddonCharge[] {
  if (period.trial === 1) return [];
  const wholeMs = period.whole_end_ms - period.whole_start_ms;
  return addons.flatMap(({ name, quantity, feeNanos, fromMs, untilMs }) => {
    const partMs = Math.min(period.end_ms, untilMs ?? period.end_ms) - Math.max(period.start_ms, fromMs);
    if (partMs <= 0) return [];
    const chargeNanos = mulDivRound(feeNanos * BigInt(quantity), BigInt(partMs), BigInt(wholeMs));
    return [{ name, quantity, part: partMs === wholeMs ? null : { partMs, wholeMs }, chargeNanos }];
  });
}

/** Of each subscription with add-ons, in their order. */
export function* addonsOf(
  subscriptions: readonly Id<"subscription">[],
): Steps<ReadonlyMap<Id<"subscription">, Addon[]>> {
  const rows = yield* query<AddonRow>(readEach(subscriptions.map((id) => [id])));
  return groupBy(rows.map(toAddon), ({ subscription }) => subscription);
}

const readEach = bulkStatement(
  { id: "text" },
  {
    each: "select * from addons where subscription = ?1 order by id",
    all: "select addons.* from addons join given on subscription = given.id order by addons.id",
  },
);

const toAddon = (row: AddonRow): Addon => ({
  id: row.id,
  subscription: row.subscription,
  name: row.name,
  feeNanos: row.fee_nanos,
  quantity: row.quantity,
  fromMs: row.from_ms,
  untilMs: row.until_ms,
});
