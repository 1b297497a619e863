import { Refusal, must, notFound } from "../../kernel/errors.ts";
import { type Id, newId } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import type { Currency, Nanos } from "../../kernel/money.ts";
import { assertStorable } from "../../kernel/text.ts";
import { type Queries, type Steps, query, queryOne, sql } from "../../store/index.ts";
import { assertTimeZone } from "../calendar.ts";
import { getCustomer } from "../customer.ts";
import { type Page, type PageAsk, limitOf, pageOf } from "../page.ts";
import type { SellTables } from "../tables.ts";
import { assertAmount } from "../words.ts";
import { spentInWindow } from "./sums.ts";
import type { BudgetCycle, BudgetMode, BudgetRow, BudgetScope, BudgetWindowRow } from "./tables.ts";
import { flags, lockBudgets, revisionStep, windowAt } from "./window.ts";

export interface Budget {
  readonly id: Id<"budget">;
  readonly customer: Id<"customer">;
  readonly currency: Currency;
  readonly scope: BudgetScope;
  /** The key, product or end user; `*` for each end user that has none of its own; null of the whole customer. */
  readonly subject: string | null;
  readonly every: BudgetCycle;
  readonly mode: BudgetMode;
  readonly amountNanos: Nanos;
  /** Tells at this part of the amount; null does not. */
  readonly alertPercent: number | null;
  readonly timeZone: string;
  /** Who may change it: the team all, a customer its own. */
  readonly setBy: "operator" | "customer";
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
}

export interface BudgetInput {
  readonly customer: Id<"customer">;
  readonly scope: BudgetScope;
  readonly subject?: string | null;
  readonly every: BudgetCycle;
  readonly mode: BudgetMode;
  readonly amountNanos: Nanos;
  readonly alertPercent?: number | null;
  /** The customer's unless given. */
  readonly timeZone?: string;
  readonly setBy: Budget["setBy"];
  readonly nowMs: number;
}

/**
 * Makes a budget, or changes the one that the same side set for the same subject and cycle. What its window has seen
 * already counts; requests in flight go on.
 */
export async function setBudget(db: Queries, input: BudgetInput): Promise<Budget> {
  const customer = await getCustomer(db, input.customer);
  assertAmount(input.amountNanos, "amount");
  const { alertPercent = null, timeZone = customer.timeZone } = input;
  assertTimeZone(timeZone);
  if (alertPercent !== null && !(Number.isInteger(alertPercent) && alertPercent >= 1 && alertPercent <= 100)) {
    throw new Refusal("invalid_request", "An alert is at 1 to 100 percent.", { param: "alert_percent" });
  }
  const subject = await subjectOf(db, input);
  const row = await db.perform(write({ ...input, alertPercent, timeZone, subject }));
  return toBudget(row, customer.currency);
}

/** The id or end user that a budget is for; the customer's own, or it is not found. */
async function subjectOf(db: Queries, { customer, scope, subject }: BudgetInput): Promise<string> {
  if (scope === "customer") {
    if (subject === undefined || subject === null) return customer;
    throw new Refusal("invalid_request", "A budget of the whole customer has no subject.", { param: "subject" });
  }
  if (subject === undefined || subject === null || subject === "") {
    throw new Refusal("invalid_request", "Say which key, product or end user it is for.", { param: "subject" });
  }
  if (scope === "end_user") {
    assertEndUser(subject);
    return subject;
  }
  const found =
    scope === "key"
      ? await db.perform(queryOne(sql`select id from api_keys where id = ${subject} and customer = ${customer}`))
      : await db.perform(
          queryOne(sql`select product from subscriptions where product = ${subject} and customer = ${customer}`),
        );
  if (!found) throw notFound(scope, subject);
  return subject;
}

/** As a customer names its own user. */
export function assertEndUser(endUser: string, param = "user"): void {
  assertStorable(endUser, param);
  if (endUser !== "" && endUser.length <= limits.endUserCharsMax) return;
  throw new Refusal("invalid_request", `An end user has 1 to ${limits.endUserCharsMax} characters.`, { param });
}

type Written = BudgetInput & {
  readonly subject: string;
  readonly timeZone: string;
  readonly alertPercent: number | null;
};

function* write(input: Written): Steps<BudgetRow> {
  const { customer, scope, subject, every, mode, amountNanos, alertPercent, timeZone, setBy, nowMs } = input;
  yield* lockUsage(customer);
  const changed = yield* queryOne<BudgetRow>(sql`update budgets
    set mode = ${mode}, amount_nanos = ${amountNanos}, alert_percent = ${alertPercent}
    where customer = ${customer} and scope = ${scope} and subject = ${subject} and every = ${every} and set_by = ${setBy}
      and ended_at_ms is null returning *`);
  if (changed) {
    yield* query(sql`update budget_windows set told = 0 where budget = ${changed.id}`);
    yield* flag(customer);
    return changed;
  }
  const [count] = yield* query<{ n: number }>(
    sql`select count(*) as n from budgets where customer = ${customer} and ended_at_ms is null`,
  );
  if ((count?.n ?? 0) >= limits.budgetsMax) {
    throw new Refusal("conflict", `A customer has at most ${limits.budgetsMax} budgets; end one first.`);
  }
  const row = must(
    yield* queryOne<BudgetRow>(sql`insert into budgets
        (id, customer, scope, subject, every, mode, amount_nanos, alert_percent, time_zone, set_by, created_at_ms)
      values (${newId("budget", nowMs)}, ${customer}, ${scope}, ${subject}, ${every}, ${mode}, ${amountNanos},
        ${alertPercent}, ${timeZone}, ${setBy}, ${nowMs}) returning *`),
    "a budget that is written is there",
  );
  yield* flag(customer);
  yield* countBefore(row, nowMs);
  return row;
}

/** Nobody counts usage of the customer until the unit ends, and whoever does after it sees its budgets. */
export function* lockUsage(customer: Id<"customer">): Steps<void> {
  yield* query(sql`update subscriptions set next_ordinal = next_ordinal where customer = ${customer}`);
  yield* query(sql`update usage_periods set state = state where state = 'open'
    and subscription in (select id from subscriptions where customer = ${customer})`);
  yield* lockBudgets(customer);
}

/** Writes down how the customer's budgets are to be counted. */
function* flag(customer: Id<"customer">): Steps<void> {
  const kinds = yield* query<Pick<BudgetRow, "scope" | "mode">>(
    sql`select distinct scope, mode from budgets where customer = ${customer} and ended_at_ms is null`,
  );
  const hard = (scope: BudgetScope): boolean => kinds.some((each) => each.scope === scope && each.mode === "hard");
  const value =
    (kinds.length > 0 ? flags.any : 0) |
    (hard("key") ? flags.hardOfKeys : 0) |
    (hard("end_user") ? flags.hardOfEndUsers : 0);
  yield* query(sql`update customers
    set budgets = budgets - budgets % ${revisionStep} + ${revisionStep} + ${value} where id = ${customer}`);
  yield* query(sql`update usage_periods set budgeted = ${value === 0 ? 0 : 1} where state = 'open'
    and subscription in (select id from subscriptions where customer = ${customer})`);
}

/** What was spent in its window before it was made. */
function* countBefore(budget: BudgetRow, nowMs: number): Steps<void> {
  const { startMs, endMs } = windowAt(budget, nowMs);
  for (const { end_user, spent_nanos } of yield* spentInWindow(budget, startMs, endMs)) {
    yield* query(sql`insert into budget_windows (budget, end_user, start_ms, end_ms, spent_nanos, held_nanos, told)
      values (${budget.id}, ${end_user}, ${startMs}, ${endMs}, ${spent_nanos}, 0, 0)`);
  }
}

interface Which {
  readonly customer: Id<"customer">;
  readonly budget: string;
}

/** It counts and refuses nothing any more. Ending again changes nothing. */
export async function endBudget(
  db: Queries,
  { customer, budget, nowMs }: Which & { readonly nowMs: number },
): Promise<Budget> {
  await getBudget(db, { customer, budget });
  await db.perform(end(customer, budget, nowMs));
  return getBudget(db, { customer, budget });
}

function* end(customer: Id<"customer">, budget: string, nowMs: number): Steps<void> {
  yield* lockUsage(customer);
  yield* query(sql`update budgets set ended_at_ms = ${nowMs}
    where id = ${budget} and customer = ${customer} and ended_at_ms is null`);
  yield* flag(customer);
}

export async function getBudget(db: Queries, { customer, budget }: Which): Promise<Budget> {
  const { currency } = await getCustomer(db, customer);
  const table = db.as<SellTables>().selectFrom("budgets").selectAll().where("customer", "=", customer);
  const row = await table.where("id", "=", budget as Id<"budget">).executeTakeFirst();
  if (!row) throw notFound("budget", budget);
  return toBudget(row, currency);
}

/** Whether a budget is for this key: then it may not change it. */
export async function hasKeyBudget(
  db: Queries,
  { customer, key }: { readonly customer: Id<"customer">; readonly key: Id<"key"> },
): Promise<boolean> {
  const table = db.as<SellTables>().selectFrom("budgets").select("id").where("customer", "=", customer);
  const own = table.where("scope", "=", "key").where("subject", "=", key).where("ended_at_ms", "is", null);
  return (await own.limit(1).execute()).length > 0;
}

/** A customer's live ones, newest first. */
export async function listBudgets(
  db: Queries,
  ask: PageAsk & { readonly customer: Id<"customer"> },
): Promise<Page<Budget>> {
  const limit = limitOf(ask);
  const { currency } = await getCustomer(db, ask.customer);
  let found = db.as<SellTables>().selectFrom("budgets").selectAll();
  found = found.where("customer", "=", ask.customer).where("ended_at_ms", "is", null);
  if (ask.before) found = found.where("id", "<", ask.before as Id<"budget">);
  const rows = await found
    .orderBy("id", "desc")
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, (row) => toBudget(row, currency));
}

/** How far one window of a budget is spent. */
export interface BudgetSpending {
  /** Of a budget for end users. */
  readonly endUser: string | null;
  readonly startMs: number;
  readonly endMs: number;
  readonly spentNanos: Nanos;
  /** By requests in flight and by what processes have ready for the next ones. */
  readonly heldNanos: Nanos;
}

/** The windows of an instant: one, or of each end user who spent anything, those who spent most first. */
export async function budgetSpending(
  db: Queries,
  { budget, atMs, most = limits.listMax }: { readonly budget: Budget; readonly atMs: number; readonly most?: number },
): Promise<BudgetSpending[]> {
  const table = db.as<SellTables>().selectFrom("budget_windows").selectAll().where("budget", "=", budget.id);
  const rows = await table
    .where("start_ms", "<=", atMs)
    .where("end_ms", ">", atMs)
    .orderBy("spent_nanos", "desc")
    .orderBy("end_user")
    .limit(most)
    .execute();
  return rows.map((row) => spendingOf(row, budget.scope));
}

const spendingOf = (row: BudgetWindowRow, scope: BudgetScope): BudgetSpending => ({
  endUser: scope === "end_user" ? row.end_user : null,
  startMs: row.start_ms,
  endMs: row.end_ms,
  spentNanos: row.spent_nanos,
  heldNanos: row.held_nanos,
});

const toBudget = (row: BudgetRow, currency: Currency): Budget => ({
  id: row.id,
  customer: row.customer,
  currency,
  scope: row.scope,
  subject: row.scope === "customer" ? null : row.subject,
  every: row.every,
  mode: row.mode,
  amountNanos: row.amount_nanos,
  alertPercent: row.alert_percent,
  timeZone: row.time_zone,
  setBy: row.set_by,
  createdAtMs: row.created_at_ms,
  endedAtMs: row.ended_at_ms,
});
