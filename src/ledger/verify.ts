import type { Nanos } from "../kernel/money.ts";
import { formatAmount } from "../kernel/money.ts";
import { type Statement, type Queries, type Steps, query, sql as statement, sql } from "../store/index.ts";
import { type Check, check } from "./check.ts";

type Problem = Readonly<Record<string, string | number | bigint | null>>;

/** The ledger's own laws, each looked up in one statement so that it sees one moment even while others write. */
export async function verifyLedger(db: Queries, nowMs: number): Promise<Check[]> {
  return [
    await entriesSumToZero(db),
    await balancesEqualPostings(db),
    await heldEqualsOpenHolds(db),
    await nothingIsOverdrawn(db),
    await noHoldOutlivesItsExpiry(db, nowMs),
  ];
}

async function entriesSumToZero(db: Queries): Promise<Check> {
  const wrong = await run(
    db,
    sql`select e.id, a.currency, count(p.position) as postings, coalesce(sum(p.amount_nanos), 0) as sum_nanos
      from ledger_entries e left join ledger_postings p on p.entry = e.id left join ledger_accounts a on a.id = p.account
      group by e.id, a.currency
      having coalesce(sum(p.amount_nanos), 0) <> 0 or count(p.position) < 2 or a.currency is null`,
  );
  const problems = wrong.map(
    (row) => `entry ${row["id"]}: ${row["postings"]} postings sum to ${amount(row["sum_nanos"])}`,
  );
  return check("every entry sums to zero", await countOf(db, sql`ledger_entries`), problems);
}

async function balancesEqualPostings(db: Queries): Promise<Check> {
  const wrong = await run(
    db,
    sql`select a.id, a.balance_nanos, coalesce(p.total_nanos, 0) as total_nanos from ledger_accounts a
      left join (select account, sum(amount_nanos) as total_nanos from ledger_postings group by account) p
        on p.account = a.id
      where a.balance_nanos <> coalesce(p.total_nanos, 0)`,
  );
  const problems = wrong.map(
    (row) => `account ${row["id"]}: stored ${amount(row["balance_nanos"])}, postings ${amount(row["total_nanos"])}`,
  );
  return check("balances equal their postings", await countOf(db, sql`ledger_accounts`), problems);
}

async function heldEqualsOpenHolds(db: Queries): Promise<Check> {
  const wrong = await run(
    db,
    sql`select a.id, a.held_nanos, coalesce(h.total_nanos, 0) as total_nanos from ledger_accounts a
      left join (select account, sum(amount_nanos) as total_nanos from ledger_holds where state = 'open' group by account) h
        on h.account = a.id
      where a.held_nanos <> coalesce(h.total_nanos, 0)`,
  );
  const problems = wrong.map(
    (row) => `account ${row["id"]}: held ${amount(row["held_nanos"])}, open holds ${amount(row["total_nanos"])}`,
  );
  return check("held amounts equal open holds", await countOf(db, sql`ledger_accounts`), problems);
}

async function nothingIsOverdrawn(db: Queries): Promise<Check> {
  const limited = sql`(select id, balance_nanos + credit_limit_nanos - held_nanos as available_nanos from ledger_accounts
    where credit_limit_nanos is not null) limited`;
  const wrong = await run(db, sql`select id, available_nanos from ${limited} where available_nanos < 0`);
  const problems = wrong.map((row) => `account ${row["id"]}: ${amount(row["available_nanos"])} available`);
  return check("no limited account is overdrawn", await countOf(db, limited), problems);
}

async function noHoldOutlivesItsExpiry(db: Queries, nowMs: number): Promise<Check> {
  const wrong = await run(
    db,
    sql`select id, expires_at_ms from ledger_holds where state = 'open' and expires_at_ms < ${nowMs} order by expires_at_ms`,
  );
  const problems = wrong.map(
    (row) => `hold ${row["id"]}: open ${nowMs - Number(row["expires_at_ms"])} ms past its expiry`,
  );
  return check("no hold outlives its expiry", await countOf(db, sql`ledger_holds`), problems);
}

/** Makes stored balances and held amounts what postings and open holds say; returns how many accounts were wrong. */
export function* rebuildBalances(): Steps<number> {
  const repaired = yield* query(statement`update ledger_accounts set
      balance_nanos = coalesce((select sum(amount_nanos) from ledger_postings where account = ledger_accounts.id), 0),
      held_nanos = coalesce((select sum(amount_nanos) from ledger_holds where account = ledger_accounts.id and state = 'open'), 0)
    where balance_nanos <> coalesce((select sum(amount_nanos) from ledger_postings where account = ledger_accounts.id), 0)
      or held_nanos <> coalesce((select sum(amount_nanos) from ledger_holds where account = ledger_accounts.id and state = 'open'), 0)
    returning id`);
  return repaired.length;
}

async function run(db: Queries, text: Statement): Promise<readonly Problem[]> {
  return db.read<Problem>(text);
}

async function countOf(db: Queries, from: Statement): Promise<number> {
  const [row] = await db.read<{ n: number }>(sql`select count(*) as n from ${from}`);
  return row?.n ?? 0;
}

const amount = (nanos: Problem[string] | undefined): string => formatAmount(nanos as Nanos);
