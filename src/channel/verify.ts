import { type Nanos, formatAmount, mulDivTrunc } from "../kernel/money.ts";
import { type Check, check } from "../ledger/index.ts";
import { type Statement, type Queries, sql } from "../store/index.ts";
import { commissionAccountKinds } from "./commission.ts";
import type { CommissionRow } from "./tables.ts";

/** The laws of commissions. */
export async function verifyChannel(db: Queries): Promise<Check[]> {
  return [await commissionsArePosted(db), await creditNotesMirror(db), await attributionsStick(db)];
}

async function rows<R>(db: Queries, text: Statement): Promise<R[]> {
  return db.read<R>(text);
}

async function commissionsArePosted(db: Queries): Promise<Check> {
  const commissions = await rows<CommissionRow & { posted_nanos: Nanos }>(
    db,
    sql`select c.*, coalesce(p.posted_nanos, 0) as posted_nanos from commissions c
      left join (select e.cause, sum(p.amount_nanos) as posted_nanos from ledger_entries e
          join ledger_postings p on p.entry = e.id
          join ledger_accounts a on a.id = p.account and a.kind = ${commissionAccountKinds.payable}
          where e.kind = 'commission' group by e.cause) p on p.cause = c.document`,
  );
  const problems = commissions.flatMap(({ id, amount_nanos, base_nanos, posted_nanos }) => {
    if (posted_nanos !== amount_nanos) {
      return [`commission ${id}: ${formatAmount(amount_nanos)}, posted ${formatAmount(posted_nanos)}`];
    }
    const exceeds = amount_nanos < 0n ? amount_nanos < base_nanos : amount_nanos > base_nanos;
    return exceeds ? [`commission ${id}: ${formatAmount(amount_nanos)} of a base of ${formatAmount(base_nanos)}`] : [];
  });
  return check("commissions are posted and never exceed their base", commissions.length, problems);
}

/** What of an invoice is credited, its commission gives back in proportion, rounded down; of the whole exactly all. */
async function creditNotesMirror(db: Queries): Promise<Check> {
  const credited = await rows<{
    id: string;
    amount_nanos: Nanos;
    base_nanos: Nanos;
    net_nanos: Nanos;
    back_nanos: Nanos;
  }>(
    db,
    sql`select c.id, c.amount_nanos, c.base_nanos, n.net_nanos, coalesce(m.back_nanos, 0) as back_nanos from commissions c
      join (select credits, -sum(total_nanos - tax_nanos) as net_nanos from invoices where credits is not null
          group by credits) n on n.credits = c.document
      left join (select reverses, -sum(amount_nanos) as back_nanos from commissions where reverses is not null
          group by reverses) m on m.reverses = c.id`,
  );
  const wrong = credited.filter(
    (row) => row.back_nanos !== mulDivTrunc(row.amount_nanos, row.net_nanos, row.base_nanos),
  );
  const problems = wrong.map(
    (row) =>
      `commission ${row.id}: ${formatAmount(row.net_nanos)} is credited, ${formatAmount(row.back_nanos)} taken back`,
  );
  return check("credit notes mirror commissions", credited.length, problems);
}

async function attributionsStick(db: Queries): Promise<Check> {
  const customers = await rows<{ id: string; partner: string | null; attributed: string | null }>(
    db,
    sql`select c.id, c.partner, a.partner as attributed from customers c left join attributions a on a.customer = c.id
      where c.partner is not null or a.partner is not null`,
  );
  const wrong = customers.filter((row) => row.partner !== row.attributed);
  const problems = wrong.map((row) => `customer ${row.id}: belongs to ${row.partner}, attributed to ${row.attributed}`);
  return check("customers belong to whom they are attributed to", customers.length, problems);
}
