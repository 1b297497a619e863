import { type Queries, type Steps, type Store, queryOne, sql } from "../store/index.ts";
import type { FeedbackTables, ReviewGuideRow } from "./tables.ts";

/** How the items of one queue are reviewed. */
export interface ReviewGuide {
  readonly queue: string;
  /** What reviewers read beside each item. */
  readonly instructions: string;
  /** How many must give the same label before an item is settled. */
  readonly reviewers: number;
}

export async function getReviewGuide(db: Queries, queue: string): Promise<ReviewGuide> {
  const row = await db
    .as<FeedbackTables>()
    .selectFrom("review_guides")
    .selectAll()
    .where("queue", "=", queue)
    .executeTakeFirst();
  return { queue, instructions: row?.instructions ?? "", reviewers: row?.reviewers ?? 1 };
}

/** Counts for items that are decided from now on. */
export async function setReviewGuide(
  store: Store,
  guide: ReviewGuide & { readonly nowMs: number },
): Promise<ReviewGuide> {
  const { nowMs, ...kept } = guide;
  await store
    .as<FeedbackTables>()
    .insertInto("review_guides")
    .values({ ...kept, updated_at_ms: nowMs })
    .onConflict((on) =>
      on
        .column("queue")
        .doUpdateSet({ instructions: kept.instructions, reviewers: kept.reviewers, updated_at_ms: nowMs }),
    )
    .execute();
  return kept;
}

export function* reviewersNeeded(queue: string): Steps<number> {
  const row = yield* queryOne<ReviewGuideRow>(sql`select * from review_guides where queue = ${queue}`);
  return row?.reviewers ?? 1;
}
