import { afterAll, beforeAll, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import {
  type ReviewItem,
  adjudicateReview,
  claimReviews,
  countReviewsByQueue,
  getReviewGuide,
  getReviewItem,
  listReviewItems,
  listVotes,
  recordFeedback,
  releaseReviews,
  reviewAgreement,
  setGold,
  setReviewGuide,
  settleReview,
  skipReview,
  takeReviewedRows,
  undoReview,
} from "./index.ts";
import { type Desk, openDesk } from "./testing/desk.ts";

describeEachEngine("reviewing by several people", (stores) => {
  let desk: Desk;
  let dispose: () => Promise<void>;
  let endpoints = 0;
  beforeAll(async () => {
    const opened = await stores.open();
    dispose = opened.dispose;
    desk = await openDesk(opened.store);
  });
  afterAll(() => dispose());

  /** An endpoint of its own with disputed answers, the surest first. */
  async function open(items: number, reviewers = 1): Promise<string> {
    const endpoint = `several-${++endpoints}`;
    const customer = await desk.customer();
    for (let i = 0; i < items; i++) {
      const prediction = await desk.predict(customer, `${endpoint} text ${i}`, {
        endpoint,
        probability: 1 - (i + 1) / 64,
      });
      const signal = { kind: "boolean", value: false } as const;
      await recordFeedback(desk.store, { customer, prediction: prediction.id, signal, nowMs: desk.now() });
    }
    await setReviewGuide(desk.store, { queue: endpoint, instructions: "Read first.", reviewers, nowMs: desk.now() });
    return endpoint;
  }
  const claim = (reviewer: string, endpoint: string, count = 1): Promise<ReviewItem[]> =>
    claimReviews(desk.store, { reviewer, queue: endpoint, count, nowMs: desk.now() });
  const by = (reviewer: string, item: string) => ({ reviewer, item, nowMs: desk.now() });
  const say = (reviewer: string, item: string, label: string): Promise<ReviewItem> =>
    settleReview(desk.store, { ...by(reviewer, item), label });
  const codeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "done",
      (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
    );
  const idOf = (items: readonly ReviewItem[], i = 0): Id<"review"> => items[i]?.id ?? newId("review", 0);

  it("several items are claimed at once, the most doubtful first, and nobody gets another's", async () => {
    const endpoint = await open(5);
    const first = await claim("ann", endpoint, 3);
    expect(first.map(({ origin }) => origin.kind === "prediction" && origin.answer.probability)).toEqual([
      59 / 64,
      60 / 64,
      61 / 64,
    ]);
    expect(await claim("ann", endpoint, 3)).toHaveLength(3);
    const second = await claim("bob", endpoint, 9);
    expect(second).toHaveLength(2);
    expect(second.some(({ id }) => first.some((other) => other.id === id))).toBe(false);
    expect(await releaseReviews(desk.store, { reviewer: "ann" })).toBe(3);
    expect(await claim("bob", endpoint, 9)).toHaveLength(5);
  });

  it("an item waits for as many votes as its guide says; votes that differ come to the front", async () => {
    const endpoint = await open(3, 2);
    const [, middle] = await listReviewItems(desk.store, { queue: endpoint, limit: 9 });
    const id = middle?.id ?? newId("review", 0);
    await say("ann", id, "spam");
    expect(await say("bob", id, "ham")).toMatchObject({ state: "open", disagreeing: true });
    expect(idOf(await claim("cid", endpoint))).toBe(id);
    expect(await listReviewItems(desk.store, { queue: endpoint, disagreeing: true, limit: 9 })).toHaveLength(1);
    expect(await say("cid", id, "ham")).toMatchObject({ state: "settled", label: "ham", disagreeing: false });
    expect((await listVotes(desk.store, id)).map(({ reviewer, label }) => `${reviewer} ${label}`)).toEqual([
      "ann spam",
      "bob ham",
      "cid ham",
    ]);
  });

  it("one person decides over votes that differ, once, and only then", async () => {
    const endpoint = await open(2, 2);
    const [first, second] = await listReviewItems(desk.store, { queue: endpoint, limit: 9 });
    const [a, b] = [first?.id ?? newId("review", 0), second?.id ?? newId("review", 0)];
    await say("ann", a, "spam");
    await say("bob", a, "ham");
    const adjudicate = (item: string, label: string) => adjudicateReview(desk.store, { ...by("dee", item), label });
    expect(await codeOf(adjudicate(a, "eggs"))).toBe("invalid_request");
    expect(await codeOf(adjudicate(b, "ham"))).toBe("conflict");
    expect(await adjudicate(a, "ham")).toMatchObject({ state: "settled", adjudicated: true, disagreeing: false });
    expect(await codeOf(adjudicate(a, "spam"))).toBe("conflict");
    expect(await codeOf(undoReview(desk.store, by("bob", a)))).toBe("conflict");
    expect(await codeOf(adjudicate(newId("review", 1), "ham"))).toBe("not_found");
  });

  it("a decision is taken back while nobody built on it", async () => {
    const endpoint = await open(3);
    const [a, b, c] = (await claim("ann", endpoint, 3)).map(({ id }) => id);
    if (!a || !b || !c) throw new Error("three items");
    await say("ann", a, "spam");
    expect(await codeOf(undoReview(desk.store, by("bob", a)))).toBe("conflict");
    expect(await undoReview(desk.store, by("ann", a))).toMatchObject({ state: "claimed", reviewer: "ann" });
    expect(await codeOf(undoReview(desk.store, by("ann", a)))).toBe("conflict");
    expect(await say("ann", a, "ham")).toMatchObject({ state: "settled", label: "ham" });
    await skipReview(desk.store, by("ann", b));
    expect(await undoReview(desk.store, by("ann", b))).toMatchObject({ state: "claimed", id: b });
    const taken = { dataset: newId("dataset", 1), batch: "b", endpoints: [endpoint], nowMs: desk.now() };
    expect(await desk.store.transaction((tx) => takeReviewedRows(tx, taken))).toHaveLength(1);
    expect(await codeOf(undoReview(desk.store, by("ann", a)))).toBe("conflict");
  });

  it("a gold item tests a reviewer after every tenth decision, looks like any other, and keeps its label", async () => {
    const endpoint = await open(limits.reviewGoldEvery + 3);
    const gold = idOf(await claim("ann", endpoint));
    expect(await codeOf(setGold(desk.store, { item: gold, gold: true }))).toBe("conflict");
    await say("ann", gold, "spam");
    expect(await setGold(desk.store, { item: gold, gold: true })).toMatchObject({ gold: true });
    expect(await codeOf(say("ann", gold, "ham"))).toBe("conflict");
    for (let i = 0; i < limits.reviewGoldEvery; i++) await say("gil", idOf(await claim("gil", endpoint)), "ham");
    const batch = await claim("gil", endpoint, 2);
    expect(batch.at(-1)).toMatchObject({ id: gold, state: "claimed", reviewer: "gil", gold: false });
    expect(await say("gil", gold, "ham")).toMatchObject({ state: "settled", label: "spam", gold: true });
    expect((await claim("gil", endpoint, 2)).map(({ id }) => id)).not.toContain(gold);
    const told = await reviewAgreement(desk.store, { queue: endpoint });
    expect(told.reviewers.find(({ reviewer }) => reviewer === "gil")?.gold).toMatchObject({ n: 1, successes: 0 });
    await undoReview(desk.store, by("gil", gold));
    expect(await getReviewItem(desk.store, gold)).toMatchObject({ state: "settled", label: "spam" });
    expect(await listVotes(desk.store, gold)).toHaveLength(1);
  });

  it("agreement is told for all, for pairs, and not where nothing is known", async () => {
    const endpoint = await open(6, 2);
    const items = await listReviewItems(desk.store, { queue: endpoint, limit: 9 });
    const empty = await reviewAgreement(desk.store, { queue: endpoint });
    expect(empty).toMatchObject({ items: 0, observed: null, reviewers: [], pairs: [] });
    expect(empty.coefficients.gwet_ac1).toBeNull();
    for (const [i, { id }] of items.entries()) {
      await say("ann", id, i % 2 === 0 ? "spam" : "ham");
      await say("bob", id, i % 2 === 0 && i > 0 ? "spam" : "ham");
    }
    const told = await reviewAgreement(desk.store, { queue: endpoint });
    expect(told).toMatchObject({ items: 6, votes: 12 });
    expect(told.observed).toBeCloseTo(5 / 6);
    expect(told.pairs).toHaveLength(1);
    expect(told.pairs[0]).toMatchObject({ reviewers: ["ann", "bob"], items: 6 });
    expect(told.pairs[0]?.kappa?.value).toBeCloseTo(2 / 3);
    expect(told.coefficients.gwet_ac1?.low).toBeLessThan(told.coefficients.gwet_ac1?.value ?? 0);
  });

  it("guides and counts are each endpoint's own", async () => {
    const endpoint = await open(2, 3);
    expect(await getReviewGuide(desk.store, endpoint)).toEqual({
      queue: endpoint,
      instructions: "Read first.",
      reviewers: 3,
    });
    expect(await getReviewGuide(desk.store, "nowhere")).toEqual({
      queue: "nowhere",
      instructions: "",
      reviewers: 1,
    });
    const counts = (await countReviewsByQueue(desk.store)).filter(({ queue }) => queue === endpoint);
    expect(counts).toEqual([{ queue: endpoint, state: "open", count: 2, disagreeing: 0 }]);
  });
});
