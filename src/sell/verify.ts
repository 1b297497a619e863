import { type Nanos, formatAmount } from "../kernel/money.ts";
import { type Check, check } from "../ledger/index.ts";
import { type Queries, sql } from "../store/index.ts";
import { budgetsCountUsage, budgetsHoldHolds } from "./budgets/verify.ts";
import { keptOwners } from "./credits/kept.ts";
import { keptCreditIsSetAside, keptCreditPaysUsage } from "./credits/verify.ts";
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
    await creditsStayWithin(db),
    await invoicesBillTheirUsage(db),
    await collectionsAreWhatIsOwed(db),
    await titlesHaveNoGaps(db),
    await budgetsCountUsage(db),
    await budgetsHoldHolds(db),
    await keptCreditIsSetAside(db),
    await keptCreditPaysUsage(db),
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
  const holds = await rows<{ detail: string }>(
    db,
    sql`select detail from ledger_holds
    where state = 'open' and owner not like ${`${keptOwners}%`}`,
  );
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
    sql`select coalesce(entry, 'without an entry') as id, sum(amount_nanos) as amount_nanos,
        sum(posted_nanos) as posted_nanos, sum(cost_nanos) as cost_nanos
      from (select entry, amount_nanos, cost_nanos, 0 as posted_nanos, 0 as posted_cost_nanos from usage_events
        union all
        select e.id, 0, 0, case when a.kind = 'usage_revenue' then p.amount_nanos else 0 end,
            case when a.kind = 'cost' then -p.amount_nanos else 0 end
          from ledger_entries e join ledger_postings p on p.entry = e.id join ledger_accounts a on a.id = p.account
          where e.kind = 'usage') both_sides
      group by entry
      having sum(amount_nanos) <> sum(posted_nanos) or sum(cost_nanos) <> sum(posted_cost_nanos)`,
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

/** The credit notes of an invoice together never take back more than it billed, nor more than its tax. */
async function creditsStayWithin(db: Queries): Promise<Check> {
  const credited = await rows<{ id: string; left_nanos: Nanos; tax_left_nanos: Nanos }>(
    db,
    sql`select i.id, i.total_nanos + n.total_nanos as left_nanos, i.tax_nanos + n.tax_nanos as tax_left_nanos
      from invoices i join (select credits, sum(total_nanos) as total_nanos, sum(tax_nanos) as tax_nanos from invoices
          where credits is not null group by credits) n on n.credits = i.id`,
  );
  const wrong = credited.filter((row) => row.left_nanos < 0n || row.tax_left_nanos < 0n);
  const problems = wrong.map(
    (row) => `invoice ${row.id}: credited by ${formatAmount(-row.left_nanos)} more than it is`,
  );
  return check("credit notes stay within their invoice", credited.length, problems);
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
        on p.kind = i.kind and p.cause = case when i.kind = 'invoice' then coalesce(i.period, i.id)
          when i.period is null and exists (select 1 from invoice_lines l where l.invoice = i.id and l.kind = 'credit') then i.id
          else i.credits end`,
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

/** What invoices leave open, less the money that waits for them, is what the ledger says is owed and invoiced. */
async function collectionsAreWhatIsOwed(db: Queries): Promise<Check> {
  const customers = await rows<{
    id: string;
    terms: string;
    open_nanos: Nanos;
    unapplied_nanos: Nanos;
    booked_nanos: Nanos;
    unbilled_nanos: Nanos;
  }>(
    db,
    sql`select c.id, c.terms, coalesce(o.open_nanos, 0) as open_nanos, coalesce(f.unapplied_nanos, 0) as unapplied_nanos,
        coalesce(a.booked_nanos, 0) as booked_nanos, coalesce(u.unbilled_nanos, 0) as unbilled_nanos
      from customers c
      left join (select customer, sum(open_nanos) as open_nanos from collections group by customer) o on o.customer = c.id
      left join funds f on f.customer = c.id
      left join (select a.owner, sum(case when a.kind = 'receivable' or c.terms = 'postpaid' then a.balance_nanos else 0 end)
          as booked_nanos from ledger_accounts a join customers c on c.id = a.owner
          where a.kind in ('customer', 'receivable') group by a.owner) a on a.owner = c.id
      left join (select e.customer, sum(case when c.terms = 'postpaid' then e.amount_nanos else e.due_nanos end)
          as unbilled_nanos from usage_events e join usage_periods p on p.id = e.period and p.state = 'open'
          join customers c on c.id = e.customer group by e.customer) u on u.customer = c.id`,
  );
  const problems = customers.flatMap(({ id, open_nanos, unapplied_nanos, booked_nanos, unbilled_nanos }) => {
    const owedNanos = -booked_nanos - unbilled_nanos;
    if (open_nanos - unapplied_nanos === owedNanos) return [];
    const open = `${formatAmount(open_nanos)} open, ${formatAmount(unapplied_nanos)} waiting`;
    return [`customer ${id}: ${open}, the ledger says ${formatAmount(owedNanos)} is owed`];
  });
  return check("open invoices are what is owed", customers.length, problems);
}

/** Numbers run from 1 without gaps within each series and year. */
async function titlesHaveNoGaps(db: Queries): Promise<Check> {
  const titles = await rows<{ title: string }>(
    db,
    sql`select title from invoices where title like '%-%' order by title`,
  );
  const series = new Map<string, number[]>();
  for (const { title } of titles) {
    const cut = title.lastIndexOf("-");
    const name = title.slice(0, cut);
    series.set(name, [...(series.get(name) ?? []), Number(title.slice(cut + 1))]);
  }
  const problems = [...series].flatMap(([name, numbers]) => {
    const at = numbers.sort((a, b) => a - b).findIndex((number, i) => number !== i + 1);
    return at === -1 ? [] : [`series ${name}: ${at + 1} is missing`];
  });
  return check("numbers of invoices have no gaps", titles.length, problems);
}
