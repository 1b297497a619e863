import { Refusal, invariant } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { type Currency, type Nanos, formatAmount } from "../kernel/money.ts";
import {
  type Queries,
  type Steps,
  type Value,
  bulkInsert,
  bulkStatement,
  inOrder,
  query,
  queryOne,
  sql,
} from "../store/index.ts";
import type { AccountRow, LedgerTables } from "./tables.ts";

/** What an account is: its id is made of these, so it is never looked up. */
export interface AccountRef {
  readonly kind: string;
  readonly owner: string;
  readonly currency: Currency;
}

export interface Balance {
  readonly balanceNanos: Nanos;
  readonly heldNanos: Nanos;
  /** Null: the account is not limited. */
  readonly creditLimitNanos: Nanos | null;
  /** balance + credit limit − held. */
  readonly availableNanos: Nanos;
}

/** `acc_usage_revenue.cus_01….usd` */
export function accountId({ kind, owner, currency }: AccountRef): Id<"account"> {
  return `acc_${kind}.${owner}.${currency}`;
}

/** Opens an account that may be held against; opening it again changes nothing. */
export function* openLimitedAccount(input: { account: AccountRef; creditLimitNanos: Nanos }): Steps<void> {
  invariant(input.creditLimitNanos >= 0n, "a credit limit is not negative");
  yield* insertAccount(input.account, input.creditLimitNanos);
}

/** Opens accounts without limit; opening them again changes nothing. Every account is opened before it is posted to. */
export function* openAccounts(accounts: readonly AccountRef[]): Steps<void> {
  const rows = accounts.map((account) => rowOf(account, null));
  if (rows.length > 0) yield* query(insertAccounts(inOrder(rows)));
}

function* insertAccount(account: AccountRef, creditLimitNanos: Nanos | null): Steps<void> {
  yield* query(insertAccounts([rowOf(account, creditLimitNanos)]));
}

const insertAccounts = bulkInsert(
  "ledger_accounts",
  {
    id: "text",
    kind: "text",
    owner: "text",
    currency: "text",
    balance_nanos: "bigint",
    held_nanos: "bigint",
    credit_limit_nanos: "bigint",
  },
  "on conflict do nothing",
);

const rowOf = (account: AccountRef, creditLimitNanos: Nanos | null): Value[] => {
  const { kind, owner, currency } = account;
  return [accountId(account), kind, owner, currency, 0, 0, creditLimitNanos];
};

/** Refuses a limit below what is already used or held. */
export function* setCreditLimit(input: { account: AccountRef; creditLimitNanos: Nanos }): Steps<void> {
  const { account, creditLimitNanos } = input;
  invariant(creditLimitNanos >= 0n, "a credit limit is not negative");
  const changed = yield* queryOne(sql`update ledger_accounts set credit_limit_nanos = ${creditLimitNanos}
    where id = ${accountId(account)} and balance_nanos - held_nanos + ${creditLimitNanos} >= 0 returning id`);
  if (changed) return;
  const { balanceNanos, heldNanos } = yield* lockBalance(account);
  throw new Refusal(
    "conflict",
    `A credit limit of ${formatAmount(creditLimitNanos)} is below what is already used: ${formatAmount(heldNanos - balanceNanos)}.`,
  );
}

/** How much of `amountNanos` the account can pay now: all, a part, or nothing. Locks the account until the unit ends. */
export function* drawable(account: AccountRef, amountNanos: Nanos): Steps<Nanos> {
  return drawableOf(yield* lockBalance(account), amountNanos);
}

/** The same for many accounts, each of them named once. */
export function* drawableOfEach(
  asks: readonly { readonly account: AccountRef; readonly amountNanos: Nanos }[],
): Steps<Nanos[]> {
  if (asks.length === 0) return [];
  const rows = yield* query<AccountRow>(lockEach(inOrder(asks.map(({ account }) => [accountId(account)]))));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return asks.map(({ account, amountNanos }) => drawableOf(toBalance(byId.get(accountId(account))), amountNanos));
}

const lockEach = bulkStatement(
  { id: "text" },
  {
    each: "update ledger_accounts set held_nanos = held_nanos where id = ?1 returning *",
    all: `update ledger_accounts set held_nanos = held_nanos from given where ledger_accounts.id = given.id
      returning ledger_accounts.*`,
  },
);

function drawableOf({ creditLimitNanos, availableNanos }: Balance, amountNanos: Nanos): Nanos {
  invariant(amountNanos >= 0n, "an amount to draw is not negative");
  if (creditLimitNanos === null || availableNanos >= amountNanos) return amountNanos;
  return availableNanos > 0n ? availableNanos : 0n;
}

/** The balance, after making every other writer of this account wait. An account nobody has used is all zero. */
export function* lockBalance(account: AccountRef): Steps<Balance> {
  const row = yield* queryOne<AccountRow>(
    sql`update ledger_accounts set held_nanos = held_nanos where id = ${accountId(account)} returning *`,
  );
  return toBalance(row);
}

export async function balanceOf(db: Queries, account: AccountRef): Promise<Balance> {
  const table = db.as<LedgerTables>().selectFrom("ledger_accounts").selectAll();
  return toBalance(await table.where("id", "=", accountId(account)).executeTakeFirst());
}

function toBalance(row: AccountRow | undefined): Balance {
  const balanceNanos = row?.balance_nanos ?? 0n;
  const heldNanos = row?.held_nanos ?? 0n;
  const creditLimitNanos = row?.credit_limit_nanos ?? null;
  return {
    balanceNanos,
    heldNanos,
    creditLimitNanos,
    availableNanos: balanceNanos + (creditLimitNanos ?? 0n) - heldNanos,
  };
}
