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

/**
 * The most urgent item that this reviewer has not voted on, claimed for `limits.reviewClaimMs`; the one already claimed by
 * the reviewer comes back first. Nothing when the queue is empty.
 */
export async function nextReviewItem(
  store: Store,
  { reviewer, queue, nowMs }: ReviewerAt & { readonly queue?: string | undefined },
): Promise<ReviewItem | undefined> {
  const [row] = await store.perform(claimSome({ reviewer, queue, nowMs, count: 1 }));
  return row && readItem(store, row);
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
  const claimed = await store.perform(claimSome(batch));
  const gold = await store.perform(dueGold(batch));
  const rows = gold ? [...claimed.slice(0, batch.count - 1), asIfClaimed(gold, batch)] : claimed;
  return (await readItems(store, rows)).filter((item) => item.input !== ""); // an example that was forgotten is not asked about
}

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
