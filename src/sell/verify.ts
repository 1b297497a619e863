import { sql } from "kysely";
import { type Nanos, formatAmount } from "../kernel/money.ts";
import { type Check, check } from "../ledger/index.ts";
import type { Queries } from "../store/index.ts";
import { chargeOf, parseComponents } from "./component.ts";
import { reservationOf } from "./reservation.ts";
import type { InvoiceRow, PeriodRow } from "./tables.ts";
import { rows, usedByCounters, usedByEvents, usedByInvoices } from "./sums.ts";
import { countsOf, formatQuantities } from "./units.ts";

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

async function chargesArePrices(db: Queries): Promise<Check> {
  const periods = await rows<PeriodRow & { amount_nanos: Nanos }>(
    db,
    sql`select p.*, coalesce(e.amount_nanos, 0) as amount_nanos from usage_periods p
      left join (select period, sum(amount_nanos) as amount_nanos from usage_events group by period) e
        on e.period = p.id`,
  );
  const counted = await usedByCounters(db);
  const inEvents = await usedByEvents(db);
  const problems = periods.flatMap(({ id, components, amount_nanos }) => {
    const used = counted.get(id) ?? {};
    const priceNanos = chargeOf(parseComponents(components), used);
    const [usedText, toldText] = [formatQuantities(used), formatQuantities(inEvents.get(id) ?? {})];
    if (usedText === toldText && amount_nanos === priceNanos) return [];
    const events = `${toldText} for ${formatAmount(amount_nanos)} in events`;
    return [`period ${id}: ${events}, ${usedText} for ${formatAmount(priceNanos)} counted`];
  });
  return check("charges of a period are the price of its units", periods.length, problems);
}

/** Counters of units in flight, of periods and of keys, against the open holds. */
async function unitsHeldAreHolds(db: Queries): Promise<Check> {
  const holds = await rows<{ detail: string }>(db, sql`select detail from ledger_holds where state = 'open'`);
  const counted = await rows<{ id: string; held: number }>(
    db,
    sql`select period || ' ' || unit as id, held from usage_counters where held <> 0
      union all select id, held_units as held from api_keys where held_units <> 0`,
  );
  const held = new Map<string, number>();
  const add = (id: string, count: number): void => void held.set(id, (held.get(id) ?? 0) + count);
  for (const hold of holds) {
    const { key, period, quantities, keyUnits } = reservationOf(hold);
    for (const { unit, count } of countsOf(quantities)) add(`${period} ${unit}`, count);
    if (keyUnits > 0) add(key, keyUnits);
  }
  const counters = new Map(counted.map((row) => [row.id, row.held]));
  const ids = new Set([...held.keys(), ...counters.keys()]);
  const problems = [...ids].flatMap((id) => {
    const [counter, open] = [counters.get(id) ?? 0, held.get(id) ?? 0];
    return counter === open ? [] : [`${id}: ${counter} held, open holds have ${open}`];
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

/** Several events may share an entry: together they are what it posted as revenue and as cost. */
async function usageIsPosted(db: Queries): Promise<Check> {
  const wrong = await rows<{ id: string; amount_nanos: Nanos; posted_nanos: Nanos; cost_nanos: Nanos }>(
    db,
    sql`select coalesce(u.entry, p.entry, 'without an entry') as id, coalesce(u.amount_nanos, 0) as amount_nanos,
        coalesce(u.cost_nanos, 0) as cost_nanos, coalesce(p.posted_nanos, 0) as posted_nanos
      from (select entry, sum(amount_nanos) as amount_nanos, sum(cost_nanos) as cost_nanos from usage_events
          group by entry) u
        full join (select e.id as entry,
            sum(case when a.kind = 'usage_revenue' then p.amount_nanos else 0 end) as posted_nanos,
            sum(case when a.kind = 'cost' then -p.amount_nanos else 0 end) as cost_nanos
          from ledger_entries e join ledger_postings p on p.entry = e.id join ledger_accounts a on a.id = p.account
          where e.kind = 'usage' group by e.id) p on p.entry = u.entry
      where coalesce(u.amount_nanos, 0) <> coalesce(p.posted_nanos, 0)
        or coalesce(u.cost_nanos, 0) <> coalesce(p.cost_nanos, 0)`,
  );
  const [events] = await rows<{ n: number }>(db, sql`select count(*) as n from usage_events`);
  const problems = wrong.map(
    ({ id, amount_nanos, posted_nanos, cost_nanos }) =>
      `usage entry ${id}: charged ${formatAmount(amount_nanos)}, posted ${formatAmount(posted_nanos)}; cost ${formatAmount(cost_nanos)}`,
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

/** One line for each component, over all that was used of its unit. */
async function invoicesBillTheirUsage(db: Queries): Promise<Check> {
  const periods = await rows<{ id: string; components: string }>(
    db,
    sql`select id, components from usage_periods where state = 'closed'`,
  );
  const counted = await usedByCounters(db);
  const billed = await usedByInvoices(db);
  const problems = periods.flatMap(({ id, components }) =>
    parseComponents(components).flatMap(({ unit }) => {
      const used = counted.get(id)?.[unit] ?? 0;
      const units = billed.get(id)?.[unit];
      return used === units ? [] : [`period ${id}: ${used} ${unit} used, ${units ?? "none"} on its invoice`];
    }),
  );
  return check("invoices bill the units of their period", periods.length, problems);
}
