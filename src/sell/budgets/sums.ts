import { newId } from "../../kernel/ids.ts";
import type { Nanos } from "../../kernel/money.ts";
import { type Steps, query, sql } from "../../store/index.ts";
import type { BudgetRow } from "./tables.ts";

export interface SpentByEndUser {
  /** Empty unless the budget is for end users. */
  readonly end_user: string;
  readonly spent_nanos: Nanos;
}

const nothing = new Uint8Array(10);

/**
 * What usage events say was spent on a budget by requests that were asked within a stretch of time: ids of predictions sort by
 * it.
 */
export function* spentInWindow(budget: BudgetRow, startMs: number, endMs: number): Steps<SpentByEndUser[]> {
  const { customer, scope, subject } = budget;
  const [from, to] = [newId("prediction", startMs, nothing), newId("prediction", endMs, nothing)];
  return yield* query<SpentByEndUser>(sql`select end_user, sum(amount_nanos) as spent_nanos
    from (select case when ${scope} = 'end_user' then end_user else '' end as end_user, amount_nanos from usage_events
      where customer = ${customer} and prediction >= ${from} and prediction < ${to}
        and (${scope} = 'customer' or (${scope} = 'key' and api_key = ${subject})
          or (${scope} = 'product' and product = ${subject})
          or (${scope} = 'end_user' and end_user is not null and (${subject} = '*' or end_user = ${subject})))) asked
    group by end_user order by end_user`);
}
