import { Refusal, must } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import { type Steps, type Store, query, queryOne, sql } from "../store/index.ts";
import { type ReviewItem, readItem } from "./review-item.ts";
import { type ItemDecision, assertFree, endItem, lockItem, markDisagreement, settledLabel, votesOf } from "./review.ts";
import type { ReviewItemRow } from "./tables.ts";

/**
 * Takes back a reviewer's last word on an item, which is then claimed by the reviewer again. Refusal `conflict` when there
 * is none, when somebody spoke after it, or when the item is part of a dataset version already.
 */
export async function undoReview(store: Store, { item: id, reviewer, nowMs }: ItemDecision): Promise<ReviewItem> {
  const undo = function* (): Steps<ReviewItemRow> {
    const item = yield* lockItem(id);
    const votes = yield* votesOf(id);
    const isMine = votes.some((each) => each.reviewer === reviewer);
    const isEnded = item.state === "settled" || item.state === "skipped";
    if (item.gold === 0 || !isMine) {
      if (isEnded ? item.reviewer !== reviewer || item.adjudicated === 1 : !isMine) {
        throw new Refusal(
          "conflict",
          "There is no decision of yours to take back: somebody decided after you, or nobody.",
        );
      }
      assertFree(item, reviewer, nowMs);
      yield* assertUntaken(id);
    }
    yield* query(sql`delete from review_votes where item = ${id} and reviewer = ${reviewer}`);
    if (item.gold === 1 && isMine) return item;
    yield* markDisagreement(
      id,
      votes.filter((each) => each.reviewer !== reviewer),
    );
    const row = yield* queryOne<ReviewItemRow>(sql`update review_items set state = 'claimed', reviewer = ${reviewer},
      claimed_until_ms = ${nowMs + limits.reviewClaimMs}, label = null, reason = null, ended_at_ms = null where id = ${id}
      returning *`);
    return must(row, "a locked item is there");
  };
  return readItem(store, await store.perform(undo()));
}

function* assertUntaken(item: string): Steps<void> {
  const taken = yield* query<{ item: string }>(sql`select item from review_takes where item = ${item} limit 1`);
  if (taken.length === 0) return;
  throw new Refusal("conflict", "This decision is part of a dataset version already.", {
    hint: "Correct the example in its dataset.",
  });
}

/** One person decides over votes that differ. Refusal `conflict` when they do not, or when somebody decided. */
export async function adjudicateReview(
  store: Store,
  { item: id, reviewer, label: wanted, nowMs }: ItemDecision & { readonly label: string },
): Promise<ReviewItem> {
  const label = await settledLabel(store, { item: id, label: wanted });
  const adjudicate = function* (): Steps<ReviewItemRow> {
    const item = yield* lockItem(id);
    if (item.disagreeing === 0) {
      throw new Refusal("conflict", "The votes on this item do not differ, or somebody decided.");
    }
    yield* markDisagreement(id, []);
    yield* query(sql`update review_items set adjudicated = 1 where id = ${id}`);
    return yield* endItem(id, { state: "settled", reviewer, label, reason: null, nowMs });
  };
  return readItem(store, await store.perform(adjudicate()));
}

/** Makes a settled item one that tests reviewers, or an ordinary one again. Refusal `conflict` when it is not settled. */
export async function setGold(
  store: Store,
  { item: id, gold }: { readonly item: string; readonly gold: boolean },
): Promise<ReviewItem> {
  const change = function* (): Steps<ReviewItemRow> {
    const item = yield* lockItem(id);
    if (item.state !== "settled") {
      throw new Refusal("conflict", `This item is ${item.state}; only a settled one can test reviewers.`, {
        hint: "Settle it first.",
      });
    }
    const row = yield* queryOne<ReviewItemRow>(
      sql`update review_items set gold = ${gold ? 1 : 0} where id = ${id} returning *`,
    );
    return must(row, "a locked item is there");
  };
  return readItem(store, await store.perform(change()));
}
