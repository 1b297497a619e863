import type { Kind } from "../data/index.ts";
import { must } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { type Prediction, certaintyOf, labelOf, probabilityOf } from "../serve/index.ts";
import { type Steps, query, sql } from "../store/index.ts";
import { disagreementPriority, reviewPriority } from "./review-item.ts";
import { type Signal, weighSignals } from "./signal.ts";
import type { FeedbackRow, ReviewItemRow } from "./tables.ts";

export interface QueueInput {
  readonly prediction: Prediction;
  readonly kind: Kind;
  readonly text: string;
  readonly consent: "customer" | "feedback";
  readonly labels: readonly string[];
  /** Drawn at random, not because of a signal. */
  readonly sampled: boolean;
  readonly nowMs: number;
}

/**
 * One item per prediction, with the evidence of all its current signals; a settled one keeps what it was settled on. The
 * insert locks the row before the signals are read, so of two signals at once the later sees both.
 */
export function* enqueueReview(input: QueueInput): Steps<void> {
  const { prediction: p, kind, text, consent, labels, sampled, nowMs } = input;
  const id: Id<"review"> = newId("review", nowMs);
  const rows =
    yield* query<ReviewItemRow>(sql`insert into review_items (id, queue, kind, prediction, release, model, customer,
      predicted_at_ms, input_text, consent, answer_label, answer_probability, labels, proposals, stance, sampled, priority,
      state, revision, created_at_ms, disagreeing, adjudicated, gold)
    values (${id}, ${p.endpoint}, ${kind}, ${p.id}, ${p.release}, ${p.model}, ${p.customer},
      ${p.createdAtMs}, ${text}, ${consent}, ${labelOf(p.output)}, ${probabilityOf(p.output)}, ${JSON.stringify(labels)}, '[]',
      'neutral', ${sampled ? 1 : 0}, 0, 'open', 0, ${nowMs}, 0, 0, 0)
    on conflict (prediction) do update set revision = review_items.revision + 1,
      sampled = case when excluded.sampled = 1 then 1 else review_items.sampled end
    returning *`);
  const item = must(rows[0], "an upsert returns its row");
  if (item.state === "settled") return;
  const evidence = weighSignals(yield* currentSignals(p.id), labelOf(p.output));
  const priority = reviewPriority(evidence, certaintyOf(p.output)) + item.disagreeing * disagreementPriority;
  yield* query(sql`update review_items set proposals = ${JSON.stringify(evidence.proposals)}, stance = ${evidence.stance},
    priority = ${priority} where id = ${item.id}`);
}

function* currentSignals(prediction: string): Steps<Signal[]> {
  const rows = yield* query<FeedbackRow>(
    sql`select * from feedback where prediction = ${prediction} and superseded_at_ms is null order by id`,
  );
  return rows.map((row) => JSON.parse(row.value) as Signal);
}
