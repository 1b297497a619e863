import { Refusal, must, notFound } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Queries, type Steps, type Store, query, queryOne, sql } from "../store/index.ts";
import { type ReviewItem, type ReviewState, reviewItemFromRow } from "./review-item.ts";
import { assertLabel } from "./signal.ts";
import type { FeedbackTables, ReviewItemRow } from "./tables.ts";

export interface ReviewerAt {
  readonly reviewer: string;
  readonly nowMs: number;
}

export interface ItemDecision extends ReviewerAt {
  readonly item: string;
}

/**
 * The most urgent item that this reviewer has not voted on, claimed for `limits.reviewClaimMs`; the one already claimed by
 * the reviewer comes back first. Nothing when the queue is empty.
 */
export async function nextReviewItem(
  store: Store,
  { reviewer, endpoint, nowMs }: ReviewerAt & { readonly endpoint?: string | undefined },
): Promise<ReviewItem | undefined> {
  const row = await store.perform(claimNext(reviewer, endpoint ?? null, nowMs));
  return row && reviewItemFromRow(row);
}

function* claimNext(reviewer: string, endpoint: string | null, nowMs: number): Steps<ReviewItemRow | undefined> {
  const held =
    yield* query<ReviewItemRow>(sql`select * from review_items where state = 'claimed' and reviewer = ${reviewer}
    and claimed_until_ms >= ${nowMs} and (cast(${endpoint} as text) is null or endpoint = ${endpoint}) order by id limit 1`);
  if (held[0]) return held[0];
  // Another reviewer may take the candidate between the two statements; the update then finds nothing and the next is tried.
  for (let attempt = 0; attempt < 20; attempt++) {
    const candidates = yield* query<{ id: string }>(sql`select id from review_items
      where (state = 'open' or (state = 'claimed' and claimed_until_ms < ${nowMs}))
        and (cast(${endpoint} as text) is null or endpoint = ${endpoint})
        and not exists (select 1 from review_votes where item = review_items.id and reviewer = ${reviewer})
      order by priority desc, id limit 1`);
    const candidate = candidates[0];
    if (!candidate) return undefined;
    const claimed = yield* claim(candidate.id, reviewer, nowMs);
    if (claimed) return claimed;
  }
  return undefined;
}

const claim = (item: string, reviewer: string, nowMs: number): Steps<ReviewItemRow | undefined> =>
  queryOne<ReviewItemRow>(sql`update review_items
    set state = 'claimed', reviewer = ${reviewer}, claimed_until_ms = ${nowMs + limits.reviewClaimMs}, revision = revision + 1
    where id = ${item} and (state = 'open' or (state = 'claimed' and (reviewer = ${reviewer} or claimed_until_ms < ${nowMs})))
    returning *`);

/** One certain item. Refusal `conflict` while another reviewer has it or when it ended. */
export async function claimReview(store: Store, { item, reviewer, nowMs }: ItemDecision): Promise<ReviewItem> {
  const row = await store.perform(claim(item, reviewer, nowMs));
  if (row) return reviewItemFromRow(row);
  const { state } = await getReviewItem(store, item);
  throw new Refusal("conflict", state === "claimed" ? "Another reviewer has this item." : `This item is ${state}.`);
}

export interface Settlement extends ItemDecision {
  readonly label: string;
  /** How many reviewers must give the same label. Default 1. */
  readonly agreement?: number;
}

/**
 * One reviewer's vote, which settles the item when enough agree; else it is open for the next reviewer. Again with the
 * same label: no change. With another label on a settled item, or on one that another reviewer has: Refusal `conflict`.
 */
export async function settleReview(store: Store, settlement: Settlement): Promise<ReviewItem> {
  return reviewItemFromRow(await store.perform(vote(settlement)));
}

export interface SettlementBatch extends ReviewerAt {
  readonly decisions: readonly { readonly item: string; readonly label: string }[];
  readonly agreement?: number;
}

/** All or none. */
export async function settleReviews(store: Store, { decisions, ...same }: SettlementBatch): Promise<ReviewItem[]> {
  const rows = await store.perform(
    (function* (): Steps<ReviewItemRow[]> {
      const settled: ReviewItemRow[] = [];
      for (const decision of decisions) settled.push(yield* vote({ ...same, ...decision }));
      return settled;
    })(),
  );
  return rows.map(reviewItemFromRow);
}

function* vote({ item: id, reviewer, label, nowMs, agreement = 1 }: Settlement): Steps<ReviewItemRow> {
  const item = yield* lockItem(id);
  assertLabel(label, JSON.parse(item.labels) as string[]);
  if (item.state === "settled") {
    if (item.label === label) return item;
    throw new Refusal("conflict", `This item was settled as "${item.label}" already.`, { param: "label" });
  }
  assertFree(item, reviewer, nowMs);
  yield* query(sql`insert into review_votes (item, reviewer, label, created_at_ms) values (${id}, ${reviewer}, ${label}, ${nowMs})
    on conflict (item, reviewer) do update set label = excluded.label, created_at_ms = excluded.created_at_ms`);
  const votes = yield* query<{ label: string; votes: number }>(
    sql`select label, count(*) as votes from review_votes where item = ${id} group by label order by votes desc, label`,
  );
  const total = votes.reduce((sum, each) => sum + each.votes, 0);
  const agreed = votes.find((each) => each.votes >= agreement);
  if (agreed) return yield* endItem(id, { state: "settled", reviewer, label: agreed.label, reason: null, nowMs });
  if (total < limits.reviewersPerItemMax) return yield* reopen(id);
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
  return reviewItemFromRow(await store.perform(skip()));
}

function* lockItem(id: string): Steps<ReviewItemRow> {
  const item = yield* queryOne<ReviewItemRow>(
    sql`update review_items set revision = revision + 1 where id = ${id} returning *`,
  );
  if (!item) throw notFound("review", id);
  return item;
}

function assertFree(item: ReviewItemRow, reviewer: string, nowMs: number): void {
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

function* endItem(id: string, { state, reviewer, label, reason, nowMs }: Ending): Steps<ReviewItemRow> {
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
  return reviewItemFromRow(row);
}

export interface ReviewList {
  readonly state?: ReviewState | undefined;
  readonly endpoint?: string | undefined;
  readonly limit: number;
  /** The last item of the page before. */
  readonly before?: string | undefined;
}

/** The most urgent first. */
export async function listReviewItems(db: Queries, list: ReviewList): Promise<ReviewItem[]> {
  const { state, endpoint, limit, before } = list;
  let rows = items(db).selectAll();
  if (state !== undefined) rows = rows.where("state", "=", state);
  if (endpoint !== undefined) rows = rows.where("endpoint", "=", endpoint);
  if (before !== undefined) {
    const { id, priority } = await getReviewItem(db, before);
    rows = rows.where(({ eb, and, or }) =>
      or([eb("priority", "<", priority), and([eb("priority", "=", priority), eb("id", ">", id)])]),
    );
  }
  return (await rows.orderBy("priority", "desc").orderBy("id").limit(limit).execute()).map(reviewItemFromRow);
}

export async function countReviews(
  db: Queries,
  { endpoint }: { readonly endpoint?: string | undefined } = {},
): Promise<Readonly<Record<ReviewState, number>>> {
  let rows = items(db).select(({ fn }) => ["state", fn.countAll<number>().as("count")]);
  if (endpoint !== undefined) rows = rows.where("endpoint", "=", endpoint);
  const counts = { open: 0, claimed: 0, settled: 0, skipped: 0 };
  for (const { state, count } of await rows.groupBy("state").execute()) counts[state] = count;
  return counts;
}

const items = (db: Queries) => db.as<FeedbackTables>().selectFrom("review_items");
