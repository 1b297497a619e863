import { type Id, isId } from "../kernel/ids.ts";
import { getModel } from "../models/index.ts";
import { getPredictionOfAnyCustomer } from "../serve/index.ts";
import { type Store, query, sql } from "../store/index.ts";
import { enqueueReview } from "./queue.ts";
import { keptText, reviewableInput } from "./record.ts";

export interface SampleOrder {
  readonly endpoint: string;
  readonly count: number;
  /** Predictions made in [sinceMs, nowMs]. */
  readonly sinceMs: number;
  readonly nowMs: number;
}

/**
 * Draws predictions for review whether or not anybody complained, from all whose text was kept by consent: those with the
 * smallest random part of their id (its last 16 characters), a uniform draw that needs no state. One that is in the queue
 * because of a signal counts as drawn too, else the draw would favour right answers. Returns how many were drawn.
 */
export async function sampleForReview(store: Store, { endpoint, count, sinceMs, nowMs }: SampleOrder): Promise<number> {
  const drawn = await store.perform(
    query<{ id: Id<"prediction"> }>(sql`select id from predictions
      where endpoint = ${endpoint} and created_at_ms >= ${sinceMs} and shadow_of is null and input_text is not null
        and not exists (select 1 from review_items where prediction = predictions.id and sampled = 1)
      order by substr(id, length(id) - 15) limit ${count}`),
  );
  let sampled = 0;
  for (const { id } of drawn) {
    const prediction = await getPredictionOfAnyCustomer(store, id);
    const text = await keptText(store, prediction);
    const { model } = prediction;
    if (!text || !isId("model", model)) continue; // the customer withdrew its consent; an upstream's answer trains nothing
    const { labels, task } = await getModel(store, model);
    const input = reviewableInput(task, text);
    if (!input) continue;
    await store.perform(enqueueReview({ prediction, ...input, labels, sampled: true, nowMs }));
    sampled++;
  }
  return sampled;
}
