import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import { type Steps, type Store, query, queryOne, sql } from "../store/index.ts";
import { type ReviewItem, readItem, readItems } from "./review-item.ts";
import { type ItemDecision, type ReviewerAt, getReviewItem, skipReview } from "./review.ts";
import type { ReviewItemRow } from "./tables.ts";

/*
 * Who has which item: a reviewer claims the most urgent ones for a while, and gives back what stays undecided.
 */

/**
 * The most urgent item that this reviewer has not voted on, claimed for `limits.reviewClaimMs`; the one already claimed by
 * the reviewer comes back first. Nothing when the queue is empty.
 */
export async function nextReviewItem(
  store: Store,
  { reviewer, queue, nowMs }: ReviewerAt & { readonly queue?: string | undefined },
): Promise<ReviewItem | undefined> {
  const [item] = await claimReadable(store, { reviewer, queue, nowMs, count: 1 });
  return item;
}

export interface ReviewBatch extends ReviewerAt {
  readonly queue?: string | undefined;
  /** At most `limits.reviewBatchMax`. */
  readonly count: number;
}

/**
 * The same for several items, so that the next ones are at hand before they are needed. One that the reviewer gave back, or
 * claimed and did not decide, comes first. After every `limits.reviewGoldEvery` decisions one is a gold item, which looks
 * like the others.
 */
export async function claimReviews(store: Store, batch: ReviewBatch): Promise<ReviewItem[]> {
  const claimed = await claimReadable(store, batch);
  const gold = await store.perform(dueGold(batch));
  const [golden] = await readItems(store, gold ? [asIfClaimed(gold, batch)] : []);
  return golden && !isForgotten(golden) ? [...claimed.slice(0, batch.count - 1), golden] : claimed;
}

/** Nobody is asked about an example that was forgotten after it was queued: it ends here, and others take its place. */
async function claimReadable(store: Store, batch: ReviewBatch): Promise<ReviewItem[]> {
  for (;;) {
    const items = await readItems(store, await store.perform(claimSome(batch)));
    const forgotten = items.filter(isForgotten);
    if (forgotten.length === 0) return items;
    const { reviewer, nowMs } = batch;
    for (const { id } of forgotten) await skipReview(store, { item: id, reviewer, nowMs, reason: "forgotten" });
  }
}

const isForgotten = ({ origin, input }: ReviewItem): boolean => origin.kind === "example" && input === "";

function* claimSome({ reviewer, queue, nowMs, count }: ReviewBatch): Steps<ReviewItemRow[]> {
  const only = queue ?? null;
  const items = [
    ...(yield* query<ReviewItemRow>(sql`select * from review_items where state = 'claimed' and reviewer = ${reviewer}
    and claimed_until_ms >= ${nowMs} and (cast(${only} as text) is null or queue = ${only})
    order by priority desc, id limit ${count}`)),
  ];
  // Another reviewer may take the candidate between the two statements; the update then finds nothing and the next is tried.
  for (let attempt = 0; items.length < count && attempt < count + 20; attempt++) {
    const candidates = yield* query<{ id: string }>(sql`select id from review_items
      where (state = 'open' or (state = 'claimed' and claimed_until_ms < ${nowMs}))
        and (cast(${only} as text) is null or queue = ${only})
        and not exists (select 1 from review_votes where item = review_items.id and reviewer = ${reviewer})
      order by priority desc, id limit 1`);
    const candidate = candidates[0];
    if (!candidate) return items;
    const claimed = yield* claim(candidate.id, reviewer, nowMs);
    if (claimed) items.push(claimed);
  }
  return items;
}

/** A gold item that this reviewer has not seen, when one is due. */
function* dueGold({ reviewer, queue }: ReviewBatch): Steps<ReviewItemRow | undefined> {
  const only = queue ?? null;
  const last = yield* queryOne<{ at_ms: number | null }>(sql`select max(v.created_at_ms) as at_ms from review_votes v
    join review_items i on i.id = v.item where v.reviewer = ${reviewer} and i.gold = 1`);
  const since = yield* queryOne<{ votes: number }>(sql`select count(*) as votes from review_votes
    where reviewer = ${reviewer} and created_at_ms > ${last?.at_ms ?? -1}`);
  if ((since?.votes ?? 0) < limits.reviewGoldEvery) return undefined;
  return yield* queryOne<ReviewItemRow>(sql`select * from review_items where gold = 1
    and (cast(${only} as text) is null or queue = ${only})
    and not exists (select 1 from review_votes where item = review_items.id and reviewer = ${reviewer})
    order by id limit 1`);
}

/** Nothing tells a reviewer that an item is gold before the decision. */
function asIfClaimed(row: ReviewItemRow, { reviewer, nowMs }: ReviewBatch): ReviewItemRow {
  const claimed_until_ms = nowMs + limits.reviewClaimMs;
  return { ...row, state: "claimed", reviewer, claimed_until_ms, label: null, gold: 0, adjudicated: 0 };
}

/** Gives back what a reviewer has claimed and will not decide. Returns how many. */
export async function releaseReviews(store: Store, { reviewer }: { readonly reviewer: string }): Promise<number> {
  const released = await store.perform(
    query<{ id: string }>(sql`update review_items set state = 'open', reviewer = null, claimed_until_ms = null,
      revision = revision + 1 where state = 'claimed' and reviewer = ${reviewer} returning id`),
  );
  return released.length;
}

const claim = (item: string, reviewer: string, nowMs: number): Steps<ReviewItemRow | undefined> =>
  queryOne<ReviewItemRow>(sql`update review_items
    set state = 'claimed', reviewer = ${reviewer}, claimed_until_ms = ${nowMs + limits.reviewClaimMs}, revision = revision + 1
    where id = ${item} and (state = 'open' or (state = 'claimed' and (reviewer = ${reviewer} or claimed_until_ms < ${nowMs})))
    returning *`);

/** One certain item. Refusal `conflict` while another reviewer has it or when it ended. */
export async function claimReview(store: Store, { item, reviewer, nowMs }: ItemDecision): Promise<ReviewItem> {
  const row = await store.perform(claim(item, reviewer, nowMs));
  if (row) return readItem(store, row);
  const { state } = await getReviewItem(store, item);
  throw new Refusal("conflict", state === "claimed" ? "Another reviewer has this item." : `This item is ${state}.`);
}
