import { dayMs } from "../../kernel/clock.ts";
import { must } from "../../kernel/errors.ts";
import { type Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { type Nanos, mulDivRound } from "../../kernel/money.ts";
import {
  accountId,
  changeHolds,
  drawable,
  lockHolds,
  openAccounts,
  postFirstEntries,
  postFirstEntry,
} from "../../ledger/index.ts";
import { type Steps, type Store, query, queryOne, sql, unit } from "../../store/index.ts";
import { type AccountOwner, accountOf } from "../accounts.ts";
import { lockBudgets } from "../budgets/window.ts";
import { emit } from "../event.ts";
import type { CreditGrantRow } from "../tables-paid.ts";
import { isKept, ownerOf, syncGrants } from "./grant.ts";
import { keptDetail } from "./kept.ts";

/** Ends every grant whose time is over; returns how many. What requests in flight hold waits for the next time. */
export async function expireCredits(store: Store, nowMs: number): Promise<number> {
  const due = await store.perform(
    query<{ id: Id<"creditGrant"> }>(sql`select id from credit_grants
      where remaining_nanos > 0 and expires_at_ms <= ${nowMs} order by expires_at_ms, id limit ${limits.billingTickMax}`),
  );
  let count = 0;
  for (const { id } of due) if (await store.run(expireGrant, { id, nowMs })) count++;
  return count;
}

export const expireGrant = unit(
  import.meta.url,
  "expireGrant",
  function* ({ id, nowMs }: { readonly id: Id<"creditGrant">; readonly nowMs: number }): Steps<boolean> {
    const known = yield* queryOne<CreditGrantRow>(sql`select * from credit_grants where id = ${id}`);
    if (!known) return false;
    const party = yield* ownerOf(known.customer);
    if (isKept(known)) yield* lockBudgets(party.customer);
    const grant = (yield* syncGrants(party, nowMs)).find((row) => row.id === id);
    if (!grant || grant.remaining_nanos === 0n || (grant.expires_at_ms ?? Number.POSITIVE_INFINITY) > nowMs)
      return false;
    if (grant.rollover_days !== null) {
      yield* query(sql`update credit_grants set expires_at_ms = expires_at_ms + ${grant.rollover_days * dayMs},
        rollover_days = null where id = ${id}`);
      return false;
    }
    const takenNanos = yield* isKept(grant)
      ? takeFree(party, grant)
      : drawable(accountOf("customer", party), grant.remaining_nanos);
    if (takenNanos === 0n || (!isKept(grant) && takenNanos < grant.remaining_nanos)) return false;
    yield* takeGrant(party, grant, takenNanos, "credit_expiry", nowMs);
    const data = { grant: id, amount_nanos: takenNanos, currency: party.currency };
    yield* emit({ kind: "credits.expired", customer: party.customer, data, atMs: nowMs, nowMs });
    return true;
  },
);

/** Of a kept grant, what no request holds: it is no longer set aside. */
function* takeFree(party: AccountOwner, { hold }: CreditGrantRow): Steps<Nanos> {
  const id = must(hold, "a kept grant has a hold");
  const { amountNanos } = must((yield* lockHolds([id])).get(id), "the hold of a kept grant stays open");
  yield* changeHolds([{ id, amountNanos: 0n, detail: keptDetail }]);
  yield* postFirstEntries([], new Map([[accountId(accountOf("customer", party)), -amountNanos]]));
  return amountNanos;
}

/** Takes a part of a grant out of the balance: given credit was never revenue, paid credit that is not used becomes some. */
function* takeGrant(
  party: AccountOwner,
  grant: CreditGrantRow,
  nanos: Nanos,
  kind: "credit_expiry" | "claw_back",
  nowMs: number,
): Steps<void> {
  const other = accountOf(grant.kind === "paid" ? "breakage" : "promotion", party);
  yield* openAccounts([other]);
  yield* postFirstEntry({
    kind,
    cause: `${grant.id}/${grant.amount_nanos}`, // which falls each time
    atMs: nowMs,
    nowMs,
    dimensions: { customer: party.customer },
    postings: [
      { account: accountOf("customer", party), amountNanos: -nanos },
      { account: other, amountNanos: nanos },
    ],
  });
  yield* query(sql`update credit_grants set remaining_nanos = remaining_nanos - ${nanos},
    amount_nanos = amount_nanos - ${nanos} where id = ${grant.id}`);
}

/** When a part of a payment goes back, what is unused of the credit given for it goes back in the same proportion. */
export function* clawBack(
  party: AccountOwner,
  of: {
    readonly payment: Id<"payment">;
    readonly backNanos: Nanos;
    readonly paymentNanos: Nanos;
    readonly nowMs: number;
  },
): Steps<void> {
  const given = (yield* syncGrants(party, of.nowMs)).filter(
    ({ payment, kind }) => payment === of.payment && kind === "promotional",
  );
  for (const grant of given) {
    const shareNanos = mulDivRound(grant.amount_nanos, of.backNanos, of.paymentNanos);
    const unusedNanos = shareNanos < grant.remaining_nanos ? shareNanos : grant.remaining_nanos;
    const takenNanos = yield* drawable(accountOf("customer", party), unusedNanos);
    if (takenNanos > 0n) yield* takeGrant(party, grant, takenNanos, "claw_back", of.nowMs);
  }
}
