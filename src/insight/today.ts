import { must } from "../kernel/errors.ts";
import { type Id, idsSince } from "../kernel/ids.ts";
import type { Currency, Nanos } from "../kernel/money.ts";
import { type Queries, type Statement, query, queryOne, sql } from "../store/index.ts";
import { moneyKinds } from "./money-kinds.ts";

/** The wheel at a glance: how much stands on each part of it, and what moved since an instant. */
export interface Today {
  readonly sinceMs: number;
  /** In the newest version of each dataset, and how many more than before. */
  readonly examples: { readonly total: number; readonly added: number; readonly datasets: number };
  readonly runs: {
    readonly waiting: number;
    readonly training: number;
    readonly done: number;
    readonly failed: number;
  };
  /** Models in the registry; those that answer customers now, as champion or challenger. */
  readonly models: { readonly total: number; readonly live: number };
  /** Paid answers, and the same by hour since `sinceMs`. */
  readonly calls: { readonly total: number; readonly byHour: readonly number[] };
  /** What was earned, by currency. */
  readonly revenue: readonly { readonly currency: Currency; readonly amountNanos: Nanos }[];
  readonly feedback: { readonly total: number; readonly disputed: number };
  /** Reviews that wait for a person. */
  readonly queue: number;
  readonly overdueInvoices: number;
  readonly failedTurns: number;
  readonly lastPromotion: Id<"verdict"> | null;
}

const hourMs = 3_600_000;

/** Reads ranges of primary keys and small tables only, so it takes as long as what happened since, not as the history. */
export async function today(
  db: Queries,
  { sinceMs, nowMs }: { readonly sinceMs: number; readonly nowMs: number },
): Promise<Today> {
  const [examples, runs, models, calls, revenue, feedback, waiting] = await Promise.all([
    countExamples(db, sinceMs),
    countRuns(db, sinceMs),
    countModels(db),
    countCalls(db, sinceMs, nowMs),
    sumRevenue(db, sinceMs),
    countFeedback(db, sinceMs),
    countWaiting(db, sinceMs),
  ]);
  return {
    sinceMs,
    examples,
    runs,
    models,
    calls,
    revenue,
    feedback,
    ...waiting,
    lastPromotion: await lastPromotion(db),
  };
}

async function countExamples(db: Queries, sinceMs: number): Promise<Today["examples"]> {
  const newestBefore = (untilMs: number) =>
    db.perform(
      query<{ counts: string }>(sql`select v.counts as counts from data_versions v where v.number =
        (select max(newest.number) from data_versions newest
          where newest.dataset_id = v.dataset_id and newest.created_at_ms < ${untilMs})`),
    );
  const [now, before] = await Promise.all([newestBefore(Number.MAX_SAFE_INTEGER), newestBefore(sinceMs)]);
  const sum = (rows: readonly { readonly counts: string }[]): number =>
    rows
      .flatMap(({ counts }) => Object.values(JSON.parse(counts) as Record<string, number>))
      .reduce((a, b) => a + b, 0);
  return { total: sum(now), added: sum(now) - sum(before), datasets: now.length };
}

async function countRuns(db: Queries, sinceMs: number): Promise<Today["runs"]> {
  const rows = await db.perform(
    query<{ state: string; n: number }>(sql`select j.state as state, cast(count(*) as bigint) as n
      from runs r join jobs j on j.id = r.job
      where j.state in ('queued', 'running') or j.finished_at_ms >= ${sinceMs} group by j.state`),
  );
  const of = (state: string): number => rows.find((row) => row.state === state)?.n ?? 0;
  return { waiting: of("queued"), training: of("running"), done: of("done"), failed: of("failed") };
}

async function countModels(db: Queries): Promise<Today["models"]> {
  const [row] = await db.perform(
    query<{ total: number; live: number }>(sql`select (select cast(count(*) as bigint) from models) as total,
      (select cast(count(distinct model) as bigint) from releases
        where retired_at_ms is null and role in ('champion', 'challenger')) as live`),
  );
  return row ?? { total: 0, live: 0 };
}

/** Hour by hour from the primary key alone: forty thousand take milliseconds. An event's id says when it was recorded. */
async function countCalls(db: Queries, sinceMs: number, nowMs: number): Promise<Today["calls"]> {
  const hours = Math.max(1, Math.ceil((nowMs - sinceMs) / hourMs));
  const bounds = Array.from({ length: hours }, (_, hour) => idsSince("usageEvent", sinceMs + hour * hourMs));
  const counts = bounds.map((from, hour) => {
    const to = bounds[hour + 1];
    const before = to === undefined ? sql`` : sql` and id < ${to}`; // of this hour also what another clock calls later
    return sql`select cast(${hour} as bigint) as hour, count(*) as n from usage_events where id >= ${from}${before}`;
  });
  const [first, ...others] = counts;
  const all = others.reduce((text, count) => sql`${text} union all ${count}`, must(first, "there is an hour"));
  const rows = await db.perform(query<{ hour: number; n: number }>(all));
  const byHour = rows.toSorted((x, y) => x.hour - y.hour).map(({ n }) => n);
  return { total: byHour.reduce((sum, n) => sum + n, 0), byHour };
}

/** What is earned stands on few accounts, so no posting is joined with its account. */
async function sumRevenue(db: Queries, sinceMs: number): Promise<Today["revenue"]> {
  const accounts = await db.perform(
    query<{ id: string; kind: string; currency: Currency }>(sql`select id, kind, currency from ledger_accounts
      where kind in (${list(revenueKinds)})`),
  );
  if (accounts.length === 0) return [];
  const currencyOf = new Map(accounts.map(({ id, currency }) => [id, currency]));
  const rows = await db.perform(
    query<{
      account: string;
      amount_nanos: Nanos;
    }>(sql`select account, cast(sum(amount_nanos) as bigint) as amount_nanos
      from ledger_postings where entry >= ${idsSince("entry", sinceMs)}
        and account in (${list(accounts.map(({ id }) => id))}) group by account`),
  );
  const sums = new Map<Currency, Nanos>();
  for (const { account, amount_nanos } of rows) {
    const currency = must(currencyOf.get(account), "only these accounts were asked for");
    sums.set(currency, (sums.get(currency) ?? 0n) + amount_nanos);
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([currency, amountNanos]) => ({ currency, amountNanos }));
}

/** The inside of an `in (…)`. */
const list = (values: readonly string[]): Statement => ({
  parts: ["", ...values.slice(1).map(() => ", "), ""],
  params: values,
});

const revenueKinds = Object.keys(moneyKinds).filter((kind) => moneyKinds[kind] === "revenue");

async function countFeedback(db: Queries, sinceMs: number): Promise<Today["feedback"]> {
  const rows = await db.perform(
    query<{ stance: string; n: number }>(sql`select stance, cast(count(*) as bigint) as n from feedback
      where id >= ${idsSince("feedback", sinceMs)} group by stance`),
  );
  return {
    total: rows.reduce((sum, { n }) => sum + n, 0),
    disputed: rows.find(({ stance }) => stance === "disputed")?.n ?? 0,
  };
}

async function countWaiting(
  db: Queries,
  sinceMs: number,
): Promise<Pick<Today, "queue" | "overdueInvoices" | "failedTurns">> {
  const [row] = await db.perform(
    query<{ queue: number; overdue: number; turns: number }>(sql`select
      (select cast(count(*) as bigint) from review_items where state in ('open', 'claimed')) as queue,
      (select cast(count(*) as bigint) from collections where state = 'overdue') as overdue,
      (select cast(count(*) as bigint) from loop_turns where state = 'failed' and finished_at_ms >= ${sinceMs}) as turns`),
  );
  return { queue: row?.queue ?? 0, overdueInvoices: row?.overdue ?? 0, failedTurns: row?.turns ?? 0 };
}

async function lastPromotion(db: Queries): Promise<Id<"verdict"> | null> {
  const row = await db.perform(
    queryOne<{ id: Id<"verdict"> }>(sql`select id from verdicts where decision = 'promote' order by id desc limit 1`),
  );
  return row?.id ?? null;
}
