import { Refusal, invariant, must } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { type Nanos, formatAmount } from "../kernel/money.ts";
import { type Steps, query, queryOne, sql } from "../store/index.ts";
import { type AccountRef, accountId, lockBalance } from "./account.ts";
import type { HoldRow, HoldState } from "./tables.ts";

export interface Hold {
  readonly id: Id<"hold">;
  readonly account: Id<"account">;
  readonly amountNanos: Nanos;
  /** For whom: holds once while the hold is open or taken. */
  readonly owner: string;
  /** What the owner wants to find again when the hold ends; the ledger does not read it. */
  readonly detail: string;
  readonly state: HoldState;
  readonly expiresAtMs: number;
  readonly placedAtMs: number;
}

/** A hold that the caller has just ended. */
export type EndedHold = Pick<Hold, "id" | "account" | "amountNanos" | "detail">;

export interface NewHold {
  readonly account: AccountRef;
  /** May be zero. */
  readonly amountNanos: Nanos;
  readonly owner: string;
  readonly detail: string;
  readonly expiresAtMs: number;
  readonly nowMs: number;
}

export type Placed = { readonly state: "placed" | "duplicate"; readonly hold: Hold };

/**
 * Sets an amount aside, or refuses with `insufficient_credit`. One conditional update decides. When the owner already
 * holds, nothing changes and the standing hold is answered.
 */
export function* placeHold(input: NewHold): Steps<Placed> {
  const { amountNanos, owner, detail, expiresAtMs, nowMs } = input;
  const account = accountId(input.account);
  invariant(amountNanos >= 0n, "a held amount is not negative");
  invariant(expiresAtMs > nowMs, "a hold expires later than it is placed");
  if (amountNanos > 0n) yield* setAside(input.account, amountNanos);
  const id = newId("hold", nowMs);
  const placed = yield* queryOne(sql`insert into ledger_holds
      (id, account, amount_nanos, owner, detail, state, expires_at_ms, placed_at_ms)
    values (${id}, ${account}, ${amountNanos}, ${owner}, ${detail}, 'open', ${expiresAtMs}, ${nowMs})
    on conflict do nothing returning id`);
  if (placed) {
    return {
      state: "placed",
      hold: { id, account, amountNanos, owner, detail, state: "open", expiresAtMs, placedAtMs: nowMs },
    };
  }
  yield* lowerHeld(account, amountNanos);
  return { state: "duplicate", hold: must(yield* findHold(owner), "a hold that conflicts stands") };
}

/** What an owner holds, or held and took. */
export function* findHold(owner: string): Steps<Hold | undefined> {
  const row = yield* queryOne<HoldRow>(
    sql`select * from ledger_holds where owner = ${owner} and state in ('open', 'taken')`,
  );
  return row && fromRow(row);
}

function* setAside(account: AccountRef, amountNanos: Nanos): Steps<void> {
  const done = yield* queryOne(sql`update ledger_accounts set held_nanos = held_nanos + ${amountNanos}
    where id = ${accountId(account)} and balance_nanos + credit_limit_nanos - held_nanos >= ${amountNanos} returning id`);
  if (done) return;
  const { availableNanos } = yield* lockBalance(account);
  const code = account.currency.toUpperCase();
  throw new Refusal(
    "insufficient_credit",
    `This needs ${formatAmount(amountNanos)} ${code}; ${formatAmount(availableNanos)} ${code} is available.`,
    { hint: "Add credit, or wait until requests in flight have ended." },
  );
}

/**
 * Ends a hold because its work is done. Its amount stays set aside until the same unit gives it back: pass what you get
 * to `postEntry` as `giveBack`, or to `giveBackHold`. Undefined when somebody else has ended it.
 */
export function* takeHold(id: Id<"hold">, nowMs: number): Steps<EndedHold | undefined> {
  return yield* end(id, "taken", nowMs);
}

/** Gives a taken hold's amount back to its account. */
export function* giveBackHold(hold: EndedHold): Steps<void> {
  yield* lowerHeld(hold.account, hold.amountNanos);
}

/**
 * Ends a hold because its work was not done, and tells its owner's module of it before the account is touched. Undefined
 * when somebody else has ended it.
 */
export function* releaseHold(
  id: Id<"hold">,
  nowMs: number,
  onReleased?: (hold: EndedHold) => Steps<void>,
): Steps<EndedHold | undefined> {
  const hold = yield* end(id, "released", nowMs);
  if (!hold) return undefined;
  if (onReleased) yield* onReleased(hold);
  yield* giveBackHold(hold);
  return hold;
}

/** Adds to an open hold what is known to be available, because the same unit has just given it back. */
export function* raiseHold(hold: Pick<Hold, "id" | "account">, byNanos: Nanos): Steps<void> {
  invariant(byNanos > 0n, "a hold is raised by a positive amount");
  const raised = yield* queryOne(sql`update ledger_holds set amount_nanos = amount_nanos + ${byNanos}
    where id = ${hold.id} and state = 'open' returning id`);
  invariant(raised, "a hold that is raised is open");
  const covered = yield* queryOne(sql`update ledger_accounts set held_nanos = held_nanos + ${byNanos}
    where id = ${hold.account} and balance_nanos + credit_limit_nanos - held_nanos >= ${byNanos} returning id`);
  invariant(covered, "what a hold is raised by is available");
}

/** Whose holds: their owners begin so, and not so. */
export interface HoldsOf {
  readonly account: AccountRef;
  readonly owners: string;
  readonly except: string;
}

/** Marks open holds as wanted: their owners give back what lies unused. Returns how many there are. */
export function* wantHolds({ account, owners, except, nowMs }: HoldsOf & { readonly nowMs: number }): Steps<number> {
  const rows = yield* query(sql`update ledger_holds set wanted_at_ms = ${nowMs}
    where account = ${accountId(account)} and state = 'open'
      and owner like ${`${owners}%`} and owner not like ${`${except}%`} returning id`);
  return rows.length;
}

/** The answer to that. */
export function* unwantHold(id: Id<"hold">): Steps<void> {
  yield* query(sql`update ledger_holds set wanted_at_ms = null where id = ${id}`);
}

/** Oldest first. */
export function* openHolds(account: AccountRef): Steps<Hold[]> {
  const rows = yield* query<HoldRow>(
    sql`select * from ledger_holds where account = ${accountId(account)} and state = 'open' order by id`,
  );
  return rows.map(fromRow);
}

export interface ExpireInput {
  readonly nowMs: number;
  readonly most: number;
  /** Only this account's. */
  readonly account?: AccountRef;
}

/**
 * Ends holds that are past their expiry and tells their owner's module of each, before its account is touched and when it was
 * given back; returns how many it ended.
 */
export function* expireHolds(
  input: ExpireInput,
  onExpired: (hold: EndedHold) => Steps<void>,
  onGivenBack?: (hold: EndedHold) => Steps<void>,
): Steps<number> {
  const only = input.account ? accountId(input.account) : null;
  const due = yield* query<{ id: Id<"hold"> }>(sql`select id from ledger_holds
    where state = 'open' and expires_at_ms <= ${input.nowMs} and (cast(${only} as text) is null or account = ${only})
    order by expires_at_ms, id limit ${input.most}`);
  let count = 0;
  for (const { id } of due) {
    const hold = yield* end(id, "expired", input.nowMs);
    if (!hold) continue;
    yield* onExpired(hold);
    yield* giveBackHold(hold);
    if (onGivenBack) yield* onGivenBack(hold);
    count++;
  }
  return count;
}

function* end(id: Id<"hold">, state: HoldState, nowMs: number): Steps<EndedHold | undefined> {
  const row = yield* queryOne<Pick<HoldRow, "account" | "amount_nanos" | "detail">>(sql`update ledger_holds
    set state = ${state}, closed_at_ms = ${nowMs} where id = ${id} and state = 'open'
    returning account, amount_nanos, detail`);
  return row && { id, account: row.account, amountNanos: row.amount_nanos, detail: row.detail };
}

function* lowerHeld(account: Id<"account">, byNanos: Nanos): Steps<void> {
  if (byNanos === 0n) return;
  const row = yield* queryOne<{ held_nanos: Nanos }>(
    sql`update ledger_accounts set held_nanos = held_nanos - ${byNanos} where id = ${account} returning held_nanos`,
  );
  invariant(row && row.held_nanos >= 0n, "an account never gives back more than it holds");
}

function fromRow(row: HoldRow): Hold {
  const { id, account, owner, detail, state } = row;
  const times = { expiresAtMs: row.expires_at_ms, placedAtMs: row.placed_at_ms };
  return { id, account, amountNanos: row.amount_nanos, owner, detail, state, ...times };
}
