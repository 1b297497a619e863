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

/** Whom sums are told apart by, beside the day. */
export type Apart = "model" | "customer" | "partner";

/** What was posted or answered in a day, or in the part of it that was asked about. */
interface OfDay {
  /** Where the day, or its part, begins. */
  readonly fromMs: number;
  /** Of the account, or of the customer. */
  readonly currency: Currency;
  /** Null when it is not asked, or there is none. */
  readonly model: string | null;
  readonly customer: string | null;
  /** The customer's. */
  readonly partner: string | null;
}

export interface DayMoney extends OfDay {
  /** Of accounts. */
  readonly kind: string;
  readonly amountNanos: Nanos;
}

/** How many answers were given: shadows are not answers. */
export interface DayAnswers extends OfDay {
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
  if (!row || row.from_ms === null || row.last_ms === null) return undefined;
  return { fromMs: row.from_ms, toMs: row.last_ms + 1 };
}

/** What was posted about customers, on accounts of some kinds, summed by day and by what it is told apart by. */
export async function moneyByDay(
  db: Queries,
  range: Range,
  { kinds, by }: { readonly kinds: readonly string[]; readonly by: readonly Apart[] },
): Promise<DayMoney[]> {
  const wanted = `kind in (${kinds.map((kind) => `'${kind}'`).join(", ")})`; // ours, not somebody's text
  const sums = (from: string): Promise<(FoundRow & { kind: string; amount_nanos: Nanos })[]> =>
    found(
      db,
      `select m.day as day, m.kind as kind, m.currency as currency, ${apart(by)},
      cast(sum(m.amount_nanos) as bigint) as amount_nanos
      from (select * from ${from} as every_kind where ${wanted}) as m join customers c on c.id = m.customer group by 1, 2, 3, 4, 5, 6`,
    );
  const rows = await overDays(db, range, sums, { kept: "insight_day_money", live: moneyOf });
  return rows.map(({ day, amount_nanos: amountNanos, ...row }) => {
    return { ...row, amountNanos, fromMs: Math.max(range.fromMs, day * dayMs) };
  });
}

export async function answersByDay(db: Queries, range: Range, by: readonly Apart[]): Promise<DayAnswers[]> {
  const sums = (from: string): Promise<(FoundRow & { answers: number })[]> =>
    found(
      db,
      `select m.day as day, c.currency as currency, ${apart(by)}, cast(sum(m.answers) as bigint) as answers
      from ${from} as m join customers c on c.id = m.customer group by 1, 2, 3, 4, 5`,
    );
  const rows = await overDays(db, range, sums, { kept: "insight_day_answers", live: answersOf });
  return rows.map(({ day, ...row }) => ({ ...row, fromMs: Math.max(range.fromMs, day * dayMs) }));
}

interface FoundRow {
  day: number;
  currency: Currency;
  model: string | null;
  customer: string | null;
  partner: string | null;
}

const found = <R>(db: Queries, text: string): Promise<R[]> => db.perform(query<R>({ parts: [text], params: [] }));

function apart(by: readonly Apart[]): string {
  const column = (name: Apart, from: string): string => `${by.includes(name) ? from : "cast(null as text)"} as ${name}`;
  return [column("model", "m.model"), column("customer", "c.id"), column("partner", "c.partner")].join(", ");
}

/** The same sums of the kept days and of the stretches between them. */
async function overDays<R>(
  db: Queries,
  range: Range,
  sums: (from: string) => Promise<R[]>,
  tables: { readonly kept: string; readonly live: (range: Range) => string },
): Promise<R[]> {
  const { kept, others } = await keptDays(db, range);
  const rows = kept.size > 0 ? await sums(`(select * from ${tables.kept} where day in (${[...kept].join(", ")}))`) : [];
  for (const stretch of others) rows.push(...(await sums(`(${tables.live(stretch)})`)));
  return rows;
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
  customer: string;
  model: string | null;
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
  const money = await found<MoneyRow>(store.aside, moneyOf(range));
  const answers = await found<AnswersRow>(store.aside, answersOf(range));
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
  customer: "text",
  model: "text",
  amount_nanos: "bigint",
});

const valuesOf = (row: MoneyRow): Value[] => [
  row.day,
  row.kind,
  row.currency,
  row.customer,
  row.model,
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

/** Numbers stand in the text: it is part of larger ones. */
const moneyOf = ({ fromMs, toMs }: Range): string =>
  `select e.at_ms / ${dayMs} as day, a.kind as kind, a.currency as currency,
    coalesce(p.customer, a.owner) as customer, p.model as model,
    cast(sum(p.amount_nanos) as bigint) as amount_nanos
  from ledger_entries e join ledger_postings p on p.entry = e.id join ledger_accounts a on a.id = p.account
  where e.at_ms >= ${fromMs} and e.at_ms < ${toMs} group by 1, 2, 3, 4, 5`;

const answersOf = ({ fromMs, toMs }: Range): string =>
  `select created_at_ms / ${dayMs} as day, model, customer, count(*) as answers from predictions
  where created_at_ms >= ${fromMs} and created_at_ms < ${toMs} and shadow_of is null group by 1, 2, 3`;
