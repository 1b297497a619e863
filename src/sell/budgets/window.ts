import { Refusal } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { type Steps, query, queryOne, sql } from "../../store/index.ts";
import { type Period, periodAt } from "../calendar.ts";
import type { BudgetRow, BudgetWindowRow } from "./tables.ts";

/** All time: later than any that a clock shows. */
const allTime: Period = { startMs: 0, endMs: 253_402_300_800_000 };

/** The stretch of time whose spending is counted together with that of an instant. */
export function windowAt({ every, time_zone: timeZone }: Pick<BudgetRow, "every" | "time_zone">, atMs: number): Period {
  if (every === "total") return allTime;
  const cycle = { every: 1, unit: every, align: "calendar" } as const;
  const { startMs, endMs } = periodAt({ anchorMs: atMs, timeZone, cycle }, atMs);
  return { startMs, endMs };
}

/** The window of an instant, opened if it is the first time. Whoever calls it has the customer's budgets locked. */
export function* openWindow(budget: BudgetRow, endUser: string, atMs: number): Steps<BudgetWindowRow> {
  const standing = yield* queryOne<BudgetWindowRow>(sql`select * from budget_windows
    where budget = ${budget.id} and end_user = ${endUser} and start_ms <= ${atMs} and end_ms > ${atMs}`);
  if (standing) return standing;
  const { startMs, endMs } = windowAt(budget, atMs);
  const fresh: BudgetWindowRow = {
    budget: budget.id,
    end_user: endUser,
    start_ms: startMs,
    end_ms: endMs,
    spent_nanos: 0n,
    held_nanos: 0n,
    told: 0,
  };
  yield* query(sql`insert into budget_windows (budget, end_user, start_ms, end_ms, spent_nanos, held_nanos, told)
    values (${budget.id}, ${endUser}, ${startMs}, ${endMs}, 0, 0, 0)`);
  return fresh;
}

/** How the customer's budgets are to be counted; what is above the flags is how often they changed. */
export const flags = { any: 1, hardOfKeys: 2, hardOfEndUsers: 4 } as const;
export const revisionStep = 8;

/** After this nobody else counts in the customer's budgets until the unit ends. Before accounts, after counters. */
export function* lockBudgets(customer: Id<"customer">): Steps<number> {
  const row = yield* queryOne<{ budgets: number }>(
    sql`update customers set budgets = budgets where id = ${customer} returning budgets`,
  );
  if (!row) throw new Refusal("not_found", `There is no customer "${customer}".`);
  return row.budgets;
}

/** Who spends. */
export interface Spender {
  readonly customer: Id<"customer">;
  readonly key: Id<"key">;
  readonly product: Id<"product">;
  /** As the customer calls its own user; null when it did not say. */
  readonly endUser: string | null;
}

/** A budget that a spender spends of, and for whom it counts. */
export interface Concerned {
  readonly budget: BudgetRow;
  readonly endUser: string;
  /** The end user has a budget of its own of this kind: this one only counts. */
  readonly stoodIn: boolean;
}

/** The budgets that concern a spender. One for an end user stands in for that of the same kind for each. */
export function* budgetsFor({ customer, key, product, endUser }: Spender): Steps<Concerned[]> {
  const rows = yield* query<BudgetRow>(sql`select * from budgets where customer = ${customer} and ended_at_ms is null
    and ((scope = 'customer') or (scope = 'key' and subject = ${key}) or (scope = 'product' and subject = ${product})
      or (scope = 'end_user' and subject in (${endUser ?? "*"}, '*'))) order by id`);
  const own = new Set(rows.filter(({ scope, subject }) => scope === "end_user" && subject !== "*").map(kindOf));
  return rows.flatMap((budget): Concerned[] => {
    if (budget.scope !== "end_user") return [{ budget, endUser: "", stoodIn: false }];
    if (endUser === null) return [];
    return [{ budget, endUser, stoodIn: budget.subject === "*" && own.has(kindOf(budget)) }];
  });
}

const kindOf = ({ every, set_by }: BudgetRow): string => `${every} ${set_by}`;
