import { sql } from "kysely";
import { type Nanos, formatAmount } from "../kernel/money.ts";
import { type Check, check } from "../ledger/index.ts";
import type { Queries } from "../store/index.ts";
import { parsePrice, priceOf } from "./price.ts";
import { reservationOf } from "./reservation.ts";
import type { InvoiceRow, PeriodRow } from "./tables.ts";

/** The laws of selling: counters, charges, invoices and postings tell the same story. */
export async function verifySell(db: Queries): Promise<Check[]> {
  return [
    await chargesArePrices(db),
    await unitsHeldAreHolds(db),
    await keysCountTheirUse(db),
    await usageIsPosted(db),
    await linesSumToTotals(db),
    await invoicesSumToPostings(db),
    await invoicesBillTheirUsage(db),
  ];
}

async function rows<R>(db: Queries, text: ReturnType<typeof sql>): Promise<R[]> {
  return (await sql<R>`${text}`.execute(db.as())).rows;
}

async function chargesArePrices(db: Queries): Promise<Check> {
  const periods = await rows<PeriodRow & { units: number; amount_nanos: Nanos }>(
    db,
    sql`select p.*, coalesce(e.units, 0) as units, coalesce(e.amount_nanos, 0) as amount_nanos from usage_periods p
      left join (select period, sum(units) as units, sum(amount_nanos) as amount_nanos from usage_events group by period) e
        on e.period = p.id`,
  );
  const problems = periods.flatMap((period) => {
    const priceNanos = priceOf(parsePrice(period.price), period.used_units);
    if (period.units === period.used_units && period.amount_nanos === priceNanos) return [];
    const events = `${period.units} units for ${formatAmount(period.amount_nanos)} in events`;
    return [`period ${period.id}: ${events}, ${period.used_units} units for ${formatAmount(priceNanos)} counted`];
  });
  return check("charges of a period are the price of its units", periods.length, problems);
}

/** Counters of units in flight, of periods and of keys, against the open holds. */
async function unitsHeldAreHolds(db: Queries): Promise<Check> {
  const holds = await rows<{ detail: string }>(db, sql`select detail from ledger_holds where state = 'open'`);
  const counted = await rows<{ id: string; held_units: number }>(
    db,
    sql`select id, held_units from usage_periods where held_units <> 0
      union all select id, held_units from api_keys where held_units <> 0`,
  );
  const held = new Map<string, number>();
  for (const hold of holds) {
    const { key, period, units, keyUnits } = reservationOf(hold);
    held.set(period, (held.get(period) ?? 0) + units);
    if (keyUnits > 0) held.set(key, (held.get(key) ?? 0) + keyUnits);
  }
  const ids = new Set([...held.keys(), ...counted.map((row) => row.id)]);
  const problems = [...ids].flatMap((id) => {
    const counter = counted.find((row) => row.id === id)?.held_units ?? 0;
    const open = held.get(id) ?? 0;
    return counter === open ? [] : [`${id}: ${counter} units held, open holds have ${open}`];
  });
  return check("units held are those of open holds", ids.size, problems);
}

async function keysCountTheirUse(db: Queries): Promise<Check> {
  const keys = await rows<{ id: string; used_units: number; units: number }>(
    db,
    sql`select k.id, k.used_units, coalesce(e.units, 0) as units from api_keys k
      left join (select api_key, sum(units) as units from usage_events group by api_key) e on e.api_key = k.id`,
  );
  const wrong = keys.filter((key) => key.used_units !== key.units);
  const problems = wrong.map((key) => `key ${key.id}: counts ${key.used_units} units, usage events ${key.units}`);
  return check("keys count their usage events", keys.length, problems);
}

async function usageIsPosted(db: Queries): Promise<Check> {
  const wrong = await rows<{ id: string; amount_nanos: Nanos; posted_nanos: Nanos }>(
    db,
    sql`select u.id, u.amount_nanos, coalesce(p.posted_nanos, 0) as posted_nanos from usage_events u
      left join (select e.cause, sum(p.amount_nanos) as posted_nanos from ledger_entries e
          join ledger_postings p on p.entry = e.id join ledger_accounts a on a.id = p.account and a.kind = 'usage_revenue'
          where e.kind = 'usage' group by e.cause) p on p.cause = u.prediction
      where u.amount_nanos <> coalesce(p.posted_nanos, 0)`,
  );
  const [events] = await rows<{ n: number }>(db, sql`select count(*) as n from usage_events`);
  const problems = wrong.map(
    (row) => `usage ${row.id}: charged ${formatAmount(row.amount_nanos)}, posted ${formatAmount(row.posted_nanos)}`,
  );
  return check("every charge is posted", events?.n ?? 0, problems);
}

async function linesSumToTotals(db: Queries): Promise<Check> {
  const invoices = await rows<InvoiceRow & { lines_nanos: Nanos }>(
    db,
    sql`select i.*, coalesce(l.lines_nanos, 0) as lines_nanos from invoices i
      left join (select invoice, sum(amount_nanos) as lines_nanos from invoice_lines group by invoice) l on l.invoice = i.id`,
  );
  const wrong = invoices.filter((invoice) => invoice.total_nanos !== invoice.lines_nanos);
  const problems = wrong.map(
    (row) => `invoice ${row.id}: total ${formatAmount(row.total_nanos)}, lines ${formatAmount(row.lines_nanos)}`,
  );
  return check("lines of an invoice sum to its total", invoices.length, problems);
}

/** What an invoice's entries took from the customer, from the balance and as due, is its total. */
async function invoicesSumToPostings(db: Queries): Promise<Check> {
  const invoices = await rows<{ id: string; total_nanos: Nanos; used_nanos: Nanos; posted_nanos: Nanos }>(
    db,
    sql`select i.id, i.total_nanos, coalesce(u.used_nanos, 0) as used_nanos, coalesce(p.posted_nanos, 0) as posted_nanos
      from invoices i
      left join (select period, sum(amount_nanos) as used_nanos from usage_events group by period) u
        on u.period = i.period and i.kind = 'invoice'
      left join (select e.kind, e.cause, -sum(p.amount_nanos) as posted_nanos from ledger_entries e
          join ledger_postings p on p.entry = e.id
          join ledger_accounts a on a.id = p.account and a.kind in ('customer', 'receivable')
          where e.kind in ('invoice', 'credit_note') group by e.kind, e.cause) p
        on p.kind = i.kind and p.cause = case when i.kind = 'invoice' then i.period else i.credits end`,
  );
  const problems = invoices.flatMap(({ id, total_nanos, used_nanos, posted_nanos }) =>
    used_nanos + posted_nanos === total_nanos
      ? []
      : [`invoice ${id}: total ${formatAmount(total_nanos)}, postings ${formatAmount(used_nanos + posted_nanos)}`],
  );
  return check("an invoice's postings sum to its total", invoices.length, problems);
}

async function invoicesBillTheirUsage(db: Queries): Promise<Check> {
  const periods = await rows<{ id: string; used_units: number; units: number | null }>(
    db,
    sql`select p.id, p.used_units, l.units from usage_periods p
      left join invoices i on i.period = p.id and i.kind = 'invoice'
      left join invoice_lines l on l.invoice = i.id and l.kind = 'usage'
      where p.state = 'closed'`,
  );
  const problems = periods.flatMap(({ id, used_units, units }) =>
    used_units === units ? [] : [`period ${id}: ${used_units} units used, ${units ?? "no"} units on its invoice`],
  );
  return check("invoices bill the units of their period", periods.length, problems);
}
