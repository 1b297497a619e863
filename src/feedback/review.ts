import { Refusal, must, notFound } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Queries, type Steps, type Store, query, queryOne, sql } from "../store/index.ts";
import { type ReviewItem, type ReviewState, disagreementPriority, readItem, readItems } from "./review-item.ts";
import { decisionOf } from "./decision.ts";
import { reviewersNeeded } from "./review-guide.ts";
import type { FeedbackTables, ReviewItemRow, ReviewVoteRow } from "./tables.ts";

export interface ReviewerAt {
  readonly reviewer: string;
  readonly nowMs: number;
}

export interface ItemDecision extends ReviewerAt {
  readonly item: string;
}

export interface Settlement extends ItemDecision {
  readonly label: string;
  /** How many reviewers must give the same label; as its queue's guide says when left out, which is 1 at first. */
  readonly agreement?: number;
}

/**
 * One reviewer's vote, which settles the item when enough agree; else it is open for the next reviewer. Again with the
 * same label: no change. With another label on a settled item, or on one that another reviewer has: Refusal `conflict`.
 */
export async function settleReview(store: Store, settlement: Settlement): Promise<ReviewItem> {
  const label = await settledLabel(store, settlement);
  return readItem(store, await store.perform(vote({ ...settlement, label })));
}

/** A decision as it is kept. What an item may be decided as never changes, so this is looked at before the item is locked. */
export async function settledLabel(
  db: Queries,
  { item, label }: { readonly item: string; readonly label: string },
): Promise<string> {
  const { kind, ...about } = await getReviewItem(db, item);
  return decisionOf(kind).settle(label, about);
}

export interface SettlementBatch extends ReviewerAt {
  readonly decisions: readonly { readonly item: string; readonly label: string }[];
  readonly agreement?: number;
}

/** All or none. */
export async function settleReviews(store: Store, { decisions, ...same }: SettlementBatch): Promise<ReviewItem[]> {
  const checked: { item: string; label: string }[] = [];
  for (const decision of decisions) checked.push({ ...decision, label: await settledLabel(store, decision) });
  const rows = await store.perform(
    (function* (): Steps<ReviewItemRow[]> {
      const settled: ReviewItemRow[] = [];
      for (const decision of checked) settled.push(yield* vote({ ...same, ...decision }));
      return settled;
    })(),
  );
  return readItems(store, rows);
}

function* vote({ item: id, reviewer, label, nowMs, agreement: wanted }: Settlement): Steps<ReviewItemRow> {
  const item = yield* lockItem(id);
  if (item.state === "settled") {
    const isTest = item.gold === 1 && (yield* votesOf(id)).every((each) => each.reviewer !== reviewer);
    if (isTest) yield* castVote({ item: id, reviewer, label, nowMs });
    if (isTest || item.label === label) return item;
    throw new Refusal("conflict", `This item was settled as "${item.label}" already.`, { param: "label" });
  }
  assertFree(item, reviewer, nowMs);
  yield* castVote({ item: id, reviewer, label, nowMs });
  const votes = yield* votesOf(id);
  const agreement = wanted ?? (yield* reviewersNeeded(item.queue));
  const sameAs = (each: string): number => votes.filter((other) => other.label === each).length;
  const agreed = [...new Set(votes.map((each) => each.label))].sort().find((each) => sameAs(each) >= agreement);
  if (agreed !== undefined) {
    yield* markDisagreement(id, []);
    return yield* endItem(id, { state: "settled", reviewer, label: agreed, reason: null, nowMs });
  }
  yield* markDisagreement(id, votes);
  if (votes.length < limits.reviewersPerItemMax) return yield* reopen(id);
  return yield* endItem(id, { state: "skipped", reviewer, label: null, reason: "the reviewers do not agree", nowMs });
}

/** Nobody is asked again. */
export async function skipReview(
  store: Store,
  { item: id, reviewer, nowMs, reason = "skipped" }: ItemDecision & { readonly reason?: string },
): Promise<ReviewItem> {
  const skip = function* (): Steps<ReviewItemRow> {
    const item = yield* lockItem(id);
    if (item.state === "skipped") return item;
    if (item.state === "settled") throw new Refusal("conflict", "This item is settled.");
    assertFree(item, reviewer, nowMs);
    return yield* endItem(id, { state: "skipped", reviewer, label: null, reason, nowMs });
  };
  return readItem(store, await store.perform(skip()));
}

function* castVote({ item, reviewer, label, nowMs }: ItemDecision & { readonly label: string }): Steps<void> {
  yield* query(sql`insert into review_votes (item, reviewer, label, created_at_ms) values (${item}, ${reviewer}, ${label}, ${nowMs})
    on conflict (item, reviewer) do update set label = excluded.label, created_at_ms = excluded.created_at_ms`);
}

export const votesOf = (item: string): Steps<ReviewVoteRow[]> =>
  query<ReviewVoteRow>(sql`select * from review_votes where item = ${item} order by created_at_ms, reviewer`);

/** Votes that differ move an item to the front, until they do not. */
export function* markDisagreement(id: string, votes: readonly ReviewVoteRow[]): Steps<void> {
  const differ = new Set(votes.map(({ label }) => label)).size > 1 ? 1 : 0;
  yield* query(sql`update review_items set disagreeing = ${differ},
    priority = priority + (${differ} - disagreeing) * ${disagreementPriority} where id = ${id}`);
}

export function* lockItem(id: string): Steps<ReviewItemRow> {
  const item = yield* queryOne<ReviewItemRow>(
    sql`update review_items set revision = revision + 1 where id = ${id} returning *`,
  );
  if (!item) throw notFound("review", id);
  return item;
}

export function assertFree(item: ReviewItemRow, reviewer: string, nowMs: number): void {
  const isHeld = item.state === "claimed" && (item.claimed_until_ms ?? 0) >= nowMs;
  if (isHeld && item.reviewer !== reviewer) throw new Refusal("conflict", "Another reviewer has this item.");
}

interface Ending {
  readonly state: "settled" | "skipped";
  readonly reviewer: string;
  readonly label: string | null;
  readonly reason: string | null;
  readonly nowMs: number;
}

export function* endItem(id: string, { state, reviewer, label, reason, nowMs }: Ending): Steps<ReviewItemRow> {
  const row = yield* queryOne<ReviewItemRow>(sql`update review_items set state = ${state}, reviewer = ${reviewer},
    label = ${label}, reason = ${reason}, ended_at_ms = ${nowMs}, claimed_until_ms = null where id = ${id} returning *`);
  return must(row, "a locked item is there");
}

function* reopen(id: string): Steps<ReviewItemRow> {
  const row = yield* queryOne<ReviewItemRow>(sql`update review_items
    set state = 'open', reviewer = null, claimed_until_ms = null, reason = null, ended_at_ms = null
    where id = ${id} returning *`);
  return must(row, "a locked item is there");
}

export async function getReviewItem(db: Queries, id: string): Promise<ReviewItem> {
  const row = await items(db)
    .selectAll()
    .where("id", "=", id as Id<"review">)
    .executeTakeFirst();
  if (!row) throw notFound("review", id);
  return readItem(db, row);
}

export interface ReviewList {
  readonly state?: ReviewState | undefined;
  readonly queue?: string | undefined;
  /** Only those whose votes differ and that nobody decided. */
  readonly disagreeing?: boolean | undefined;
  /** Only those that test reviewers. */
  readonly gold?: boolean | undefined;
  readonly limit: number;
  /** The last item of the page before. */
  readonly before?: string | undefined;
}

/** The most urgent first. */
export async function listReviewItems(db: Queries, list: ReviewList): Promise<ReviewItem[]> {
  const { state, queue, disagreeing, gold, limit, before } = list;
  let rows = items(db).selectAll();
  if (state !== undefined) rows = rows.where("state", "=", state);
  if (queue !== undefined) rows = rows.where("queue", "=", queue);
  if (disagreeing !== undefined) rows = rows.where("disagreeing", "=", disagreeing ? 1 : 0);
  if (gold !== undefined) rows = rows.where("gold", "=", gold ? 1 : 0);
  if (before !== undefined) {
    const { id, priority } = await getReviewItem(db, before);
    rows = rows.where(({ eb, and, or }) =>
      or([eb("priority", "<", priority), and([eb("priority", "=", priority), eb("id", ">", id)])]),
    );
  }
  return readItems(db, await rows.orderBy("priority", "desc").orderBy("id").limit(limit).execute());
}

export async function countReviews(
  db: Queries,
  { queue }: { readonly queue?: string | undefined } = {},
): Promise<Readonly<Record<ReviewState, number>>> {
  let rows = items(db).select(({ fn }) => ["state", fn.countAll<number>().as("count")]);
  if (queue !== undefined) rows = rows.where("queue", "=", queue);
  const counts = { open: 0, claimed: 0, settled: 0, skipped: 0 };
  for (const { state, count } of await rows.groupBy("state").execute()) counts[state] = count;
  return counts;
}

const items = (db: Queries) => db.as<FeedbackTables>().selectFrom("review_items");

/** Who said what of an item, in order. */
export async function listVotes(db: Queries, item: string): Promise<readonly ReviewVoteRow[]> {
  await getReviewItem(db, item);
  return db.perform(votesOf(item));
}

/** How many items of each queue wait, are decided, and are disagreed on; queues in order of their names. */
export async function countReviewsByQueue(db: Queries): Promise<
  readonly {
    readonly queue: string;
    readonly state: ReviewState;
    readonly count: number;
    readonly disagreeing: number;
  }[]
> {
  return db.perform(
    query(sql`select queue, state, count(*) as count, sum(disagreeing) as disagreeing from review_items
      group by queue, state order by queue, state`),
  );
}
