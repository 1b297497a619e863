import { sql } from "kysely";
import { must } from "../../kernel/errors.ts";
import { verifyLedger } from "../../ledger/index.ts";
import { listInvoices, verifySell } from "../../sell/index.ts";
import type { Store } from "../../store/index.ts";
import { verifyChannel } from "../index.ts";
import * as auditor from "./auditor.ts";
import type { World } from "./world.ts";

/** Everything the auditor keeps, read from the database. */
export async function recorded(world: World, at: number): Promise<unknown> {
  const { customer, key, subscription } = must(world.parties[at], "a customer has a key");
  const db = world.store.as();
  const accounts = await sql<{
    kind: string;
    balance_nanos: bigint;
    held_nanos: bigint;
  }>`select kind, balance_nanos, held_nanos
    from ledger_accounts where owner = ${customer} order by kind`.execute(db);
  const holds = await sql<{ amount_nanos: bigint; state: string }>`select amount_nanos, state from ledger_holds
    where account = ${`acc_customer.${customer}.usd`} order by id`.execute(db);
  const keys = await sql<{
    used_units: number;
    held_units: number;
  }>`select used_units, held_units from api_keys where id = ${key}`.execute(db);
  const periods = await sql`select p.ordinal, c.unit, c.used, c.held, c.late
    from usage_periods p join usage_counters c on c.period = p.id
    where p.subscription = ${subscription} and (c.used > 0 or c.held > 0) order by p.ordinal, c.unit desc`.execute(db);
  const invoices = (await listInvoices(world.store, { customer, limit: 100 })).data.toReversed();
  const commissions = await sql<{
    document_number: number;
    base_nanos: bigint;
    amount_nanos: bigint;
  }>`select document_number, base_nanos,
    amount_nanos from commissions where customer = ${customer} order by document_number`.execute(db);
  return {
    accounts: Object.fromEntries(accounts.rows.map((row) => [row.kind, row.balance_nanos])),
    heldNanos: accounts.rows.find((row) => row.kind === "customer")?.held_nanos,
    holds: holds.rows.map((row) => `${row.state} ${row.amount_nanos}`),
    key: keys.rows[0],
    periods: periods.rows,
    invoices: invoices.map(({ number, kind, totalNanos, dueNanos, carriedOutNanos, lines }) => {
      return {
        number,
        kind,
        totalNanos,
        dueNanos,
        carriedOutNanos,
        lines: lines.map((line) => line.amountNanos),
        units: lines.filter((line) => line.kind === "usage").map((line) => line.units),
      };
    }),
    commissions: commissions.rows.map((row) => [row.document_number, row.base_nanos, row.amount_nanos]),
  };
}

/** The same, as the auditor has it. */
export function expected(books: auditor.Books): unknown {
  const months = [...new Set([...books.events, ...auditor.openIn(books)].map(({ month }) => month))].sort(
    (a, b) => a - b,
  );
  return {
    accounts: books.accounts,
    heldNanos: auditor.heldNanos(books),
    holds: books.holds.map((hold) => `${hold.state} ${hold.nanos}`),
    key: {
      used_units: auditor.usedIn(books)[0],
      held_units: books.rules.quotaUnits === null ? 0 : auditor.heldUnits(books)[0],
    },
    periods: months.flatMap((month) =>
      ["predictions", "output_tokens"].flatMap((unit, at) => {
        const late = books.events.filter((event) => event.month === month && event.late);
        const [used = 0, held = 0] = [auditor.usedIn(books, month)[at], auditor.heldUnits(books, month)[at]];
        const row = {
          ordinal: month,
          unit,
          used,
          held,
          late: late.reduce((n, event) => n + (event.units[at] ?? 0), 0),
        };
        return used > 0 || held > 0 ? [row] : [];
      }),
    ),
    invoices: books.invoices.map(({ number, kind, totalNanos, dueNanos, carriedOutNanos, lines, units }) => {
      return { number, kind, totalNanos, dueNanos, carriedOutNanos, lines, units };
    }),
    commissions: books.commissions.map(({ of, baseNanos, nanos }) => [of, baseNanos, nanos]),
  };
}

const tables = [
  "ledger_accounts",
  "ledger_entries",
  "ledger_postings",
  "ledger_holds",
  "api_keys",
  "customers",
  "subscriptions",
  "usage_periods",
  "usage_counters",
  "usage_events",
  "invoices",
  "invoice_lines",
  "invoice_series",
  "partners",
  "attributions",
  "commissions",
];
/** Outcomes after which every row must be what it was. */
export const changesNothing = new Set([
  "conflict",
  "quota_exceeded",
  "insufficient_credit",
  "duplicate",
  "already",
  "gone",
  "0 expired",
  "0 issued, 0 in flight",
]);

/** Every row of every table of money, as text. */
export async function dump(store: Store): Promise<string> {
  const all: unknown[] = [];
  for (const table of tables)
    all.push((await sql`select * from ${sql.table(table)} order by 1, 2`.execute(store.as())).rows);
  return JSON.stringify(all, (_key, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
}

export async function findProblems(store: Store, nowMs: number): Promise<string[]> {
  const checks = [...(await verifyLedger(store, nowMs)), ...(await verifySell(store)), ...(await verifyChannel(store))];
  return checks.flatMap((check) => check.problems.map((problem) => `${check.name}: ${problem}`));
}
