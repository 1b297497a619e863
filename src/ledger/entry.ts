import { Refusal, invariant, must, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { type Currency, type Nanos, sumNanos } from "../kernel/money.ts";
import { type Queries, type Statement, type Steps, type Value, query, queryOne, sql } from "../store/index.ts";
import { type AccountRef, accountId } from "./account.ts";
import type { Hold } from "./hold.ts";
import type { AccountRow, EntryRow, LedgerTables, PostingRow } from "./tables.ts";

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
  readonly giveBack?: Hold;
}

export type Posted = { readonly state: "posted" | "duplicate"; readonly entry: Id<"entry"> };

/** Posts once per kind and cause; a second time changes nothing. Refuses what would overdraw a limited account. */
export function* postEntry(entry: NewEntry): Steps<Posted> {
  assertZeroSum(entry.postings.map(({ account, amountNanos }) => ({ currency: account.currency, amountNanos })));
  const id = newId("entry", entry.nowMs);
  const { kind, cause, atMs, nowMs } = entry;
  const fresh = yield* queryOne(sql`insert into ledger_entries (id, kind, cause, at_ms, posted_at_ms)
    values (${id}, ${kind}, ${cause}, ${atMs}, ${nowMs}) on conflict do nothing returning id`);
  if (!fresh) {
    const standing = yield* queryOne<EntryRow>(
      sql`select * from ledger_entries where kind = ${kind} and cause = ${cause}`,
    );
    return { state: "duplicate", entry: must(standing, "an entry that conflicts stands").id };
  }
  yield* query(insertPostings(id, entry));
  const accounts = yield* query<AccountRow>(moveBalances(entry));
  for (const account of accounts) assertCovered(account);
  return { state: "posted", entry: id };
}

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

function assertCovered(account: AccountRow): void {
  invariant(account.held_nanos >= 0n, "an account never gives back more than it holds");
  if (account.credit_limit_nanos === null) return;
  if (account.balance_nanos + account.credit_limit_nanos - account.held_nanos < 0n) {
    throw new Refusal("insufficient_credit", "The balance does not cover this amount.");
  }
}

const postingColumns = sql`insert into ledger_postings
  (entry, position, account, amount_nanos, at_ms, product, model, release, customer, partner) values `;

function insertPostings(id: Id<"entry">, entry: NewEntry): Statement {
  const rows = entry.postings.map(({ account, amountNanos, dimensions }, position) => {
    const about = { ...entry.dimensions, ...dimensions };
    const { product = null, model = null, release = null, customer = null, partner = null } = about;
    return [id, position, accountId(account), amountNanos, entry.atMs, product, model, release, customer, partner];
  });
  return withRows(postingColumns, rows, "");
}

const accountColumns = sql`insert into ledger_accounts
  (id, kind, owner, currency, balance_nanos, held_nanos, credit_limit_nanos) values `;
const addToAccount = ` on conflict (id) do update set
  balance_nanos = ledger_accounts.balance_nanos + excluded.balance_nanos,
  held_nanos = ledger_accounts.held_nanos + excluded.held_nanos returning *`;

/** One upsert for all accounts of the entry, in the order of their ids so that two entries never deadlock. */
function moveBalances(entry: NewEntry): Statement {
  const moves = new Map<Id<"account">, { account: AccountRef; byNanos: Nanos }>();
  for (const { account, amountNanos } of entry.postings) {
    const id = accountId(account);
    moves.set(id, { account, byNanos: (moves.get(id)?.byNanos ?? 0n) + amountNanos });
  }
  const held = entry.giveBack;
  invariant(!held || moves.has(held.account), "an entry that gives back a hold posts to its account");
  const rows = [...moves]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, { account, byNanos }]) => {
      const heldNanos = held?.account === id ? -held.amountNanos : 0n;
      return [id, account.kind, account.owner, account.currency, byNanos, heldNanos, null];
    });
  return withRows(accountColumns, rows, addToAccount);
}

/** `insert … values (?, ?), (?, ?) …`: few shapes, so the engines' statement caches keep them. */
function withRows(head: Statement, rows: readonly (readonly Value[])[], tail: string): Statement {
  const parts: string[] = [];
  let text = head.parts.join("");
  for (const [at, row] of rows.entries()) {
    text += at === 0 ? "(" : "), (";
    for (let i = 0; i < row.length; i++) {
      parts.push(text);
      text = i < row.length - 1 ? ", " : "";
    }
  }
  parts.push(`)${tail}`);
  return { parts, params: rows.flat() };
}

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

/** Entries that touch an account, newest first. */
export async function entriesOf(
  db: Queries,
  account: AccountRef,
  page: { readonly limit: number; readonly before?: Id<"entry"> },
): Promise<Entry[]> {
  const touching = db
    .as<LedgerTables>()
    .selectFrom("ledger_postings")
    .select("entry")
    .where("account", "=", accountId(account));
  let found = db.as<LedgerTables>().selectFrom("ledger_entries").selectAll().where("id", "in", touching);
  if (page.before) found = found.where("id", "<", page.before);
  return withPostings(db, await found.orderBy("id", "desc").limit(page.limit).execute());
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
