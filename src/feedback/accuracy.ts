import type { Id } from "../kernel/ids.ts";
import { type Queries, query, sql } from "../store/index.ts";
import { type Proportion, wilson } from "./wilson.ts";

/** How one release answered one customer, as far as it was told. The bias of each figure is in README.md. */
export interface FeedbackAccuracy {
  readonly endpoint: string;
  readonly release: Id<"release">;
  readonly model: Id<"model">;
  readonly customer: Id<"customer">;
  /** Of the predictions with reviewed truth: answered with that label. */
  readonly reviewed: Proportion | null;
  /** The part of `reviewed` that was drawn at random: without the bias of complaints. */
  readonly sampled: Proportion | null;
  /** Of the predictions with a current signal that takes a side and without reviewed truth: not disputed. */
  readonly unreviewed: Proportion | null;
}

export interface AccuracyRange {
  /** Predictions made in [sinceMs, untilMs). */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  readonly endpoint?: string | undefined;
}

interface GroupRow {
  endpoint: string;
  release: Id<"release">;
  model: Id<"model">;
  customer: Id<"customer">;
}
type ReviewedRow = GroupRow & { n: number; right_n: number; sampled_n: number; sampled_right_n: number };
type UnreviewedRow = GroupRow & { n: number; disputed_n: number };

export async function accuracyByFeedback(db: Queries, range: AccuracyRange = {}): Promise<FeedbackAccuracy[]> {
  const { sinceMs = 0, untilMs = Number.MAX_SAFE_INTEGER, endpoint = null } = range;
  const reviewed = await db.perform(
    query<ReviewedRow>(sql`select queue as endpoint, release, model, customer, count(*) as n,
        sum(case when label = answer_label then 1 else 0 end) as right_n, sum(sampled) as sampled_n,
        sum(case when label = answer_label then sampled else 0 end) as sampled_right_n
      from review_items where state = 'settled' and predicted_at_ms >= ${sinceMs} and predicted_at_ms < ${untilMs}
        and prediction is not null and (cast(${endpoint} as text) is null or queue = ${endpoint})
      group by queue, release, model, customer`),
  );
  const unreviewed = await db.perform(
    query<UnreviewedRow>(sql`select endpoint, release, model, customer, count(*) as n, sum(disputed) as disputed_n
      from (select prediction, endpoint, release, model, customer,
          max(case when stance = 'disputed' then 1 else 0 end) as disputed
        from feedback where superseded_at_ms is null and stance <> 'neutral'
          and predicted_at_ms >= ${sinceMs} and predicted_at_ms < ${untilMs}
          and (cast(${endpoint} as text) is null or endpoint = ${endpoint})
          and not exists (select 1 from review_items where prediction = feedback.prediction and state = 'settled')
        group by prediction, endpoint, release, model, customer) as signalled
      group by endpoint, release, model, customer`),
  );
  const groups = new Map<string, FeedbackAccuracy>();
  const group = (row: GroupRow): FeedbackAccuracy => {
    const { endpoint, release, model, customer } = row;
    const none = { reviewed: null, sampled: null, unreviewed: null };
    return groups.get(`${release} ${customer}`) ?? { endpoint, release, model, customer, ...none };
  };
  for (const row of reviewed) {
    groups.set(`${row.release} ${row.customer}`, {
      ...group(row),
      reviewed: wilson(row.right_n, row.n),
      sampled: wilson(row.sampled_right_n, row.sampled_n),
    });
  }
  for (const row of unreviewed) {
    groups.set(`${row.release} ${row.customer}`, { ...group(row), unreviewed: wilson(row.n - row.disputed_n, row.n) });
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, accuracy]) => accuracy);
}
