import { Refusal, must, notFound } from "../../kernel/errors.ts";
import { type Id, newId } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { type Nanos, sumNanos } from "../../kernel/money.ts";
import { lockBalance, openAccounts, placeHold, postFirstEntry } from "../../ledger/index.ts";
import { type Queries, type Steps, query, queryOne, sql } from "../../store/index.ts";
import { type AccountOwner, accountOf } from "../accounts.ts";
import { lockUsage } from "../budgets/budget.ts";
import { getCustomer } from "../customer.ts";
import { emit } from "../event.ts";
import { getProduct } from "../product.ts";
import type { CustomerRow, SellTables } from "../tables.ts";
import type { CreditGrantRow } from "../tables-paid.ts";
import { assertAmount, assertName } from "../words.ts";
import { type Remainder, planBurn } from "./burn.ts";
import { keptDetail, keptOwner } from "./kept.ts";

/*
 * What a prepaid balance is made of. The hot path knows one balance; which grants it has burnt is told from the difference
 * whenever somebody asks or something changes: grants burn by priority, those that expire first first, given ones before
 * paid ones. Those that are kept to some products are counted as they are used, by `kept.ts`.
 */

export interface CreditGrant {
  readonly id: Id<"creditGrant">;
  readonly customer: Id<"customer">;
  /** Only what was paid is given back. */
  readonly kind: "paid" | "promotional";
  /** Why it is there. */
  readonly source: string;
  readonly amountNanos: Nanos;
  readonly remainingNanos: Nanos;
  /** Lower burns first. */
  readonly priority: number;
  readonly expiresAtMs: number | null;
  /** The products that alone it pays for; null: it is part of the balance that pays for all. */
  readonly products: readonly GrantProduct[] | null;
  readonly createdAtMs: number;
}

export interface GrantProduct {
  readonly id: Id<"product">;
  readonly name: string;
}

export interface NewGrant {
  readonly customer: Id<"customer">;
  readonly amountNanos: Nanos;
  readonly source: string;
  /** 100 unless given. */
  readonly priority?: number;
  readonly expiresAtMs?: number | null;
  /** When it expires, what is left lives this many days more, once. */
  readonly rolloverDays?: number | null;
  /** The payment it was given for: when that goes back, what is unused of the grant goes back pro rata. */
  readonly payment?: Id<"payment"> | null;
  /** It pays for usage of these alone, and before the rest of the balance; null for everything. */
  readonly products?: readonly Id<"product">[] | null;
  readonly nowMs: number;
}

/** Gives a prepaid customer credit that nobody paid for. A postpaid one is refused: it pays by invoice. */
export async function grantCredit(db: Queries, input: NewGrant): Promise<CreditGrant> {
  assertAmount(input.amountNanos, "amount", 1n);
  assertName(input.source, "source");
  const { priority = 100, expiresAtMs = null, rolloverDays = null, nowMs } = input;
  if (!Number.isInteger(priority) || priority < 0 || priority > 1_000)
    throw new Refusal("invalid_request", "A priority is a whole number from 0 to 1,000.", { param: "priority" });
  if (expiresAtMs !== null && expiresAtMs <= nowMs)
    throw new Refusal("invalid_request", "Credit expires later than now.", { param: "expires_at_ms" });
  if (rolloverDays !== null && (!Number.isInteger(rolloverDays) || rolloverDays < 1 || rolloverDays > 366))
    throw new Refusal("invalid_request", "A rollover is 1 to 366 days.", { param: "rollover_days" });
  const { terms } = await getCustomer(db, input.customer);
  if (terms !== "prepaid") throw new Refusal("conflict", "A postpaid customer pays by invoice: give it a coupon.");
  if (input.products) await assertProducts(db, input);
  return toGrant(db, await db.perform(insertGranted(input)));
}

async function assertProducts(db: Queries, { products, payment }: NewGrant): Promise<void> {
  const param = "products";
  const named = new Set(products);
  if (named.size === 0 || named.size > limits.grantProductsMax) {
    const text = `Credit is kept to 1 to ${limits.grantProductsMax} products, or to none.`;
    throw new Refusal("invalid_request", text, { param });
  }
  if (payment)
    throw new Refusal("conflict", "Credit that is given for a payment pays for everything: name no products.", {
      param,
    });
  for (const product of named) await getProduct(db, product);
}

export function* insertGranted(input: NewGrant): Steps<CreditGrantRow> {
  const { customer: id, amountNanos, nowMs, source } = input;
  const { customer, currency } = yield* ownerOf(id);
  if (input.products) yield* markKept(customer);
  yield* syncGrants({ customer, currency }, nowMs);
  const row = yield* insertGrant(input, "promotional");
  const promotion = accountOf("promotion", { customer, currency });
  yield* openAccounts([promotion]);
  yield* postFirstEntry({
    kind: "credit_grant",
    cause: row.id,
    atMs: nowMs,
    nowMs,
    dimensions: { customer },
    postings: [
      { account: accountOf("customer", { customer, currency }), amountNanos },
      { account: promotion, amountNanos: -amountNanos },
    ],
  });
  if (input.products) yield* setAside(row, { customer, currency }, nowMs);
  const about = { source, expires_at_ms: row.expires_at_ms, products: input.products ?? null };
  const data = { grant: row.id, amount_nanos: amountNanos, currency, ...about };
  yield* emit({ kind: "credits.granted", customer, data, atMs: nowMs, nowMs });
  return row;
}

/** Whoever counts usage of the customer from now on looks for kept credit. */
function* markKept(customer: Id<"customer">): Steps<void> {
  yield* lockUsage(customer);
  yield* query(sql`update customers set kept = 1 where id = ${customer}`);
  yield* query(sql`update usage_periods set kept = 1 where state = 'open'
    and subscription in (select id from subscriptions where customer = ${customer})`);
}

/** Kept credit is on the balance, and set aside until a period of its products is lent it. */
function* setAside({ id, amount_nanos: amountNanos }: CreditGrantRow, party: AccountOwner, nowMs: number): Steps<void> {
  const account = accountOf("customer", party);
  const keep = { account, amountNanos, owner: keptOwner(id), detail: keptDetail, expiresAtMs: never, nowMs };
  const { hold } = yield* placeHold(keep);
  yield* query(sql`update credit_grants set hold = ${hold.id} where id = ${id}`);
}

/** Its hold ends with the grant. */
const never = 253_402_300_800_000;

/** Records what a payment added to the balance; its entry is posted by the caller. */
export function* insertGrant(input: NewGrant, kind: CreditGrant["kind"]): Steps<CreditGrantRow> {
  const { customer, amountNanos, source, priority = 100, expiresAtMs = null, rolloverDays = null, nowMs } = input;
  const { payment = null, products = null } = input;
  const row = yield* queryOne<CreditGrantRow>(sql`insert into credit_grants (id, customer, kind, source, payment,
      amount_nanos, remaining_nanos, priority, expires_at_ms, rollover_days, products, created_at_ms)
    values (${newId("creditGrant", nowMs)}, ${customer}, ${kind}, ${source}, ${payment}, ${amountNanos}, ${amountNanos},
      ${priority}, ${expiresAtMs}, ${rolloverDays}, ${products && JSON.stringify([...new Set(products)])}, ${nowMs})
    returning *`);
  return must(row, "a grant is stored");
}

/**
 * Brings what is left of each grant up to date with the balance, which it locks: kept ones are, because whoever uses them
 * says so; the others burn with the rest of it. Returns them in the order they burn.
 */
export function* syncGrants(party: AccountOwner, nowMs: number): Steps<CreditGrantRow[]> {
  const { balanceNanos } = yield* lockBalance(accountOf("customer", party));
  const grants = yield* grantsOf(party.customer);
  const restNanos = balanceNanos - sumNanos(grants.filter(isKept).map((grant) => grant.remaining_nanos));
  const burning = grants.filter((grant) => !isKept(grant)).map(remainderOf);
  const { changed, unknownNanos } = planBurn(burning, restNanos < 0n ? 0n : restNanos);
  for (const { id, remainingNanos } of changed) {
    yield* query(sql`update credit_grants set remaining_nanos = ${remainingNanos} where id = ${id}`);
  }
  if (unknownNanos > 0n) {
    const opening = { customer: party.customer, amountNanos: unknownNanos, source: "balance", nowMs };
    yield* insertGrant(opening, "paid");
  }
  return changed.length === 0 && unknownNanos === 0n ? grants : yield* grantsOf(party.customer);
}

export const isKept = ({ products }: CreditGrantRow): boolean => products !== null;

const remainderOf = (row: CreditGrantRow): Remainder => ({
  id: row.id,
  amountNanos: row.amount_nanos,
  remainingNanos: row.remaining_nanos,
});

function* grantsOf(customer: Id<"customer">): Steps<CreditGrantRow[]> {
  return yield* query<CreditGrantRow>(sql`select * from credit_grants where customer = ${customer}
    order by case when products is null then 1 else 0 end, priority, coalesce(expires_at_ms, 9000000000000000), case kind when 'promotional' then 0 else 1 end, id`);
}

export function* ownerOf(id: Id<"customer">): Steps<AccountOwner> {
  const row = yield* queryOne<CustomerRow>(sql`select * from customers where id = ${id}`);
  if (!row) throw notFound("customer", id);
  return { customer: row.id, currency: row.currency };
}

/** What a prepaid balance is made of now, in the order in which it burns; used up grants last. */
export async function listGrants(
  db: Queries,
  ask: { readonly customer: Id<"customer">; readonly nowMs: number },
): Promise<CreditGrant[]> {
  const { id: customer, currency, terms } = await getCustomer(db, ask.customer);
  if (terms !== "prepaid") return [];
  const rows = await db.perform(syncGrants({ customer, currency }, ask.nowMs));
  const grants = await toGrants(db, rows);
  return [
    ...grants.filter((grant) => grant.remainingNanos > 0n),
    ...grants.filter((grant) => grant.remainingNanos === 0n),
  ];
}

/** What of a balance was paid for, and so can be given back. */
export function* paidRemaining(party: AccountOwner, nowMs: number): Steps<Nanos> {
  const paid = (yield* syncGrants(party, nowMs)).filter(({ kind }) => kind === "paid");
  return sumNanos(paid.map((grant) => grant.remaining_nanos));
}

/** Takes money that goes back from paid grants, the youngest first; the caller posts it. */
export function* takeFromPaid(party: AccountOwner, nanos: Nanos, nowMs: number): Steps<void> {
  let leftNanos = nanos;
  const paid = (yield* syncGrants(party, nowMs)).filter(({ kind }) => kind === "paid");
  for (const { id, remaining_nanos } of paid.toSorted((a, b) => (a.id < b.id ? 1 : -1))) {
    const takenNanos = remaining_nanos < leftNanos ? remaining_nanos : leftNanos;
    leftNanos -= takenNanos;
    if (takenNanos === 0n) continue;
    yield* query(sql`update credit_grants set remaining_nanos = remaining_nanos - ${takenNanos},
      amount_nanos = amount_nanos - ${takenNanos} where id = ${id}`);
  }
}

export async function toGrant(db: Queries, row: CreditGrantRow): Promise<CreditGrant> {
  return must((await toGrants(db, [row]))[0], "a row is a grant");
}

async function toGrants(db: Queries, rows: readonly CreditGrantRow[]): Promise<CreditGrant[]> {
  const named = new Map(rows.map(({ id, products }) => [id, productsOf(products)]));
  const ids = [...new Set([...named.values()].flatMap((each) => each ?? []))];
  const table = db.as<SellTables>().selectFrom("products").select(["id", "name"]).where("id", "in", ids);
  const products = ids.length === 0 ? [] : await table.execute();
  return rows.map((row) => ({
    id: row.id,
    customer: row.customer,
    kind: row.kind,
    source: row.source,
    amountNanos: row.amount_nanos,
    remainingNanos: row.remaining_nanos,
    priority: row.priority,
    expiresAtMs: row.expires_at_ms,
    products: row.products === null ? null : products.filter(({ id }) => named.get(row.id)?.includes(id)),
    createdAtMs: row.created_at_ms,
  }));
}

const productsOf = (text: string | null): Id<"product">[] | null =>
  text === null ? null : (JSON.parse(text) as Id<"product">[]);
