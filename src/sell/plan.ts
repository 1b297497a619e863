import { Refusal, must, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type { Currency, Nanos } from "../kernel/money.ts";
import { type Queries, type Steps, bulkStatement, query, queryOne, sql } from "../store/index.ts";
import { type Cycle, assertCycle, monthly } from "./calendar.ts";
import { type Component, assertComponents, formatComponents, parseComponents } from "./component.ts";
import { groupBy } from "./group.ts";
import { type Page, type PageAsk, limitOf, pageOf } from "./page.ts";
import { formatCycle, parseCycle } from "./plan-cycle.ts";
import { getProduct } from "./product.ts";
import { type RateLimits, limitsOf } from "./rates.ts";
import type { PlanRow, RateCardRow, SellTables } from "./tables.ts";
import { assertAmount, assertCurrency, assertName } from "./words.ts";

/** The prices of one version of a plan. */
export interface Prices {
  /** Per period, invoiced when the period ends. */
  readonly feeNanos: Nanos;
  /** What is counted, and what it costs: at most one for each unit, none when all is in the fee. */
  readonly components: readonly Component[];
  /** The most a period's usage may cost; null is no cap. */
  readonly spendCapNanos?: Nanos | null;
  /** `new` keeps those who are on the plan already at the prices they came for; `all` unless given. */
  readonly appliesTo?: "all" | "new";
}

export interface RateCard extends Required<Prices> {
  readonly id: Id<"rateCard">;
  readonly plan: Id<"plan">;
  readonly version: number;
  readonly effectiveAtMs: number;
  readonly createdAtMs: number;
}

export interface Plan {
  readonly id: Id<"plan">;
  readonly product: Id<"product">;
  readonly name: string;
  readonly currency: Currency;
  /** How long its periods are. */
  readonly cycle: Cycle;
  /** Days at the beginning in which nothing is charged. */
  readonly trialDays: number;
  /** Whether customers may put themselves on it. */
  readonly offered: boolean;
  /** Of each subscription whose customer has none of its own. */
  readonly limits: RateLimits;
  readonly createdAtMs: number;
  /** The newest version, which may not be in force yet. */
  readonly rateCard: RateCard;
}

export interface NewPlan extends Prices {
  readonly product: Id<"product">;
  readonly name: string;
  readonly currency: Currency;
  /** A month from the anchor unless given. */
  readonly cycle?: Cycle;
  /** None unless given. */
  readonly trialDays?: number;
  /** Whether customers may put themselves on it; no unless given. */
  readonly offered?: boolean;
  /** Since when subscriptions may start; now unless given. */
  readonly effectiveAtMs?: number;
  readonly nowMs: number;
}

export async function createPlan(db: Queries, input: NewPlan): Promise<Plan> {
  assertName(input.name);
  assertCurrency(input.currency);
  assertPrices(input);
  assertCycle(input.cycle ?? monthly);
  assertTrial(input.trialDays ?? 0);
  const product = await getProduct(db, input.product);
  const row = await db.perform(insertPlan(input));
  if (!row) throw new Refusal("conflict", `"${product.name}" has a plan "${input.name}" already.`, { param: "name" });
  return getPlan(db, row.id);
}

function* insertPlan({
  product,
  name,
  currency,
  nowMs,
  cycle = monthly,
  trialDays = 0,
  offered = false,
  effectiveAtMs = nowMs,
  ...prices
}: NewPlan): Steps<PlanRow | undefined> {
  const row = yield* queryOne<PlanRow>(sql`insert into plans (id, product, name, currency, cycle,
      trial_days, offered, created_at_ms)
    values (${newId("plan", nowMs)}, ${product}, ${name}, ${currency}, ${formatCycle(cycle)}, ${trialDays},
      ${offered ? 1 : 0}, ${nowMs}) on conflict do nothing returning *`);
  if (row) yield* insertRateCard({ ...prices, plan: row.id, version: 1, effectiveAtMs, nowMs });
  return row;
}

export interface NewRateCard extends Prices {
  readonly plan: Id<"plan">;
  /** From the first period that starts at or after this; not in the past. */
  readonly effectiveAtMs: number;
  readonly nowMs: number;
}

/** A new version of a plan's prices. Periods that have begun keep theirs. */
export async function addRateCard(db: Queries, input: NewRateCard): Promise<RateCard> {
  assertPrices(input);
  if (input.effectiveAtMs < input.nowMs) {
    throw new Refusal("invalid_request", "A new price takes effect now or later, never in the past.", {
      param: "effective_at_ms",
    });
  }
  await getPlan(db, input.plan);
  return toRateCard(await db.perform(appendRateCard(input)));
}

function* appendRateCard(input: NewRateCard): Steps<RateCardRow> {
  const { plan, effectiveAtMs } = input;
  const rated = yield* queryOne<{ end_ms: number }>(sql`select max(p.end_ms) as end_ms from usage_periods p
    join subscriptions s on s.id = p.subscription where s.plan = ${plan} and p.start_ms >= ${effectiveAtMs}`);
  if (rated?.end_ms) {
    throw new Refusal("conflict", "A period that starts after this time has its price already.", {
      param: "effective_at_ms",
      hint: `Let the new price take effect at ${new Date(rated.end_ms).toISOString()} or later.`,
    });
  }
  const last = yield* queryOne<{ version: number }>(
    sql`select max(version) as version from rate_cards where plan = ${plan}`,
  );
  const row = yield* insertRateCard({ ...input, version: must(last, "a plan has a rate card").version + 1 });
  if (!row) throw new Refusal("conflict", "Another price takes effect at the same time.", { param: "effective_at_ms" });
  return row;
}

function* insertRateCard(card: NewRateCard & { readonly version: number }): Steps<RateCardRow | undefined> {
  const { plan, version, effectiveAtMs, feeNanos, components, spendCapNanos = null, appliesTo = "all", nowMs } = card;
  return yield* queryOne<RateCardRow>(sql`insert into rate_cards
      (id, plan, version, effective_at_ms, fee_nanos, components, spend_cap_nanos, applies_to, created_at_ms)
    values (${newId("rateCard", nowMs)}, ${plan}, ${version}, ${effectiveAtMs}, ${feeNanos}, ${formatComponents(components)},
      ${spendCapNanos}, ${appliesTo}, ${nowMs})
    on conflict do nothing returning *`);
}

/**
 * The prices in force at an instant for who came to the plan at another. A plan without any is refused: a missing price is
 * never zero.
 */
export function* rateCardsAt(
  asks: readonly { readonly plan: Id<"plan">; readonly atMs: number; readonly sinceMs: number }[],
): Steps<RateCardRow[]> {
  const plans = [...new Set(asks.map(({ plan }) => plan))];
  const rows = yield* query<RateCardRow>(readCards(plans.map((id) => [id])));
  const byPlan = groupBy(rows, ({ plan }) => plan);
  return asks.map(({ plan, atMs, sinceMs }) => {
    const inForce = byPlan.get(plan)?.find(({ effective_at_ms: fromMs, applies_to: appliesTo }) => {
      return fromMs <= atMs && (appliesTo === "all" || fromMs <= sinceMs);
    });
    if (inForce) return inForce;
    throw new Refusal("conflict", `The plan has no price in force at ${new Date(atMs).toISOString()}.`, {
      param: "plan",
    });
  });
}

const readCards = bulkStatement(
  { id: "text" },
  {
    each: "select * from rate_cards where plan = ?1 order by effective_at_ms desc",
    all: "select rate_cards.* from rate_cards join given on plan = given.id order by effective_at_ms desc",
  },
);

export async function getPlan(db: Queries, id: string): Promise<Plan> {
  const table = db.as<SellTables>().selectFrom("plans").selectAll();
  const row = await table.where("id", "=", id as Id<"plan">).executeTakeFirst();
  if (!row) throw notFound("plan", id);
  return toPlan(row, await listRateCards(db, row.id));
}

/** A product's plans, or all. */
export async function listPlans(
  db: Queries,
  ask: PageAsk & { product?: Id<"product">; offered?: boolean } = {},
): Promise<Page<Plan>> {
  const limit = limitOf(ask);
  let found = db.as<SellTables>().selectFrom("plans").selectAll();
  if (ask.product) found = found.where("product", "=", ask.product);
  if (ask.offered !== undefined) found = found.where("offered", "=", ask.offered ? 1 : 0);
  if (ask.before) found = found.where("id", "<", ask.before as Id<"plan">);
  const rows = await found
    .orderBy("id", "desc")
    .limit(limit + 1)
    .execute();
  const cards = new Map<string, RateCard[]>();
  for (const { id } of rows) cards.set(id, await listRateCards(db, id));
  return pageOf(rows, limit, (row) => toPlan(row, cards.get(row.id) ?? []));
}

/** Newest version first. */
export async function listRateCards(db: Queries, plan: Id<"plan">): Promise<RateCard[]> {
  const table = db.as<SellTables>().selectFrom("rate_cards").selectAll();
  return (await table.where("plan", "=", plan).orderBy("version", "desc").execute()).map(toRateCard);
}

function assertPrices({ feeNanos, components, spendCapNanos = null }: Prices): void {
  assertAmount(feeNanos, "fee");
  assertComponents(components);
  if (spendCapNanos !== null) assertAmount(spendCapNanos, "spend_cap");
}

function assertTrial(days: number): void {
  if (Number.isInteger(days) && days >= 0 && days <= limits.trialDaysMax) return;
  throw new Refusal("invalid_request", `A trial has 0 to ${limits.trialDaysMax} days.`, { param: "trial_days" });
}

function toPlan(row: PlanRow, cards: readonly RateCard[]): Plan {
  const rateCard = must(cards[0], "a plan has a rate card");
  const { id, product, name, currency } = row;
  const how = { cycle: parseCycle(row.cycle), trialDays: row.trial_days, offered: row.offered === 1 };
  return { id, product, name, currency, ...how, limits: limitsOf(row), createdAtMs: row.created_at_ms, rateCard };
}

function toRateCard(row: RateCardRow): RateCard {
  return {
    id: row.id,
    plan: row.plan,
    version: row.version,
    effectiveAtMs: row.effective_at_ms,
    feeNanos: row.fee_nanos,
    components: parseComponents(row.components),
    spendCapNanos: row.spend_cap_nanos,
    appliesTo: row.applies_to,
    createdAtMs: row.created_at_ms,
  };
}
