import type { Id } from "../kernel/ids.ts";
import type { Nanos } from "../kernel/money.ts";
import { type Steps, type Value, bulkInsert, bulkStatement, inOrder, query } from "../store/index.ts";
import { accountId } from "./account.ts";
import { type NewEntry, assertZeroSum, currenciesOf } from "./entry.ts";
import type { EndedHold } from "./hold.ts";
import type { HoldRow } from "./tables.ts";

/** The same as for one entry and one hold, for many at once: what a batch of settlements is made of. */

const insertEntries = bulkInsert("ledger_entries", {
  id: "text",
  kind: "text",
  cause: "text",
  at_ms: "bigint",
  posted_at_ms: "bigint",
});

const insertPostings = bulkInsert("ledger_postings", {
  entry: "text",
  position: "bigint",
  account: "text",
  amount_nanos: "bigint",
  at_ms: "bigint",
  product: "text",
  model: "text",
  release: "text",
  customer: "text",
  partner: "text",
});

const moveAccounts = bulkStatement(
  { id: "text", by_nanos: "bigint", held_nanos: "bigint" },
  {
    each: `update ledger_accounts set balance_nanos = balance_nanos + ?2, held_nanos = held_nanos + ?3
      where id = ?1`,
    all: `update ledger_accounts set balance_nanos = balance_nanos + given.by_nanos,
      held_nanos = ledger_accounts.held_nanos + given.held_nanos
      from given where ledger_accounts.id = given.id`,
  },
);

/** An entry whose cause the caller has just recorded as new, with the id it is named by. */
export type FirstEntry = NewEntry & { readonly id: Id<"entry"> };

/** Posts entries and changes what is held on accounts, together. An entry whose cause was posted before is an error. */
export function* postFirstEntries(
  entries: readonly FirstEntry[],
  heldBy: ReadonlyMap<Id<"account">, Nanos>,
): Steps<void> {
  const moved = new Map<Id<"account">, { byNanos: Nanos; heldNanos: Nanos }>();
  const move = (account: Id<"account">, byNanos: Nanos, heldNanos: Nanos): void => {
    const known = moved.get(account) ?? { byNanos: 0n, heldNanos: 0n };
    moved.set(account, { byNanos: known.byNanos + byNanos, heldNanos: known.heldNanos + heldNanos });
  };
  for (const entry of entries) {
    assertZeroSum(currenciesOf(entry));
    for (const { account, amountNanos } of entry.postings) move(accountId(account), amountNanos, 0n);
  }
  for (const [account, nanos] of heldBy) if (nanos !== 0n) move(account, 0n, nanos);
  if (entries.length > 0) {
    yield* query(insertEntries(entries.map(({ id, kind, cause, atMs, nowMs }) => [id, kind, cause, atMs, nowMs])));
    yield* query(insertPostings(entries.flatMap(postingRows)));
  }
  if (moved.size === 0) return;
  const rows = [...moved].map(([id, { byNanos, heldNanos }]): Value[] => [id, byNanos, heldNanos]);
  yield* query(moveAccounts(inOrder(rows))); // postings and holds refer to accounts, so each of them exists
}

function postingRows(entry: FirstEntry): Value[][] {
  return entry.postings.map(({ account, amountNanos, dimensions }, position) => {
    const about = { ...entry.dimensions, ...dimensions };
    const { product = null, model = null, release = null, customer = null, partner = null } = about;
    return [
      entry.id,
      position,
      accountId(account),
      amountNanos,
      entry.atMs,
      product,
      model,
      release,
      customer,
      partner,
    ];
  });
}

const takeEach = bulkStatement(
  { id: "text", closed_at_ms: "bigint" },
  {
    each: `update ledger_holds set state = 'taken', closed_at_ms = ?2 where id = ?1 and state = 'open'
      returning id, account, amount_nanos, detail`,
    all: `update ledger_holds set state = 'taken', closed_at_ms = given.closed_at_ms
      from given where ledger_holds.id = given.id and state = 'open'
      returning ledger_holds.id, account, amount_nanos, detail`,
  },
);

const lockEach = bulkStatement(
  { id: "text" },
  {
    // SQLite's writer is alone: to read is to have
    each: "select id, account, amount_nanos, detail from ledger_holds where id = ?1 and state = 'open'",
    all: `select ledger_holds.id, account, amount_nanos, detail from ledger_holds join given on ledger_holds.id = given.id
      where state = 'open' order by ledger_holds.id for update of ledger_holds`,
  },
);

type Locked = Pick<HoldRow, "id" | "account" | "amount_nanos" | "detail">;

/** Ends holds because their work is done; those that somebody else has ended are not in the answer. */
export function* takeHolds(ids: readonly Id<"hold">[], nowMs: number): Steps<Map<Id<"hold">, EndedHold>> {
  if (ids.length === 0) return new Map();
  return byIdOf(yield* query<Locked>(takeEach([...ids].sort().map((id) => [id, nowMs]))));
}

/** Open holds, which nobody else changes until the unit ends; those that have ended are not in the answer. */
export function* lockHolds(ids: readonly Id<"hold">[]): Steps<Map<Id<"hold">, EndedHold>> {
  if (ids.length === 0) return new Map();
  return byIdOf(yield* query<Locked>(lockEach([...ids].sort().map((id) => [id]))));
}

function byIdOf(rows: readonly Locked[]): Map<Id<"hold">, EndedHold> {
  return new Map(
    rows.map(({ id, account, amount_nanos: amountNanos, detail }) => [id, { id, account, amountNanos, detail }]),
  );
}

export interface HoldChange {
  readonly id: Id<"hold">;
  readonly amountNanos: Nanos;
  readonly detail: string;
}

const changeEach = bulkStatement(
  { id: "text", amount_nanos: "bigint", detail: "text" },
  {
    each: "update ledger_holds set amount_nanos = ?2, detail = ?3 where id = ?1 and state = 'open'",
    all: `update ledger_holds set amount_nanos = given.amount_nanos, detail = given.detail
      from given where ledger_holds.id = given.id and state = 'open'`,
  },
);

/** What locked holds are from now on; the account's held amount is the caller's business. */
export function* changeHolds(changes: readonly HoldChange[]): Steps<void> {
  if (changes.length === 0) return;
  yield* query(changeEach(changes.map(({ id, amountNanos, detail }): Value[] => [id, amountNanos, detail])));
}
