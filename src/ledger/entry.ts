import { invariant, must, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { type Currency, type Nanos, sumNanos } from "../kernel/money.ts";
import { type Queries, type Statement, type Steps, type Value, query, queryOne, sql } from "../store/index.ts";
import { type AccountRef, accountId } from "./account.ts";
import type { EndedHold } from "./hold.ts";
import type { EntryRow, LedgerTables, PostingRow } from "./tables.ts";

/** What a posting is about: reports group by these. */
export interface Dimensions {
  readonly product: string | null;
  readonly model: string | null;
  readonly release: string | null;
  readonly customer: string | null;
  readonly partner: string | null;
}

export interface NewPosting {
  readonly account: AccountRef;
  readonly amountNanos: Nanos;
  /** Where they differ from the entry's. */
  readonly dimensions?: Partial<Dimensions>;
}

export interface NewEntry {
  /** Given by a caller who names the entry elsewhere; a new one otherwise. */
  readonly id?: Id<"entry">;
  /** What happened: `usage`, `invoice`, … */
  readonly kind: string;
  /** The fact that caused it; one entry per kind and cause, ever. */
  readonly cause: string;
  /** When it happened, which may be before it is posted. */
  readonly atMs: number;
  readonly nowMs: number;
  readonly dimensions?: Partial<Dimensions>;
  /** At least two, none of them zero; together zero in each currency. */
  readonly postings: readonly NewPosting[];
  /** A hold taken by the same unit, whose amount goes back to its account as the entry is posted. */
  readonly giveBack?: EndedHold;
}

export type Posted = { readonly state: "posted" | "duplicate"; readonly entry: Id<"entry"> };

/** Posts once per kind and cause; a second time changes nothing. The database refuses what would overdraw an account. */
export function* postEntry(entry: NewEntry): Steps<Posted> {
  assertZeroSum(currenciesOf(entry));
  const id = entry.id ?? newId("entry", entry.nowMs);
  const { kind, cause, atMs, nowMs } = entry;
  const fresh = yield* queryOne(sql`insert into ledger_entries (id, kind, cause, at_ms, posted_at_ms)
    values (${id}, ${kind}, ${cause}, ${atMs}, ${nowMs}) on conflict do nothing returning id`);
  if (!fresh) {
    const standing = yield* queryOne<EntryRow>(
      sql`select * from ledger_entries where kind = ${kind} and cause = ${cause}`,
    );
    return { state: "duplicate", entry: must(standing, "an entry that conflicts stands").id };
  }
  yield* postInto(id, entry);
  return { state: "posted", entry: id };
}

/** The same, one statement shorter, for a cause that the caller has just recorded as new: a second entry is an error. */
export function* postFirstEntry(entry: NewEntry): Steps<Id<"entry">> {
  assertZeroSum(currenciesOf(entry));
  const id = entry.id ?? newId("entry", entry.nowMs);
  yield* query(sql`insert into ledger_entries (id, kind, cause, at_ms, posted_at_ms)
    values (${id}, ${entry.kind}, ${entry.cause}, ${entry.atMs}, ${entry.nowMs})`);
  yield* postInto(id, entry);
  return id;
}

function* postInto(id: Id<"entry">, entry: NewEntry): Steps<void> {
  yield* query(insertPostings(id, entry));
  yield* query(entry.giveBack ? addToBalancesAndGiveBack(id, entry.giveBack) : addToBalances(id));
}

export const currenciesOf = (entry: NewEntry): { currency: Currency; amountNanos: Nanos }[] =>
  entry.postings.map(({ account, amountNanos }) => ({ currency: account.currency, amountNanos }));

/** At least two postings, none zero, summing to zero in every currency. */
export function assertZeroSum(postings: readonly { readonly currency: Currency; readonly amountNanos: Nanos }[]): void {
  invariant(postings.length >= 2, "an entry has at least two postings");
  const sums = new Map<Currency, Nanos>();
  for (const { currency, amountNanos } of postings) {
    invariant(amountNanos !== 0n, "a posting is not zero");
    sums.set(currency, (sums.get(currency) ?? 0n) + amountNanos);
  }
  for (const [currency, sum] of sums) invariant(sum === 0n, `an entry sums to zero in ${currency}, not ${sum}`);
}

/**
 * `insert … select` from the pairs (account, amount) and, joined to each, what the entry says once: binding a value costs
 * more than writing it, and this runs for every paid request. Few shapes, so the engines' statement caches keep them.
 */
function insertPostings(id: Id<"entry">, entry: NewEntry): Statement {
  if (entry.postings.some(({ dimensions }) => dimensions)) return insertPostingsEach(id, entry);
  const { product = null, model = null, release = null, customer = null, partner = null } = entry.dimensions ?? {};
  const parts = [
    `insert into ledger_postings
    (entry, position, account, amount_nanos, at_ms, product, model, release, customer, partner)
    select e.entry, p.column1, p.column2, p.column3, e.at_ms, e.product, e.model, e.release, e.customer, e.partner
    from (values (0, cast(`,
  ];
  const params: Value[] = [];
  for (const [position, { account, amountNanos }] of entry.postings.entries()) {
    if (position > 0) parts.push(` as bigint)), (${position}, cast(`);
    parts.push(" as text), cast(");
    params.push(accountId(account), amountNanos);
  }
  parts.push(
    " as bigint))) as p, (select cast(",
    " as text) as entry, cast(",
    " as bigint) as at_ms, cast(",
    " as text) as product, cast(",
    " as text) as model, cast(",
    " as text) as release, cast(",
    " as text) as customer, cast(",
    " as text) as partner) as e",
  );
  params.push(id, entry.atMs, product, model, release, customer, partner);
  return { parts, params };
}

/** Where dimensions differ from posting to posting. */
function insertPostingsEach(id: Id<"entry">, entry: NewEntry): Statement {
  const head = `insert into ledger_postings
    (entry, position, account, amount_nanos, at_ms, product, model, release, customer, partner) values (`;
  const params = entry.postings.flatMap(({ account, amountNanos, dimensions }, position): Value[] => {
    const about = { ...entry.dimensions, ...dimensions };
    const { product = null, model = null, release = null, customer = null, partner = null } = about;
    return [id, position, accountId(account), amountNanos, entry.atMs, product, model, release, customer, partner];
  });
  const columns = params.length / entry.postings.length;
  const between = params.slice(1).map((_, i) => ((i + 1) % columns === 0 ? "), (" : ", "));
  return { parts: [head, ...between, ")"], params };
}

/** The projection, from the postings themselves. */
const addToBalances = (id: Id<"entry">): Statement => sql`update ledger_accounts
  set balance_nanos = balance_nanos + moved.by_nanos
  from (select account, sum(amount_nanos) as by_nanos from ledger_postings where entry = ${id} group by account) as moved
  where ledger_accounts.id = moved.account`;

const addToBalancesAndGiveBack = (id: Id<"entry">, hold: EndedHold): Statement => sql`update ledger_accounts
  set balance_nanos = balance_nanos + moved.by_nanos,
    held_nanos = held_nanos - case when id = ${hold.account} then cast(${hold.amountNanos} as bigint) else 0 end
  from (select account, sum(amount_nanos) as by_nanos from ledger_postings where entry = ${id} group by account) as moved
  where ledger_accounts.id = moved.account`;

export interface Posting extends Dimensions {
  readonly account: Id<"account">;
  readonly currency: Currency;
  readonly amountNanos: Nanos;
}

export interface Entry {
  readonly id: Id<"entry">;
  readonly kind: string;
  readonly cause: string;
  readonly atMs: number;
  readonly postedAtMs: number;
  readonly postings: readonly Posting[];
}

export async function getEntry(db: Queries, id: Id<"entry">): Promise<Entry> {
  const tables = db.as<LedgerTables>();
  const row = await tables.selectFrom("ledger_entries").selectAll().where("id", "=", id).executeTakeFirst();
  if (!row) throw notFound("entry", id);
  return (await withPostings(db, [row]))[0] as Entry;
}

/** The entry of one kind and cause, if it was posted. */
export async function findEntry(db: Queries, kind: string, cause: string): Promise<Entry | undefined> {
  const table = db.as<LedgerTables>().selectFrom("ledger_entries").selectAll();
  const row = await table.where("kind", "=", kind).where("cause", "=", cause).executeTakeFirst();
  return row && (await withPostings(db, [row]))[0];
}

async function withPostings(db: Queries, rows: readonly EntryRow[]): Promise<Entry[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const table = db.as<LedgerTables>().selectFrom("ledger_postings").selectAll();
  const postings = await table.where("entry", "in", ids).orderBy("entry").orderBy("position").execute();
  return rows.map((row) => {
    const own = postings.filter((posting) => posting.entry === row.id).map(toPosting);
    assertZeroSum(own);
    return {
      id: row.id,
      kind: row.kind,
      cause: row.cause,
      atMs: row.at_ms,
      postedAtMs: row.posted_at_ms,
      postings: own,
    };
  });
}

function toPosting(row: PostingRow): Posting {
  const { account, product, model, release, customer, partner } = row;
  const currency = account.slice(account.lastIndexOf(".") + 1) as Currency;
  return { account, currency, amountNanos: row.amount_nanos, product, model, release, customer, partner };
}

/** What the postings of an entry did to one account. */
export function amountOn(entry: Entry, account: AccountRef): Nanos {
  const id = accountId(account);
  return sumNanos(entry.postings.filter((posting) => posting.account === id).map((posting) => posting.amountNanos));
}
