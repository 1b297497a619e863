import { type Nanos, formatAmount } from "../../kernel/money.ts";
import { type Check, check } from "../../ledger/index.ts";
import { type Queries, sql } from "../../store/index.ts";
import { reservationOf } from "../reservation.ts";
import { rows } from "../sums.ts";
import { keptOwners } from "./kept.ts";

/** The hold of a kept grant has what is left of it and lent to no period; no period is lent more than its requests hold. */
export async function keptCreditIsSetAside(db: Queries): Promise<Check> {
  const grants = await rows<{
    id: string;
    amount_nanos: Nanos;
    remaining_nanos: Nanos;
    lent_nanos: Nanos;
    used_nanos: Nanos;
    aside_nanos: Nanos;
  }>(
    db,
    sql`select g.id, g.amount_nanos, g.remaining_nanos, coalesce(h.amount_nanos, 0) as aside_nanos,
        coalesce(u.lent_nanos, 0) as lent_nanos, coalesce(u.used_nanos, 0) as used_nanos
      from credit_grants g left join ledger_holds h on h.id = g.hold and h.state = 'open'
      left join (select credit_grant, sum(lent_nanos) as lent_nanos, sum(used_nanos) as used_nanos
        from kept_credit_uses group by credit_grant) u on u.credit_grant = g.id
      where g.products is not null`,
  );
  const wrong = grants.filter(
    (grant) =>
      grant.aside_nanos + grant.lent_nanos !== grant.remaining_nanos ||
      grant.remaining_nanos + grant.used_nanos !== grant.amount_nanos,
  );
  const problems = wrong.map(
    (grant) =>
      `grant ${grant.id} of ${formatAmount(grant.amount_nanos)}: ${formatAmount(grant.remaining_nanos)} left, ${formatAmount(grant.aside_nanos)} set aside, ${formatAmount(grant.lent_nanos)} lent, ${formatAmount(grant.used_nanos)} used`,
  );
  return check("kept credit is set aside", grants.length, [...problems, ...(await lentBeyondHolds(db))]);
}

async function lentBeyondHolds(db: Queries): Promise<string[]> {
  const lent = await rows<{ period: string; lent_nanos: Nanos }>(
    db,
    sql`select period, sum(lent_nanos) as lent_nanos from kept_credit_uses group by period having sum(lent_nanos) > 0`,
  );
  if (lent.length === 0) return [];
  const holds = await rows<{ detail: string; amount_nanos: Nanos }>(
    db,
    sql`select detail, amount_nanos from ledger_holds where state = 'open' and owner not like ${`${keptOwners}%`}`,
  );
  const held = new Map<string, Nanos>();
  for (const hold of holds) {
    const { period } = reservationOf(hold);
    held.set(period, (held.get(period) ?? 0n) + hold.amount_nanos);
  }
  return lent.flatMap(({ period, lent_nanos: lentNanos }) => {
    const heldNanos = held.get(period) ?? 0n;
    const text = `period ${period}: lent ${formatAmount(lentNanos)} of kept credit, holds ${formatAmount(heldNanos)}`;
    return lentNanos > heldNanos ? [text] : [];
  });
}

/** Kept credit pays for usage of its products alone, no more than it was charged, nor than is left of its invoice. */
export async function keptCreditPaysUsage(db: Queries): Promise<Check> {
  const periods = await rows<{ period: string; used_nanos: Nanos; paid_nanos: Nanos; left_nanos: Nanos | null }>(
    db,
    sql`select u.period, u.used_nanos, coalesce(e.paid_nanos, 0) as paid_nanos,
        i.total_nanos + coalesce(n.total_nanos, 0) as left_nanos
      from (select period, sum(used_nanos) as used_nanos from kept_credit_uses group by period) u
      left join (select period, sum(amount_nanos - due_nanos) as paid_nanos from usage_events group by period) e
        on e.period = u.period
      left join invoices i on i.period = u.period and i.kind = 'invoice'
      left join (select credits, sum(total_nanos) as total_nanos from invoices where credits is not null group by credits) n
        on n.credits = i.id`,
  );
  const problems = periods.flatMap(({ period, used_nanos, paid_nanos, left_nanos }) => {
    const most = left_nanos !== null && left_nanos < paid_nanos ? left_nanos : paid_nanos;
    const text = `period ${period}: kept credit has paid ${formatAmount(used_nanos)} of ${formatAmount(most)}`;
    return used_nanos > most ? [text] : [];
  });
  const strangers = await rows<{ credit_grant: string; product: string }>(
    db,
    sql`select u.credit_grant, s.product from kept_credit_uses u join credit_grants g on g.id = u.credit_grant
      join usage_periods p on p.id = u.period join subscriptions s on s.id = p.subscription
      where g.products not like '%"' || s.product || '"%' or g.customer <> s.customer`,
  );
  const elsewhere = strangers.map(({ credit_grant, product }) => `grant ${credit_grant}: used for product ${product}`);
  return check("kept credit pays for what it is kept to", periods.length, [...problems, ...elsewhere]);
}
