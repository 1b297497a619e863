import { dayMs } from "../kernel/clock.ts";
import type { Currency, Nanos } from "../kernel/money.ts";
import { type Steps, type Store, type Value, bulkInsert, query, sql, unit } from "../store/index.ts";
import { type DayCounts, answersOf, countDays, countsKept, found, isSame, moneyOf, wholeTime } from "./days.ts";

/** Keeps the sums of days that are over and not kept yet, each by one unit, until told to stop. Returns how many. */
export async function keepDays(store: Store, nowMs: number, isStopped = (): boolean => false): Promise<number> {
  const range = await wholeTime(store.aside);
  if (!range) return 0;
  const [first, today] = [Math.floor(range.fromMs / dayMs), Math.floor(nowMs / dayMs)];
  const days = { fromMs: first * dayMs, toMs: today * dayMs };
  const [known, counts] = [await countsKept(store.aside, days), await countDays(store.aside, days)];
  let count = 0;
  for (const day of counts) {
    if (isSame(known.get(day.day), day)) continue;
    if (isStopped()) break;
    await keepDay(store, day);
    count++;
  }
  return count;
}

/** The sums are read after the counts: what comes between makes the day look old, which it then is. */
async function keepDay(store: Store, counts: DayCounts): Promise<void> {
  const range = { fromMs: counts.day * dayMs, toMs: (counts.day + 1) * dayMs };
  const money = await found<MoneyRow>(store.aside, moneyOf(range));
  const answers = await found<AnswersRow>(store.aside, answersOf(range));
  await store.run(writeDay, { counts, money, answers });
}

interface DaySums {
  readonly counts: DayCounts;
  readonly money: readonly MoneyRow[];
  readonly answers: readonly AnswersRow[];
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

/** Thousands of rows in one go, so that no payment waits for one after the other; and what a crash loses is summed anew. */
export const writeDay = unit(
  import.meta.url,
  "writeDay",
  function* ({ counts: { day, entries, predictions }, money, answers }: DaySums): Steps<void> {
    // the day's row first: of several processes one writes, and the others wait and write the same
    yield* query(sql`insert into insight_days (day, entries, predictions) values (${day}, ${entries}, ${predictions})
      on conflict (day) do update set entries = excluded.entries, predictions = excluded.predictions`);
    yield* query(sql`delete from insight_day_money where day = ${day}`);
    yield* query(sql`delete from insight_day_answers where day = ${day}`);
    yield* query(insertMoney(money.map(valuesOf)));
    yield* query(insertAnswers(answers.map((row): Value[] => [row.day, row.model, row.customer, row.answers])));
  },
  "relaxed",
);

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
