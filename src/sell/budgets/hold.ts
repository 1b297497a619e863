import { Refusal, must } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { type Currency, type Nanos, formatAmount } from "../../kernel/money.ts";
import { type Steps, type Value, bulkStatement, inOrder, query, queryOne, sql } from "../../store/index.ts";
import type { BudgetCycle, BudgetRow, BudgetScope, BudgetWindowRow } from "./tables.ts";
import { type Spender, budgetsFor, flags, lockBudgets, openWindow, revisionStep } from "./window.ts";

/** A window on which a hold's amount is held as well. It stands in the hold's reservation. */
export interface BudgetHold {
  readonly budget: Id<"budget">;
  readonly endUser: string;
  readonly startMs: number;
}

interface HoldInput {
  readonly spender: Spender;
  readonly currency: Currency;
  /** What it costs when all others that are held are counted before it. */
  readonly lastNanos: Nanos;
  /** The most that it can cost, whatever is counted before it. */
  readonly dearestNanos: Nanos;
  readonly nowMs: number;
  readonly expiresAtMs: number;
}

/** What a request holds on budgets: on each of them the same. */
export interface BudgetsHeld {
  readonly holds: BudgetHold[];
  nanos: Nanos;
}

/**
 * Sets an amount aside on each hard budget that concerns the spender, each by one conditional update. Refusal
 * `quota_exceeded` of the first that has no room; `held` then says what was set aside before it.
 *
 * A budget in whose window all of the subscription's usage counts sees the same sum in whatever order requests are settled. One
 * that sees a part of it (a key's, an end user's, or a window that ends while this is in flight) could be left with what is
 * dearer, at the end of free units say: there the dearest is set aside.
 */
export function* holdOnBudgets(input: HoldInput, held: BudgetsHeld): Steps<void> {
  const { spender, nowMs, expiresAtMs } = input;
  yield* lockBudgets(spender.customer);
  const concerned: { readonly budget: BudgetRow; readonly window: BudgetWindowRow }[] = [];
  for (const { budget, endUser, stoodIn } of yield* budgetsFor(spender)) {
    if (budget.mode === "soft" || stoodIn) continue;
    concerned.push({ budget, window: yield* openWindow(budget, endUser, nowMs) });
  }
  const seesAll = concerned.every(({ budget: { scope }, window }) => seeAll.has(scope) && window.end_ms > expiresAtMs);
  held.nanos = seesAll ? input.lastNanos : input.dearestNanos;
  for (const { budget, window } of concerned) {
    if (!(yield* setAside(budget, window, held.nanos))) throw reached(input, budget, window);
    held.holds.push({ budget: budget.id, endUser: window.end_user, startMs: window.start_ms });
  }
}

/** Budgets of these see all that is used of a subscription. */
const seeAll: ReadonlySet<BudgetScope> = new Set(["customer", "product"]);

/** What costs nothing has room in any budget. */
function* setAside({ id, amount_nanos }: BudgetRow, window: BudgetWindowRow, byNanos: Nanos): Steps<boolean> {
  if (byNanos === 0n) return true;
  const done = yield* queryOne(sql`update budget_windows set held_nanos = held_nanos + ${byNanos}
    where budget = ${id} and end_user = ${window.end_user} and start_ms = ${window.start_ms}
      and spent_nanos + held_nanos + ${byNanos} <= ${amount_nanos} returning budget`);
  return done !== undefined;
}

const whose: { readonly [S in BudgetScope]: string } = {
  customer: "Your",
  key: "This key's",
  product: "This product's",
  end_user: "This end user's",
};

const cycleWords: { readonly [C in BudgetCycle]: string } = { month: " a month", day: " a day", total: "" };

function reached({ currency, nowMs }: HoldInput, budget: BudgetRow, window: BudgetWindowRow): Refusal {
  const { scope, every, amount_nanos: amountNanos } = budget;
  const amount = `${formatAmount(amountNanos)} ${currency.toUpperCase()}${cycleWords[every]}`;
  const message = `${whose[scope]} budget of ${amount} has no room for this.`;
  if (every === "total") return new Refusal("quota_exceeded", message, { hint: "Ask for a larger budget." });
  return new Refusal("quota_exceeded", message, {
    hint: `The next ${every} starts at ${new Date(window.end_ms).toISOString()}.`,
    retryAfterSeconds: Math.max(1, Math.ceil((window.end_ms - nowMs) / 1_000)),
  });
}

/** For a lease: whom it may be for, and how much of each hard budget is left. */
export interface BudgetRoom {
  readonly holds: readonly BudgetHold[];
  /** The least that is left of one; null without any. */
  readonly leftNanos: Nanos | null;
  /** The first of their windows ends here: it admits nothing from then on. */
  readonly endMs: number;
}

/** What is counted apart from the rest of the subscription: a lease is for one key, or for one end user, alone. */
export interface Apart {
  readonly key: boolean;
  readonly endUser: boolean;
  /** Another one when budgets have changed: what a lease was taken under before is not taken from any more. */
  readonly revision: number;
}

export const apartOf = (budgets: number): Apart => ({
  revision: Math.floor(budgets / revisionStep),
  key: (budgets & flags.hardOfKeys) !== 0,
  endUser: (budgets & flags.hardOfEndUsers) !== 0,
});

/** Locks the budgets. Undefined when some must be counted apart and the lease is not. */
export function* budgetRoom(spender: Spender, apart: Apart, nowMs: number): Steps<BudgetRoom | undefined> {
  const needed = apartOf(yield* lockBudgets(spender.customer));
  if ((needed.key && !apart.key) || (needed.endUser && !apart.endUser)) return undefined;
  const holds: BudgetHold[] = [];
  let [leftNanos, endMs]: [Nanos | null, number] = [null, Number.MAX_SAFE_INTEGER];
  for (const { budget, endUser, stoodIn } of yield* budgetsFor(spender)) {
    if (budget.mode === "soft" || stoodIn) continue;
    const { start_ms: startMs, end_ms, spent_nanos, held_nanos } = yield* openWindow(budget, endUser, nowMs);
    const freeNanos = budget.amount_nanos - spent_nanos - held_nanos;
    if (leftNanos === null || freeNanos < leftNanos) leftNanos = freeNanos;
    endMs = Math.min(endMs, end_ms);
    holds.push({ budget: budget.id, endUser, startMs });
  }
  return { holds, leftNanos, endMs };
}

/** The same windows, in whatever order. */
export const sameHolds = (a: readonly BudgetHold[], b: readonly BudgetHold[]): boolean =>
  a.length === b.length && nameOfHolds(a) === nameOfHolds(b);

const nameOfHolds = (holds: readonly BudgetHold[]): string => holds.map(nameOfHold).sort().join(" ");
const nameOfHold = ({ budget, endUser, startMs }: BudgetHold): string => `${budget} ${startMs} ${endUser}`;

/** How the held amounts of windows change, summed. */
export class HeldChanges {
  readonly #changes = new Map<string, { readonly hold: BudgetHold; byNanos: Nanos }>();

  add(holds: readonly BudgetHold[] | undefined, byNanos: Nanos): void {
    for (const hold of byNanos === 0n ? [] : (holds ?? [])) {
      const known = this.#changes.get(nameOfHold(hold));
      if (known) known.byNanos += byNanos;
      else this.#changes.set(nameOfHold(hold), { hold, byNanos });
    }
  }

  rows(): Value[][] {
    return [...this.#changes.values()]
      .filter(({ byNanos }) => byNanos !== 0n)
      .map(({ hold, byNanos }) => [hold.budget, hold.endUser, hold.startMs, byNanos]);
  }
}

const changeHeld = bulkStatement(
  { budget: "text", end_user: "text", start_ms: "bigint", by_nanos: "bigint" },
  {
    each: `update budget_windows set held_nanos = held_nanos + ?4
      where budget = ?1 and end_user = ?2 and start_ms = ?3`,
    all: `update budget_windows set held_nanos = held_nanos + given.by_nanos from given
      where budget_windows.budget = given.budget and budget_windows.end_user = given.end_user
        and budget_windows.start_ms = given.start_ms`,
  },
);

/** Whoever calls it has the customers' budgets locked. */
export function* changeBudgetsHeld(changes: HeldChanges): Steps<void> {
  const rows = changes.rows();
  if (rows.length > 0) yield* query(changeHeld(inOrder(rows)));
}

/** Gives an ended hold's amount back to the budgets it was held on. Before its account is touched. */
export function* giveBackToBudgets(holds: readonly BudgetHold[] | undefined, amountNanos: Nanos): Steps<void> {
  const [first] = holds ?? [];
  if (!first) return;
  const owner = yield* queryOne<{ customer: Id<"customer"> }>(
    sql`select customer from budgets where id = ${first.budget}`,
  );
  yield* lockBudgets(must(owner, "a budget that is held on exists").customer);
  const changes = new HeldChanges();
  changes.add(holds, -amountNanos);
  yield* changeBudgetsHeld(changes);
}
