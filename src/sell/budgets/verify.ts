import { type Nanos, formatAmount } from "../../kernel/money.ts";
import { type Check, check } from "../../ledger/index.ts";
import { type Queries, sql } from "../../store/index.ts";
import { type Reservation, heldOnBudgets, reservationOf } from "../reservation.ts";
import { rows } from "../sums.ts";
import { spentInWindow } from "./sums.ts";
import type { BudgetRow, BudgetWindowRow } from "./tables.ts";
import { windowAt } from "./window.ts";

/** A live budget has spent what the usage events of its windows were charged, which is what was posted. */
export async function budgetsCountUsage(db: Queries): Promise<Check> {
  const budgets = await rows<BudgetRow>(db, sql`select * from budgets where ended_at_ms is null order by id`);
  const problems: string[] = [];
  for (const budget of budgets) {
    const windows = await rows<BudgetWindowRow>(db, sql`select * from budget_windows where budget = ${budget.id}`);
    const counted = new Map<string, Nanos>();
    const starts = new Map<number, number>();
    for (const { end_user, start_ms, end_ms, spent_nanos } of windows) {
      counted.set(`${start_ms} ${end_user}`, spent_nanos);
      starts.set(start_ms, end_ms);
    }
    for (const [startMs, endMs] of starts) {
      for (const { end_user, spent_nanos } of await db.perform(spentInWindow(budget, startMs, endMs))) {
        const countedNanos = counted.get(`${startMs} ${end_user}`) ?? 0n;
        counted.delete(`${startMs} ${end_user}`);
        if (countedNanos !== spent_nanos) problems.push(told(budget, countedNanos, spent_nanos));
      }
    }
    for (const countedNanos of counted.values()) if (countedNanos !== 0n) problems.push(told(budget, countedNanos, 0n));
    problems.push(...(await uncounted(db, budget, starts)));
  }
  return check("budgets have spent what their usage was charged", budgets.length, problems);
}

/** Usage of a budget in a time of which it has no window. */
async function uncounted(db: Queries, budget: BudgetRow, starts: ReadonlyMap<number, number>): Promise<string[]> {
  const from = windowAt(budget, budget.created_at_ms).startMs;
  const all = await db.perform(spentInWindow(budget, from, 2 ** 48));
  const allNanos = all.reduce((sum, { spent_nanos }) => sum + spent_nanos, 0n);
  let seenNanos = 0n;
  for (const [startMs, endMs] of starts) {
    const inWindow = await db.perform(spentInWindow(budget, startMs, Math.min(endMs, 2 ** 48)));
    seenNanos += inWindow.reduce((sum, { spent_nanos }) => sum + spent_nanos, 0n);
  }
  return allNanos === seenNanos ? [] : [told(budget, seenNanos, allNanos)];
}

const told = ({ id }: BudgetRow, countedNanos: Nanos, spentNanos: Nanos): string =>
  `budget ${id}: counts ${formatAmount(countedNanos)}, usage events ${formatAmount(spentNanos)}`;

/** What is held on budgets is what the open holds that name them hold there. */
export async function budgetsHoldHolds(db: Queries): Promise<Check> {
  const holds = await rows<{ detail: string; amount_nanos: Nanos }>(
    db,
    sql`select detail, amount_nanos from ledger_holds where state = 'open'`,
  );
  const windows = await rows<BudgetWindowRow>(db, sql`select * from budget_windows where held_nanos <> 0`);
  const held = new Map<string, Nanos>();
  for (const hold of holds) {
    const { budgets = [] }: Reservation = reservationOf(hold);
    for (const { budget, startMs, endUser } of budgets) {
      const name = `${budget} ${startMs} ${endUser}`;
      held.set(name, (held.get(name) ?? 0n) + heldOnBudgets({ detail: hold.detail, amountNanos: hold.amount_nanos }));
    }
  }
  const counted = new Map(windows.map((row) => [`${row.budget} ${row.start_ms} ${row.end_user}`, row.held_nanos]));
  const names = new Set([...held.keys(), ...counted.keys()]);
  const problems = [...names].flatMap((name) => {
    const [counter, open] = [counted.get(name) ?? 0n, held.get(name) ?? 0n];
    const budget = name.slice(0, name.indexOf(" "));
    return counter === open ? [] : [`${budget}: ${formatAmount(counter)} held, open holds have ${formatAmount(open)}`];
  });
  return check("what budgets hold is in open holds", names.size, problems);
}
