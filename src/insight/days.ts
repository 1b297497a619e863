import type { Currency, Nanos } from "../kernel/money.ts";
import { type Queries, type Store, type Value, bulkInsert, query, queryOne, sql } from "../store/index.ts";

/*
 * Reports read sums of days. Those of finished days are kept, because a year of postings takes long to sum: each kept day says
 * of how many entries and predictions it is the sum, and one that has more by now is summed anew, so what is late is never
 * missed and no report needs the kept ones.
 */

export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What was posted in a day, or in the part of it that was asked about. */
export interface DayMoney {
  /** Where the day, or its part, begins. */
  readonly fromMs: number;
  /** Of the account, like its currency and owner. */
  readonly kind: string;
  readonly currency: Currency;
  readonly owner: string;
  readonly model: string | null;
  readonly customer: string | null;
  readonly partner: string | null;
  readonly amountNanos: Nanos;
}

/** How many answers a model gave a customer: shadows are not answers. */
export interface DayAnswers {
  readonly fromMs: number;
  readonly model: string;
  readonly customer: string;
  readonly answers: number;
}

export const dayMs = 86_400_000;

/** The time of everything that was posted or answered so far; undefined when nothing was. Half open. */
export async function wholeTime(db: Queries): Promise<Range | undefined> {
  const row = await db.perform(
    queryOne<{
      from_ms: number | null;
      last_ms: number | null;
    }>(sql`select min(first_ms) as from_ms, max(last_ms) as last_ms
      from (select min(at_ms) as first_ms, max(at_ms) as last_ms from ledger_entries
        union all select min(created_at_ms), max(created_at_ms) from predictions) as times`),
  );
  if (row?.from_ms == null || row.last_ms == null) return undefined;
  return { fromMs: row.from_ms, toMs: row.last_ms + 1 };
}

/** Everything posted in a time, summed by day, account and who it was about. */
export async function moneyByDay(db: Queries, range: Range): Promise<DayMoney[]> {
  const { kept, others } = await keptDays(db, range);
  const rows = (
    await db.perform(
      query<MoneyRow>(sql`select day, kind, currency, owner, model, customer, partner, amount_nanos from insight_day_money
      where day >= ${Math.ceil(range.fromMs / dayMs)} and day < ${Math.floor(range.toMs / dayMs)}`),
    )
  ).filter(({ day }) => kept.has(day));
  for (const stretch of others) rows.push(...(await sumMoney(db, stretch)));
  return rows.map(({ day, kind, currency, owner, model, customer, partner, amount_nanos: amountNanos }) => {
    const fromMs = Math.max(range.fromMs, day * dayMs);
    return { fromMs, kind, currency, owner, model, customer, partner, amountNanos };
  });
}

export async function answersByDay(db: Queries, range: Range): Promise<DayAnswers[]> {
  const { kept, others } = await keptDays(db, range);
  const rows = (
    await db.perform(
      query<AnswersRow>(sql`select day, model, customer, answers from insight_day_answers
      where day >= ${Math.ceil(range.fromMs / dayMs)} and day < ${Math.floor(range.toMs / dayMs)}`),
    )
  ).filter(({ day }) => kept.has(day));
  for (const stretch of others) rows.push(...(await countAnswers(db, stretch)));
  return rows.map(({ day, ...row }) => ({ ...row, fromMs: Math.max(range.fromMs, day * dayMs) }));
}

/** Keeps the sums of days that are over and not kept yet, each in a short transaction, until told to stop. Returns how many. */
export async function keepDays(store: Store, nowMs: number, isStopped = (): boolean => false): Promise<number> {
  const range = await wholeTime(store.aside);
  if (!range) return 0;
  const [first, today] = [Math.floor(range.fromMs / dayMs), Math.floor(nowMs / dayMs)];
  const days = { fromMs: first * dayMs, toMs: today * dayMs };
  const [known, counts] = [await countsKept(store.aside, days), await countDays(store.aside, days)];
  let count = 0;
  for (const found of counts) {
    if (isSame(known.get(found.day), found)) continue;
    if (isStopped()) break;
    await keepDay(store, found);
    count++;
  }
  return count;
}

interface DayCounts {
  readonly day: number;
  readonly entries: number;
  readonly predictions: number;
}

interface MoneyRow {
  day: number;
  kind: string;
  currency: Currency;
  owner: string;
  model: string | null;
  customer: string | null;
  partner: string | null;
  amount_nanos: Nanos;
}

interface AnswersRow {
  day: number;
  model: string;
  customer: string;
  answers: number;
}

/** The sums are read after the counts: what comes between makes the day look old, which it then is. */
async function keepDay(store: Store, { day, entries, predictions }: DayCounts): Promise<void> {
  const range = { fromMs: day * dayMs, toMs: (day + 1) * dayMs };
  const money = await sumMoney(store.aside, range);
  const answers = await countAnswers(store.aside, range);
  await store.transaction(async (tx) => {
    // the day's row first: of several processes one writes, and the others wait and write the same
    await tx.perform(
      query(sql`insert into insight_days (day, entries, predictions) values (${day}, ${entries}, ${predictions})
        on conflict (day) do update set entries = excluded.entries, predictions = excluded.predictions`),
    );
    await tx.perform(query(sql`delete from insight_day_money where day = ${day}`));
    await tx.perform(query(sql`delete from insight_day_answers where day = ${day}`));
    await tx.perform(query(insertMoney(money.map(valuesOf))));
    await tx.perform(
      query(insertAnswers(answers.map((row): Value[] => [row.day, row.model, row.customer, row.answers]))),
    );
  });
}

const insertMoney = bulkInsert("insight_day_money", {
  day: "bigint",
  kind: "text",
  currency: "text",
  owner: "text",
  model: "text",
  customer: "text",
  partner: "text",
  amount_nanos: "bigint",
});

const valuesOf = (row: MoneyRow): Value[] => [
  row.day,
  row.kind,
  row.currency,
  row.owner,
  row.model,
  row.customer,
  row.partner,
  row.amount_nanos,
];

const insertAnswers = bulkInsert("insight_day_answers", {
  day: "bigint",
  model: "text",
  customer: "text",
  answers: "bigint",
});

/** Whole days within a range whose kept sums still stand, and the stretches of time between them. */
async function keptDays(
  db: Queries,
  range: Range,
): Promise<{ readonly kept: ReadonlySet<number>; readonly others: readonly Range[] }> {
  const known = await countsKept(db, range);
  const days = [...known.keys()];
  const counts = await countDays(db, { fromMs: Math.min(...days) * dayMs, toMs: (Math.max(...days) + 1) * dayMs });
  const kept = new Set(counts.filter((found) => isSame(known.get(found.day), found)).map(({ day }) => day));
  const others: Range[] = [];
  let fromMs = range.fromMs;
  for (const day of [...kept].sort((a, b) => a - b)) {
    if (day * dayMs > fromMs) others.push({ fromMs, toMs: day * dayMs });
    fromMs = (day + 1) * dayMs;
  }
  if (fromMs < range.toMs) others.push({ fromMs, toMs: range.toMs });
  return { kept, others };
}

const isSame = (known: DayCounts | undefined, found: DayCounts): boolean =>
  known?.entries === found.entries && known.predictions === found.predictions;

async function countsKept(db: Queries, { fromMs, toMs }: Range): Promise<Map<number, DayCounts>> {
  const rows = await db.perform(
    query<DayCounts>(sql`select day, entries, predictions from insight_days
      where day >= ${Math.ceil(fromMs / dayMs)} and day < ${Math.floor(toMs / dayMs)}`),
  );
  return new Map(rows.map((row) => [row.day, row]));
}

/** Of whole days, from indices alone: a million take tens of milliseconds. */
function countDays(db: Queries, { fromMs, toMs }: Range): Promise<DayCounts[]> {
  const [first, end] = [fromMs / dayMs, toMs / dayMs];
  if (!(first < end)) return Promise.resolve([]); // also of no days at all
  return db.perform(
    query<DayCounts>(sql`with recursive days (day) as
        (select cast(${first} as bigint) union all select day + 1 from days where day + 1 < ${end})
      select day,
        (select count(*) from ledger_entries where at_ms >= day * ${dayMs} and at_ms < (day + 1) * ${dayMs}) as entries,
        (select count(*) from predictions
          where created_at_ms >= day * ${dayMs} and created_at_ms < (day + 1) * ${dayMs}) as predictions
      from days`),
  );
}

const sumMoney = (db: Queries, { fromMs, toMs }: Range): Promise<MoneyRow[]> =>
  db.perform(
    query<MoneyRow>(sql`select e.at_ms / ${dayMs} as day, a.kind as kind, a.currency as currency, a.owner as owner,
        p.model as model, p.customer as customer, p.partner as partner, cast(sum(p.amount_nanos) as bigint) as amount_nanos
      from ledger_entries e join ledger_postings p on p.entry = e.id join ledger_accounts a on a.id = p.account
      where e.at_ms >= ${fromMs} and e.at_ms < ${toMs}
      group by 1, 2, 3, 4, 5, 6, 7`),
  );

const countAnswers = (db: Queries, { fromMs, toMs }: Range): Promise<AnswersRow[]> =>
  db.perform(
    query<AnswersRow>(sql`select created_at_ms / ${dayMs} as day, model, customer, count(*) as answers from predictions
      where created_at_ms >= ${fromMs} and created_at_ms < ${toMs} and shadow_of is null
      group by 1, 2, 3`),
  );
