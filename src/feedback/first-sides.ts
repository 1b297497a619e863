import { type Queries, query, sql } from "../store/index.ts";

/** What was first said of an answer that took a side. */
export interface FirstSide {
  readonly release: string;
  readonly isRight: boolean;
  readonly predictedAtMs: number;
  readonly saidAtMs: number;
}

export interface FirstSidesRange {
  readonly endpoint: string;
  /** Answers since then. */
  readonly sinceMs: number;
  readonly limit: number;
}

/**
 * In the order in which they were said; each answer once, by its first signal that takes a side. Whoever changes their mind later
 * changes nothing of what was counted: a sequence that is looked at any time must not rewrite its past.
 */
export async function firstSides(db: Queries, { endpoint, sinceMs, limit }: FirstSidesRange): Promise<FirstSide[]> {
  const rows = await db.perform(
    query<{ release: string; stance: string; predicted_at_ms: number; created_at_ms: number }>(
      sql`select release, stance, predicted_at_ms, created_at_ms from feedback
        where endpoint = ${endpoint} and predicted_at_ms >= ${sinceMs} and stance <> 'neutral'
          and not exists (select 1 from feedback as earlier
            where earlier.prediction = feedback.prediction and earlier.stance <> 'neutral' and earlier.id < feedback.id)
        order by id limit ${limit}`,
    ),
  );
  return rows.map(({ release, stance, predicted_at_ms, created_at_ms }) => ({
    release,
    isRight: stance === "confirmed",
    predictedAtMs: predicted_at_ms,
    saidAtMs: created_at_ms,
  }));
}
