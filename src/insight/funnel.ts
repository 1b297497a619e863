import { must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { type Queries, queryOne, sql } from "../store/index.ts";

/** How far the customers whom a partner introduced have come; who is counted at a step has taken all before it. */
export interface Funnel {
  readonly introduced: number;
  /** On a plan. */
  readonly subscribed: number;
  /** With a paid answer. */
  readonly calling: number;
  /** Whose money is here: a payment that was neither refunded nor disputed whole. */
  readonly paying: number;
}

/** From recorded facts alone: attributions, subscriptions, usage events and payments. */
export async function funnelOf(db: Queries, partner: Id<"partner">): Promise<Funnel> {
  const row = await db.perform(
    queryOne<Funnel>(sql`select cast(count(*) as bigint) as introduced,
        cast(coalesce(sum(subscribed), 0) as bigint) as subscribed,
        cast(coalesce(sum(subscribed * calling), 0) as bigint) as calling,
        cast(coalesce(sum(subscribed * calling * paying), 0) as bigint) as paying
      from (select
          case when a.customer in (select s.customer from subscriptions s) then 1 else 0 end as subscribed,
          case when exists (select 1 from usage_events u where u.customer = a.customer) then 1 else 0 end as calling,
          case when exists (select 1 from payments p where p.customer = a.customer
            and p.amount_nanos > p.refunded_nanos + p.disputed_nanos) then 1 else 0 end as paying
        from attributions a where a.partner = ${partner}) as steps`),
  );
  return must(row, "one row of counts");
}
