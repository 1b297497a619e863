import { must } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { type Nanos, sumNanos } from "../../kernel/money.ts";
import { accountId, changeHolds, openHolds, postFirstEntries, raiseHold } from "../../ledger/index.ts";
import { type Steps, query, queryOne, sql } from "../../store/index.ts";
import { type AccountOwner, accountOf } from "../accounts.ts";
import { lockBudgets } from "../budgets/window.ts";

/*
 * Credit that is kept to some products lies in the customer's balance like all other, set aside by a hold of its own. A
 * period of such a product is lent what its requests hold, so they are admitted and settled as all others are; what they
 * cost is taken from what is lent, and what is lent beyond its open holds goes back. So lent ≤ held, always.
 */

/** Whose period: only credit that is for its product is lent to it. */
export interface KeptParty extends AccountOwner {
  readonly product: Id<"product">;
}

/** A kept grant as one period sees it. */
interface KeptGrant {
  readonly id: Id<"creditGrant">;
  readonly hold: Id<"hold">;
  /** Set aside by its hold: lent to no period. */
  free_nanos: Nanos;
  /** To this period. */
  lent_nanos: Nanos;
  used_nanos: Nanos;
}

/** How the holds of kept grants are called: no request's. */
export const keptOwners = "kept/";
export const keptOwner = (grant: Id<"creditGrant">): string => keptOwners + grant;

/** Their detail. */
export const keptDetail = "{}";

/** Those for the product, in the order in which they burn. Whoever calls it has the customer's row locked, as budgets do. */
function* grantsFor({ customer, product }: KeptParty, period: Id<"period">): Steps<KeptGrant[]> {
  return yield* query<KeptGrant>(sql`select g.id, g.hold, h.amount_nanos as free_nanos,
      coalesce(u.lent_nanos, 0) as lent_nanos, coalesce(u.used_nanos, 0) as used_nanos
    from credit_grants g join ledger_holds h on h.id = g.hold
    left join kept_credit_uses u on u.credit_grant = g.id and u.period = ${period}
    where g.customer = ${customer} and g.products like ${`%"${product}"%`}
    order by g.priority, coalesce(g.expires_at_ms, 9000000000000000), g.id`);
}

/** What could be lent to a period. Locks the customer's row. */
export function* keptFree(party: KeptParty, period: Id<"period">): Steps<Nanos> {
  yield* lockBudgets(party.customer);
  return sumNanos((yield* grantsFor(party, period)).map(({ free_nanos }) => free_nanos));
}

/** Lends a period as much of an amount as there is: its next hold, or one that is raised, finds it available. */
export function* lendKept(party: KeptParty, period: Id<"period">, amountNanos: Nanos): Steps<Nanos> {
  yield* lockBudgets(party.customer);
  let leftNanos = amountNanos;
  for (const grant of yield* grantsFor(party, period)) {
    const lentNanos = least(grant.free_nanos, leftNanos);
    if (lentNanos === 0n) continue;
    leftNanos -= lentNanos;
    yield* change(grant, period, { lentNanos, usedNanos: 0n });
    const free = { id: grant.hold, amountNanos: grant.free_nanos - lentNanos, detail: keptDetail };
    yield* changeHolds([free]);
  }
  const takenNanos = amountNanos - leftNanos;
  yield* postFirstEntries([], new Map([[accountId(accountOf("customer", party)), -takenNanos]]));
  return takenNanos;
}

/** What the period has been lent and has not used. */
export function* keptLent(party: KeptParty, period: Id<"period">): Steps<Nanos> {
  return sumNanos((yield* grantsFor(party, period)).map(({ lent_nanos }) => lent_nanos));
}

/** A charge that the balance has paid is taken from what is lent, as far as that reaches. */
export function* useKept(party: KeptParty, period: Id<"period">, chargeNanos: Nanos): Steps<void> {
  let leftNanos = chargeNanos;
  for (const grant of yield* grantsFor(party, period)) {
    const usedNanos = least(grant.lent_nanos, leftNanos);
    if (usedNanos === 0n) continue;
    leftNanos -= usedNanos;
    yield* change(grant, period, { lentNanos: -usedNanos, usedNanos });
  }
}

/** What is lent beyond what the period's requests hold goes back, last lent first. */
export function* returnKept(party: KeptParty, period: Id<"period">, heldNanos: Nanos): Steps<void> {
  const grants = yield* grantsFor(party, period);
  let leftNanos = sumNanos(grants.map(({ lent_nanos }) => lent_nanos)) - heldNanos;
  for (const grant of grants.toReversed()) {
    if (leftNanos <= 0n) return;
    const backNanos = least(grant.lent_nanos, leftNanos);
    leftNanos -= backNanos;
    if (backNanos > 0n) yield* giveBack(party, grant, period, { lentNanos: -backNanos, usedNanos: 0n });
  }
}

/**
 * Kept credit pays at most what is left of its period's invoice: what comes back beyond what the balance has paid of it
 * (cheaper in the end, a discount, a credit note) is kept credit again, and never becomes money. The balance has it.
 */
export function* limitKept(party: KeptParty, period: Id<"period">, leftNanos: Nanos): Steps<void> {
  let backNanos = yield* keptBeyond(period, leftNanos);
  if (backNanos === 0n) return;
  yield* lockBudgets(party.customer);
  for (const grant of (yield* grantsFor(party, period)).toReversed()) {
    const givenNanos = least(grant.used_nanos, backNanos);
    backNanos -= givenNanos;
    if (givenNanos > 0n) yield* giveBack(party, grant, period, { lentNanos: 0n, usedNanos: -givenNanos });
  }
}

/** How much of what kept credit has paid in a period that would be. */
export function* keptBeyond(period: Id<"period">, leftNanos: Nanos): Steps<Nanos> {
  const usedNanos = sumNanos((yield* keptUsesOf(period)).map(({ used_nanos }) => used_nanos));
  return usedNanos > leftNanos ? usedNanos - leftNanos : 0n;
}

export interface KeptUseRow {
  readonly credit_grant: Id<"creditGrant">;
  readonly source: string;
  readonly used_nanos: Nanos;
}

/** Which grants have paid for a period. */
export function* keptUsesOf(period: Id<"period">): Steps<KeptUseRow[]> {
  return yield* query<KeptUseRow>(sql`select u.credit_grant, g.source, u.used_nanos from kept_credit_uses u
    join credit_grants g on g.id = u.credit_grant where u.period = ${period} and u.used_nanos > 0
    order by g.priority, coalesce(g.expires_at_ms, 9000000000000000), g.id`);
}

/** Of a balance, what is set aside for kept credit. */
export function* keptAside(party: AccountOwner): Steps<Nanos> {
  const holds = yield* openHolds(accountOf("customer", party));
  const kept = holds.filter(({ owner }) => owner.startsWith(keptOwners));
  return sumNanos(kept.map(({ amountNanos }) => amountNanos));
}

function* giveBack(party: KeptParty, grant: KeptGrant, period: Id<"period">, by: Change): Steps<void> {
  yield* change(grant, period, by);
  const account = accountId(accountOf("customer", party));
  yield* raiseHold({ id: grant.hold, account }, -(by.lentNanos + by.usedNanos));
}

interface Change {
  readonly lentNanos: Nanos;
  readonly usedNanos: Nanos;
}

function* change({ id }: KeptGrant, period: Id<"period">, { lentNanos, usedNanos }: Change): Steps<void> {
  // what is inserted is never below zero: what goes back has been lent or used before
  yield* query(sql`insert into kept_credit_uses (credit_grant, period, lent_nanos, used_nanos)
    values (${id}, ${period}, 0, 0) on conflict do nothing`);
  yield* query(sql`update kept_credit_uses set lent_nanos = lent_nanos + ${lentNanos},
    used_nanos = used_nanos + ${usedNanos} where credit_grant = ${id} and period = ${period}`);
  if (usedNanos === 0n) return;
  yield* query(sql`update credit_grants set remaining_nanos = remaining_nanos - ${usedNanos} where id = ${id}`);
}

/** Of a period whose requests are released or settled. */
export function* keptPartyOf(period: Id<"period">): Steps<KeptParty> {
  const row = yield* queryOne<KeptParty>(sql`select c.id as customer, c.currency, s.product from usage_periods p
    join subscriptions s on s.id = p.subscription join customers c on c.id = s.customer where p.id = ${period}`);
  return must(row, "a period has a customer");
}

const least = (a: Nanos, b: Nanos): Nanos => (a < b ? a : b);
