import { Refusal, must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { type Queries, type Steps, query, queryOne, sql } from "../store/index.ts";
import { formatComponents, parseComponents } from "./component.ts";
import { partOf, partOfMinimum } from "./pinned.ts";
import { lastPeriod, openPeriod } from "./period-opening.ts";
import { type Plan, getPlan } from "./plan.ts";
import { type Subscription, getSubscription, recordChange, toSubscription } from "./subscription.ts";
import type { PeriodRow, SubscriptionRow } from "./tables.ts";

/**
 * What becomes of the fees of a period that is cut: each plan's for its share of the time, both in full, or no cut: the
 * change waits for the next period.
 */
export type Proration = "prorated" | "full" | "next_period";

export interface ChangeInput {
  readonly subscription: Id<"subscription">;
  /** When it takes effect; now unless given. Earlier, only within a period that is open and has no usage since then. */
  readonly atMs?: number;
  readonly proration?: Proration;
  readonly nowMs: number;
}

/** Another plan of the same product, up or down. */
export async function changePlan(
  db: Queries,
  input: ChangeInput & { readonly plan: Id<"plan"> },
): Promise<Subscription> {
  const plan = await getPlan(db, input.plan);
  const subscription = await getSubscription(db, input.subscription);
  const current = await getPlan(db, subscription.plan);
  assertReplaces(plan, current);
  return toSubscription(await db.perform(replacePlan(input, plan)));
}

function assertReplaces(plan: Plan, current: Plan): void {
  const param = { param: "plan" };
  if (plan.id === current.id) throw new Refusal("conflict", "The subscription is on this plan already.", param);
  if (plan.product !== current.product) throw new Refusal("conflict", "The plan is of another product.", param);
  if (plan.currency !== current.currency) throw new Refusal("conflict", `The plan is in ${plan.currency}.`, param);
  if (JSON.stringify(plan.cycle) !== JSON.stringify(current.cycle))
    throw new Refusal("conflict", "The plan's periods have another length: end the subscription and start one.", param);
}

function* replacePlan(input: ChangeInput, plan: Plan): Steps<SubscriptionRow> {
  const { nowMs, atMs = nowMs, proration = "prorated" } = input;
  const { subscription, open } = yield* lockToChange(input.subscription, atMs);
  const record = { subscription: subscription.id, kind: "plan", from: subscription.plan, to: plan.id, nowMs } as const;
  if (proration === "next_period" && atMs > open.start_ms) {
    yield* recordChange({ ...record, atMs: open.end_ms, proration });
    return must(
      yield* queryOne<SubscriptionRow>(sql`update subscriptions set next_plan = ${plan.id},
        next_plan_at_ms = ${open.end_ms} where id = ${subscription.id} returning *`),
      "a subscription exists",
    );
  }
  const cut = yield* cutAt(subscription, open, atMs, proration === "full");
  const changed = must(
    yield* queryOne<SubscriptionRow>(sql`update subscriptions set plan = ${plan.id}, plan_since_ms = ${atMs},
      next_plan = null, next_plan_at_ms = null where id = ${subscription.id} returning *`),
    "a subscription exists",
  );
  yield* openPeriod(subscription.id, cut, { feeInFull: proration === "full" });
  yield* recordChange({ ...record, atMs, proration });
  return changed;
}

/** Ends it: with `next_period` when the running period ends, otherwise at the instant. */
export async function cancelSubscription(db: Queries, input: ChangeInput): Promise<Subscription> {
  await getSubscription(db, input.subscription);
  return toSubscription(await db.perform(cancel(input)));
}

function* cancel(input: ChangeInput): Steps<SubscriptionRow> {
  const { nowMs, atMs = nowMs, proration = "next_period" } = input;
  const { subscription, open } = yield* lockToChange(input.subscription, atMs);
  const endsAtMs = proration === "next_period" ? open.end_ms : atMs;
  if (proration !== "next_period") yield* cutAt(subscription, open, atMs, proration === "full");
  yield* query(sql`update addons set until_ms = ${endsAtMs}
    where subscription = ${subscription.id} and (until_ms is null or until_ms > ${endsAtMs})`);
  yield* recordChange({
    subscription: subscription.id,
    kind: "cancelled",
    from: subscription.plan,
    to: null,
    atMs: endsAtMs,
    proration,
    nowMs,
  });
  return must(
    yield* queryOne<SubscriptionRow>(sql`update subscriptions set ends_at_ms = ${endsAtMs}, next_plan = null,
      next_plan_at_ms = null where id = ${subscription.id} returning *`),
    "a subscription exists",
  );
}

/** Takes a cancellation back before it has taken effect. */
export async function resumeSubscription(
  db: Queries,
  input: { readonly subscription: Id<"subscription">; readonly nowMs: number },
): Promise<Subscription> {
  await getSubscription(db, input.subscription);
  const row = await db.perform(
    (function* (): Steps<SubscriptionRow | undefined> {
      const resumed = yield* queryOne<SubscriptionRow>(sql`update subscriptions set ends_at_ms = null
        where id = ${input.subscription} and ends_at_ms > ${input.nowMs} returning *`);
      if (!resumed) return undefined;
      const { id: subscription, plan } = resumed;
      const change = { subscription, kind: "resumed", from: null, to: plan, nowMs: input.nowMs } as const;
      yield* recordChange({ ...change, atMs: input.nowMs });
      return resumed;
    })(),
  );
  if (!row) throw new Refusal("conflict", "The subscription is not about to end.");
  return toSubscription(row);
}

interface ToChange {
  readonly subscription: SubscriptionRow;
  /** The open period of the instant. */
  readonly open: PeriodRow;
}

/** Locks periods, then the subscription, as the close does. */
function* lockToChange(id: Id<"subscription">, atMs: number): Steps<ToChange> {
  yield* query(sql`update usage_periods set state = state where subscription = ${id} and state = 'open'`);
  const subscription = must(
    yield* queryOne<SubscriptionRow>(
      sql`update subscriptions set next_ordinal = next_ordinal where id = ${id} returning *`,
    ),
    "a subscription exists",
  );
  if (subscription.ends_at_ms !== null)
    throw new Refusal("conflict", "The subscription has been cancelled: resume it, or start one when it has ended.");
  for (let last = yield* lastPeriod(id); last && last.end_ms <= atMs; last = yield* lastPeriod(id)) {
    yield* openPeriod(id, last);
  }
  const open = yield* queryOne<PeriodRow>(sql`select * from usage_periods
    where subscription = ${id} and start_ms <= ${atMs} and end_ms > ${atMs} and state = 'open'`);
  if (open) return { subscription, open };
  throw new Refusal("conflict", "The period of this instant is invoiced, or has not begun: choose another instant.", {
    param: "at_ms",
  });
}

/** Ends the open period at the instant and forgets those after it. Returns the one that a next period would follow. */
function* cutAt(
  subscription: SubscriptionRow,
  open: PeriodRow,
  atMs: number,
  inFull: boolean,
): Steps<PeriodRow | undefined> {
  yield* assertUnused(subscription.id, open, atMs);
  const forgotten = atMs === open.start_ms ? open.ordinal : open.ordinal + 1;
  yield* query(sql`delete from usage_counters where period in (select id from usage_periods
    where subscription = ${subscription.id} and ordinal >= ${forgotten})`);
  yield* query(sql`delete from usage_periods where subscription = ${subscription.id} and ordinal >= ${forgotten}`);
  if (atMs === open.start_ms) return yield* lastPeriod(subscription.id);
  const bounds = {
    startMs: open.start_ms,
    endMs: atMs,
    wholeStartMs: open.whole_start_ms,
    wholeEndMs: open.whole_end_ms,
  };
  const feeNanos = inFull || open.trial === 1 ? open.fee_nanos : partOf(open.whole_fee_nanos, bounds);
  const within = { ...bounds, wholeStartMs: open.start_ms, wholeEndMs: open.end_ms }; // it may be a part already
  const components = parseComponents(open.components).map(({ unit, price }) => {
    return { unit, price: partOfMinimum(price, within) };
  });
  return yield* queryOne<PeriodRow>(sql`update usage_periods set end_ms = ${atMs}, fee_nanos = ${feeNanos},
    components = ${formatComponents(components)} where id = ${open.id} returning *`);
}

/** Usage is rated by the plan of its time; what is rated is never rated anew. */
function* assertUnused(subscription: Id<"subscription">, open: PeriodRow, atMs: number): Steps<void> {
  const later = yield* queryOne<{ n: number }>(sql`select count(*) as n from usage_counters c
    join usage_periods p on p.id = c.period where p.subscription = ${subscription}
      and p.start_ms >= ${atMs} and (c.used <> 0 or c.held <> 0)`);
  const since = yield* queryOne<{ n: number }>(
    sql`select count(*) as n from usage_events where period = ${open.id} and at_ms > ${atMs}`,
  );
  if ((later?.n ?? 0) === 0 && (since?.n ?? 0) === 0) return;
  throw new Refusal("conflict", "There is usage after this instant, which is rated already.", {
    param: "at_ms",
    hint: "Choose a later instant, or the next period.",
  });
}
