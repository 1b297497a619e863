import { dayMs } from "../kernel/clock.ts";
import type { Currency, Nanos } from "../kernel/money.ts";
import { type Queries, query, queryOne, sql } from "../store/index.ts";

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

/** What was posted or answered in a day, or in the part of it that was asked about; or in a step of days. */
interface OfDay {
  /** Where the day, its part, or the step begins. */
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

/** A time, cut where its kept days begin and end. */
export interface Days {
  readonly range: Range;
  readonly kept: ReadonlySet<number>;
  /** The stretches between them. */
  readonly others: readonly Range[];
}

export interface Sums {
  readonly by: readonly Apart[];
  /** Where steps begin, the first one where the time does and the others with a day: then days are summed to steps. */
  readonly cuts?: readonly number[];
}

/** What was posted about customers, on accounts of some kinds, summed by day or step and by what it is told apart by. */
export async function moneyByDay(
  db: Queries,
  days: Days,
  { kinds, by, cuts }: Sums & { readonly kinds: readonly string[] },
): Promise<DayMoney[]> {
  const wanted = `kind in (${kinds.map((kind) => `'${kind}'`).join(", ")})`; // ours, not somebody's text
  const sums = (from: string): Promise<(FoundRow & { kind: string; amount_nanos: Nanos })[]> =>
    found(
      db,
      `select ${stepOf(cuts)} as day, m.kind as kind, m.currency as currency, ${apart(by)},
      cast(sum(m.amount_nanos) as bigint) as amount_nanos
      from (select * from ${from} as every_kind where ${wanted}) as m join customers c on c.id = m.customer group by 1, 2, 3, 4, 5, 6`,
    );
  const rows = await overDays(days, sums, { kept: "insight_day_money", live: moneyOf });
  return rows.map(({ day, amount_nanos: amountNanos, ...row }) => {
    return { ...row, amountNanos, fromMs: Math.max(days.range.fromMs, day * dayMs) };
  });
}

export async function answersByDay(db: Queries, days: Days, { by, cuts }: Sums): Promise<DayAnswers[]> {
  const sums = (from: string): Promise<(FoundRow & { answers: number })[]> =>
    found(
      db,
      `select ${stepOf(cuts)} as day, c.currency as currency, ${apart(by)}, cast(sum(m.answers) as bigint) as answers
      from ${from} as m join customers c on c.id = m.customer group by 1, 2, 3, 4, 5`,
    );
  const rows = await overDays(days, sums, { kept: "insight_day_answers", live: answersOf });
  return rows.map(({ day, ...row }) => ({ ...row, fromMs: Math.max(days.range.fromMs, day * dayMs) }));
}

/** The first day of the step that a day lies in: so a report by months reads rows of months, not of days. */
function stepOf(cuts: readonly number[] | undefined): string {
  if (!cuts) return "m.day";
  const [first = 0, ...later] = cuts.map((cut) => Math.floor(cut / dayMs));
  if (later.length === 0) return `cast(${first} as bigint)`;
  const cases = later.toReversed().map((day) => `when m.day >= ${day} then ${day}`);
  return `case ${cases.join(" ")} else ${first} end`;
}

interface FoundRow {
  day: number;
  currency: Currency;
  model: string | null;
  customer: string | null;
  partner: string | null;
}

export const found = <R>(db: Queries, text: string): Promise<R[]> =>
  db.perform(query<R>({ parts: [text], params: [] }));

function apart(by: readonly Apart[]): string {
  const column = (name: Apart, from: string): string => `${by.includes(name) ? from : "cast(null as text)"} as ${name}`;
  return [column("model", "m.model"), column("customer", "c.id"), column("partner", "c.partner")].join(", ");
}

/** The same sums of the kept days and of the stretches between them. */
async function overDays<R>(
  { kept, others }: Days,
  sums: (from: string) => Promise<R[]>,
  tables: { readonly kept: string; readonly live: (range: Range) => string },
): Promise<R[]> {
  const rows = kept.size > 0 ? await sums(`(select * from ${tables.kept} where day in (${[...kept].join(", ")}))`) : [];
  for (const stretch of others) rows.push(...(await sums(`(${tables.live(stretch)})`)));
  return rows;
}

/** How much a day has, and so how much its kept sums are the sum of. */
export interface DayCounts {
  readonly day: number;
  readonly entries: number;
  readonly predictions: number;
}

/** Finds the whole days of a time whose kept sums still stand. */
export async function daysOf(db: Queries, range: Range): Promise<Days> {
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
  return { range, kept, others };
}

export const isSame = (known: DayCounts | undefined, found: DayCounts): boolean =>
  known?.entries === found.entries && known.predictions === found.predictions;

export async function countsKept(db: Queries, { fromMs, toMs }: Range): Promise<Map<number, DayCounts>> {
  const rows = await db.perform(
    query<DayCounts>(sql`select day, entries, predictions from insight_days
      where day >= ${Math.ceil(fromMs / dayMs)} and day < ${Math.floor(toMs / dayMs)}`),
  );
  return new Map(rows.map((row) => [row.day, row]));
}

/** Of whole days, from indices alone: a million take tens of milliseconds. */
export function countDays(db: Queries, { fromMs, toMs }: Range): Promise<DayCounts[]> {
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
export const moneyOf = ({ fromMs, toMs }: Range): string =>
  `select e.at_ms / ${dayMs} as day, a.kind as kind, a.currency as currency,
    coalesce(p.customer, a.owner) as customer, p.model as model,
    cast(sum(p.amount_nanos) as bigint) as amount_nanos
  from ledger_entries e join ledger_postings p on p.entry = e.id join ledger_accounts a on a.id = p.account
  where e.at_ms >= ${fromMs} and e.at_ms < ${toMs} group by 1, 2, 3, 4, 5`;

export const answersOf = ({ fromMs, toMs }: Range): string =>
  `select created_at_ms / ${dayMs} as day, model, customer, count(*) as answers from predictions
  where created_at_ms >= ${fromMs} and created_at_ms < ${toMs} and shadow_of is null group by 1, 2, 3`;
