import { type Id, timeOfId } from "../../kernel/ids.ts";
import type { Currency, Nanos } from "../../kernel/money.ts";
import { type Steps, query, queryOne, sql } from "../../store/index.ts";
import { emit } from "../event.ts";
import type { BudgetRow, BudgetWindowRow } from "./tables.ts";
import { type Concerned, type Spender, budgetsFor, openWindow, windowAt } from "./window.ts";

/** One settlement, as budgets count it. */
export interface Spent {
  readonly spender: Spender;
  readonly currency: Currency;
  readonly prediction: Id<"prediction">;
  readonly amountNanos: Nanos;
  readonly nowMs: number;
}

const told = { alert: 1, reached: 2 } as const;

/** What settlements spent in one window, summed. */
interface Spending extends Concerned {
  readonly window: BudgetWindowRow;
  readonly of: Spent;
  nanos: Nanos;
}

/**
 * Counts settlements in the window of the time they were asked at, which their ids tell, and tells when one is nearly or wholly
 * spent. Whoever calls it has the customers' budgets locked.
 */
export function* spendOnBudgets(all: readonly Spent[]): Steps<void> {
  const concerned = new Map<string, readonly Concerned[]>();
  const open = new Map<string, Spending[]>(); // by budget and end user: hardly ever more than one window
  for (const spent of all) {
    const { customer, key, product, endUser } = spent.spender;
    const name = `${customer} ${key} ${product} ${endUser === null ? "" : `of ${endUser}`}`;
    const budgets = concerned.get(name) ?? (yield* budgetsFor(spent.spender));
    concerned.set(name, budgets);
    const askedMs = timeOfId(spent.prediction);
    for (const each of budgets) {
      if (isBefore(each.budget, askedMs)) continue;
      const windows = open.get(`${each.budget.id} ${each.endUser}`) ?? [];
      open.set(`${each.budget.id} ${each.endUser}`, windows);
      const known = windows.find(({ window }) => window.start_ms <= askedMs && askedMs < window.end_ms);
      if (known) known.nanos += spent.amountNanos;
      else {
        const window = yield* openWindow(each.budget, each.endUser, askedMs);
        windows.push({ ...each, window, of: spent, nanos: spent.amountNanos });
      }
    }
  }
  for (const windows of open.values()) for (const spending of windows) yield* spend(spending);
}

/** A window that was over when the budget was made is none of its windows. */
const isBefore = (budget: BudgetRow, askedMs: number): boolean =>
  askedMs < budget.created_at_ms && windowAt(budget, askedMs).endMs <= budget.created_at_ms;

function* spend({ budget, window, of, nanos: byNanos, stoodIn }: Spending): Steps<void> {
  if (byNanos === 0n) return;
  const row = yield* queryOne<Pick<BudgetWindowRow, "spent_nanos" | "told">>(sql`update budget_windows
    set spent_nanos = spent_nanos + ${byNanos}
    where budget = ${budget.id} and end_user = ${window.end_user} and start_ms = ${window.start_ms}
    returning spent_nanos, told`);
  if (row && !stoodIn) yield* tell(budget, window, of, row);
}

function* tell(
  budget: BudgetRow,
  window: BudgetWindowRow,
  { currency, nowMs }: Spent,
  { spent_nanos: spentNanos, told: before }: Pick<BudgetWindowRow, "spent_nanos" | "told">,
): Steps<void> {
  const { amount_nanos: amountNanos, alert_percent: percent } = budget;
  const isNear = percent !== null && spentNanos * 100n >= amountNanos * BigInt(percent);
  const now = before | (isNear ? told.alert : 0) | (spentNanos >= amountNanos ? told.reached : 0);
  if (now === before) return;
  yield* query(sql`update budget_windows set told = ${now}
    where budget = ${budget.id} and end_user = ${window.end_user} and start_ms = ${window.start_ms}`);
  const data = {
    budget: budget.id,
    scope: budget.scope,
    subject: budget.scope === "end_user" ? window.end_user : budget.subject,
    every: budget.every,
    mode: budget.mode,
    amount_nanos: amountNanos,
    spent_nanos: spentNanos,
    currency,
    start_ms: window.start_ms,
  };
  const about = { customer: budget.customer, data, atMs: nowMs, nowMs };
  if ((now & told.alert) > (before & told.alert)) yield* emit({ kind: "budget.threshold", ...about });
  if ((now & told.reached) > (before & told.reached)) yield* emit({ kind: "budget.reached", ...about });
}
