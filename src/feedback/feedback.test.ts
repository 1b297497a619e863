import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { changeDataUse } from "../sell/index.ts";
import type { Prediction } from "../serve/index.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import {
  type Feedback,
  type NewFeedback,
  type ReviewItem,
  type Signal,
  accuracyByFeedback,
  claimReview,
  countReviews,
  countUntakenReviews,
  getFeedback,
  getReviewItem,
  listFeedback,
  listReviewItems,
  nextReviewItem,
  recordFeedback,
  returnReviewedRows,
  sampleForReview,
  settleReview,
  settleReviews,
  skipReview,
  takeReviewedRows,
} from "./index.ts";
import { type Desk, openDesk } from "./testing/desk.ts";

describeEachEngine("feedback", (stores) => {
  let desk: Desk;
  let dispose: () => Promise<void>;
  let endpoints = 0;
  beforeAll(async () => {
    const opened = await stores.open();
    dispose = opened.dispose;
    desk = await openDesk(opened.store);
  });
  afterAll(() => dispose());

  /** An endpoint of its own for each test, so that its part of the queue is its own too. */
  const freshEndpoint = (): string => `e-${++endpoints}`;
  const say = (prediction: Prediction, signal: Signal, more: Partial<NewFeedback> = {}): Promise<Feedback> =>
    recordFeedback(desk.store, {
      customer: prediction.customer,
      prediction: prediction.id,
      signal,
      nowMs: desk.now(),
      ...more,
    });
  const no: Signal = { kind: "boolean", value: false };
  const yes: Signal = { kind: "boolean", value: true };
  const spam: Signal = { kind: "correction", label: "spam" };
  const queueOf = (endpoint: string): Promise<ReviewItem[]> =>
    listReviewItems(desk.store, { queue: endpoint, limit: 100 });
  const predictionOf = ({ origin }: ReviewItem) => (origin.kind === "prediction" ? origin.prediction : null);
  const codeOf = async (work: Promise<unknown>): Promise<string> => {
    const told = await work.then(
      () => "done",
      (error: unknown) => error,
    );
    return told instanceof Refusal ? told.code : String(told);
  };

  describe("a signal", () => {
    it("that must not be, is refused and changes nothing", async () => {
      const endpoint = freshEndpoint();
      const [mine, theirs] = [await desk.customer(), await desk.customer()];
      const prediction = await desk.predict(mine, "hello", { endpoint });
      const foreign = await desk.predict(theirs, "hello", { endpoint });
      const rows: readonly [string, Partial<NewFeedback>, string][] = [
        ["on another customer's prediction", { prediction: foreign.id }, "not_found"],
        ["on a prediction that never was", { prediction: newId("prediction", 1) }, "not_found"],
        ["on something that is no id", { prediction: "' or 1=1" }, "not_found"],
        ["with a rating of six", { signal: { kind: "rating", value: 6 } }, "invalid_request"],
        ["with a rating between stars", { signal: { kind: "rating", value: 2.5 } }, "invalid_request"],
        [
          "with a label that the model does not have",
          { signal: { kind: "correction", label: "eggs" } },
          "invalid_request",
        ],
        ["with an outcome that the model does not have", { signal: { kind: "outcome", label: "" } }, "invalid_request"],
        ["with an empty comment", { signal: { kind: "comment", text: "  " } }, "invalid_request"],
        ["with a comment that is a book", { signal: { kind: "comment", text: "x".repeat(5_000) } }, "invalid_request"],
        ["from nobody", { source: "" }, "invalid_request"],
        ["from a source with a NUL", { source: "a\0" }, "invalid_request"],
        ["with a text that was not asked", { input: { text: "other", consent: true } }, "invalid_request"],
      ];
      const outcomes: [string, string][] = [];
      for (const [story, wrong] of rows) outcomes.push([story, await codeOf(say(prediction, no, wrong))]);
      expect(outcomes).toEqual(rows.map(([story, , code]) => [story, code]));
      expect(await listFeedback(desk.store, { customer: mine, limit: 100 })).toEqual([]);
      expect(await queueOf(endpoint)).toEqual([]);
    });

    it("said twice stands once; said otherwise, the last one stands and the first is kept", async () => {
      const prediction = await desk.predict(await desk.customer(), "hello");
      const { customer } = prediction;
      const first = await say(prediction, yes);
      expect(await say(prediction, yes)).toEqual(first);
      const second = await say(prediction, no);
      expect(await listFeedback(desk.store, { customer, prediction: prediction.id, limit: 10 })).toMatchObject([
        { id: second.id, supersededAtMs: null, stance: "disputed" },
        { id: first.id, supersededAtMs: second.createdAtMs, stance: "confirmed" },
      ]);
    });

    it("of another kind or another source stands beside it", async () => {
      const prediction = await desk.predict(await desk.customer(), "hello");
      await say(prediction, yes);
      await say(prediction, no, { source: "end user 7" });
      await say(prediction, { kind: "rating", value: 3 });
      await say(prediction, { kind: "comment", text: "odd" });
      const all = await listFeedback(desk.store, { customer: prediction.customer, limit: 10 });
      expect(all.filter(({ supersededAtMs }) => supersededAtMs === null)).toHaveLength(4);
    });

    it("sent 20 times at once stands once", async () => {
      const prediction = await desk.predict(await desk.customer(), "hello");
      const same = await Promise.all(Array.from({ length: 20 }, () => say(prediction, no)));
      expect(new Set(same.map(({ id }) => id)).size).toBe(1);
      expect(await listFeedback(desk.store, { customer: prediction.customer, limit: 100 })).toHaveLength(1);
    });

    it("is nobody else's: another customer does not find it", async () => {
      const prediction = await desk.predict(await desk.customer(), "hello");
      const { id } = await say(prediction, no);
      const other = await desk.customer();
      expect(await codeOf(getFeedback(desk.store, { customer: other, id }))).toBe("not_found");
      expect(await getFeedback(desk.store, { customer: prediction.customer, id })).toMatchObject({ id, signal: no });
    });
  });

  describe("the queue", () => {
    const stories: readonly [string, readonly Signal[], Partial<ReviewItem> | undefined][] = [
      ["a thumb down", [no], { stance: "disputed", proposals: [] }],
      ["two stars", [{ kind: "rating", value: 2 }], { stance: "disputed" }],
      ["three stars: no side taken", [{ kind: "rating", value: 3 }], undefined],
      ["five stars: weak evidence", [{ kind: "rating", value: 5 }], { stance: "confirmed" }],
      ["a thumb up: weak evidence", [yes], { stance: "confirmed" }],
      ["a comment alone", [{ kind: "comment", text: "hm" }], undefined],
      ["a correction", [spam], { stance: "disputed", proposals: [{ label: "spam", signals: 1 }] }],
      [
        "a correction that agrees with the answer",
        [{ kind: "correction", label: "ham" }],
        { stance: "confirmed", proposals: [{ label: "ham", signals: 1 }] },
      ],
      ["an outcome that proves the answer wrong", [{ kind: "outcome", label: "spam" }], { stance: "disputed" }],
      ["a thumb up and a correction: the dispute wins", [yes, spam], { stance: "disputed" }],
      ["a thumb down taken back", [no, yes], { stance: "confirmed" }],
      [
        "two stars that become three",
        [
          { kind: "rating", value: 2 },
          { kind: "rating", value: 3 },
        ],
        { stance: "neutral" },
      ],
    ];
    it.each(stories)("after %s", async (_story, signals, expected) => {
      const endpoint = freshEndpoint();
      const prediction = await desk.predict(await desk.customer(), "win a car", { endpoint });
      for (const signal of signals) await say(prediction, signal);
      const items = await queueOf(endpoint);
      expect(items).toMatchObject(
        expected ? [{ state: "open", input: "win a car", labels: ["ham", "spam"], ...expected }] : [],
      );
    });

    it("never holds a text without consent, and takes it from feedback that brings consent", async () => {
      const endpoint = freshEndpoint();
      const silent = await desk.customer("none");
      const unkept = await desk.predict(silent, "private", { endpoint, kept: false });
      const withdrawn = await desk.predict(await desk.customer(), "was allowed", { endpoint });
      await changeDataUse(desk.store, { customer: withdrawn.customer, dataUse: "none" });
      await say(unkept, no);
      await say(withdrawn, no);
      expect(await queueOf(endpoint)).toEqual([]);
      await say(unkept, no, { input: { text: "private", consent: true } });
      expect(await queueOf(endpoint)).toMatchObject([
        { origin: { prediction: unkept.id }, input: "private", stance: "disputed" },
      ]);
    });

    it("is worked disputed first, then the uncertain", async () => {
      const endpoint = freshEndpoint();
      const customer = await desk.customer();
      const put = async (signal: Signal, probability: number): Promise<Id<"prediction">> => {
        const prediction = await desk.predict(customer, "x", { endpoint, probability });
        await say(prediction, signal);
        return prediction.id;
      };
      const sureRight = await put(yes, 0.99);
      const unsureRight = await put(yes, 0.51);
      const sureWrong = await put(no, 0.99);
      const unsureWrong = await put(no, 0.51);
      const corrected = await put(spam, 0.99);
      const order = [corrected, unsureWrong, sureWrong, unsureRight, sureRight];
      expect((await queueOf(endpoint)).map(predictionOf)).toEqual(order);
      const first = await listReviewItems(desk.store, { queue: endpoint, limit: 2 });
      const rest = await listReviewItems(desk.store, { queue: endpoint, limit: 9, before: first.at(-1)?.id });
      expect([...first, ...rest].map(predictionOf)).toEqual(order);
      const worked: string[] = [];
      for (
        let item;
        (item = await nextReviewItem(desk.store, { reviewer: "r", queue: endpoint, nowMs: desk.now() }));
      ) {
        worked.push(predictionOf(item) ?? "");
        await settleReview(desk.store, { item: item.id, reviewer: "r", label: "spam", nowMs: desk.now() });
      }
      expect(worked).toEqual(order);
      expect(await countReviews(desk.store, { queue: endpoint })).toEqual({
        open: 0,
        claimed: 0,
        settled: 5,
        skipped: 0,
      });
    });
  });

  describe("a review", () => {
    const disputed = async (endpoint: string, text = "win"): Promise<ReviewItem> => {
      const prediction = await desk.predict(await desk.customer(), text, { endpoint });
      await say(prediction, no);
      const item = (await queueOf(endpoint)).find((each) => predictionOf(each) === prediction.id);
      return item as ReviewItem;
    };

    it("gives each of 10 reviewers at once another item", async () => {
      const endpoint = freshEndpoint();
      for (let i = 0; i < 10; i++) await disputed(endpoint, `${i}`);
      const nowMs = desk.now();
      const claimed = await Promise.all(
        Array.from({ length: 10 }, (_, i) => nextReviewItem(desk.store, { reviewer: `r${i}`, queue: endpoint, nowMs })),
      );
      expect(new Set(claimed.map((item) => item?.id)).size).toBe(10);
      expect(await nextReviewItem(desk.store, { reviewer: "late", queue: endpoint, nowMs })).toBeUndefined();
      expect(await nextReviewItem(desk.store, { reviewer: "r3", queue: endpoint, nowMs })).toEqual(claimed[3]);
    });

    it("that a reviewer claimed is not another's until the claim ends", async () => {
      const endpoint = freshEndpoint();
      const { id: item } = await disputed(endpoint);
      const nowMs = desk.now();
      expect(await claimReview(desk.store, { item, reviewer: "ann", nowMs })).toMatchObject({
        state: "claimed",
        reviewer: "ann",
        claimedUntilMs: nowMs + limits.reviewClaimMs,
      });
      const bob = { item, reviewer: "bob", nowMs };
      expect(await codeOf(claimReview(desk.store, bob))).toBe("conflict");
      expect(await codeOf(settleReview(desk.store, { ...bob, label: "spam" }))).toBe("conflict");
      expect(await codeOf(skipReview(desk.store, bob))).toBe("conflict");
      const later = { ...bob, nowMs: nowMs + limits.reviewClaimMs + 1 };
      expect(await nextReviewItem(desk.store, { ...later, queue: endpoint })).toMatchObject({
        id: item,
        reviewer: "bob",
      });
      expect(await settleReview(desk.store, { ...later, label: "spam" })).toMatchObject({
        state: "settled",
        label: "spam",
      });
    });

    it("settled again the same way changes nothing; another way, or with a strange label, is refused", async () => {
      const { id: item } = await disputed(freshEndpoint());
      const by = { item, reviewer: "ann", nowMs: desk.now() };
      expect(await codeOf(settleReview(desk.store, { ...by, label: "eggs" }))).toBe("invalid_request");
      const settled = await settleReview(desk.store, { ...by, label: "spam" });
      expect(await settleReview(desk.store, { ...by, label: "spam", nowMs: desk.now() })).toEqual(settled);
      expect(await codeOf(settleReview(desk.store, { ...by, label: "ham" }))).toBe("conflict");
      expect(await codeOf(skipReview(desk.store, by))).toBe("conflict");
      expect(await codeOf(settleReview(desk.store, { ...by, item: newId("review", 1), label: "ham" }))).toBe(
        "not_found",
      );
      expect(await getReviewItem(desk.store, item)).toEqual(settled);
    });

    it("that needs two to agree asks a third when they do not", async () => {
      const endpoint = freshEndpoint();
      const { id: item } = await disputed(endpoint);
      const vote = (reviewer: string, label: string): Promise<ReviewItem> =>
        settleReview(desk.store, { item, reviewer, label, agreement: 2, nowMs: desk.now() });
      expect((await vote("ann", "spam")).state).toBe("open");
      expect((await vote("ann", "spam")).state).toBe("open");
      expect(await nextReviewItem(desk.store, { reviewer: "ann", queue: endpoint, nowMs: desk.now() })).toBeUndefined();
      expect((await vote("bob", "ham")).state).toBe("open");
      expect(await vote("cem", "ham")).toMatchObject({ state: "settled", label: "ham", reviewer: "cem" });
    });

    it("that is skipped is asked no more, and can still be settled by name", async () => {
      const endpoint = freshEndpoint();
      const { id: item } = await disputed(endpoint);
      const by = { item, reviewer: "ann", nowMs: desk.now() };
      expect(await skipReview(desk.store, { ...by, reason: "unreadable" })).toMatchObject({
        state: "skipped",
        reason: "unreadable",
      });
      expect(await nextReviewItem(desk.store, { reviewer: "bob", queue: endpoint, nowMs: desk.now() })).toBeUndefined();
      expect(await settleReview(desk.store, { ...by, label: "ham" })).toMatchObject({ state: "settled" });
    });

    it("in a batch settles all or none", async () => {
      const endpoint = freshEndpoint();
      const items = [await disputed(endpoint, "1"), await disputed(endpoint, "2")];
      const batch = (labels: readonly string[]): Promise<ReviewItem[]> => {
        const decisions = items.map(({ id: item }, i) => ({ item, label: labels[i] ?? "" }));
        return settleReviews(desk.store, { reviewer: "ann", decisions, nowMs: desk.now() });
      };
      expect(await codeOf(batch(["spam", "eggs"]))).toBe("invalid_request");
      expect(await countReviews(desk.store, { queue: endpoint })).toMatchObject({ open: 2, settled: 0 });
      expect((await batch(["spam", "ham"])).map(({ state }) => state)).toEqual(["settled", "settled"]);
    });

    it("keeps what it was settled on when users go on talking", async () => {
      const endpoint = freshEndpoint();
      const prediction = await desk.predict(await desk.customer(), "win", { endpoint });
      await say(prediction, spam);
      const [item] = await queueOf(endpoint);
      const by = { item: item?.id ?? "", reviewer: "ann", nowMs: desk.now() };
      const settled = await settleReview(desk.store, { ...by, label: "spam" });
      await say(prediction, { kind: "correction", label: "ham" });
      expect(await queueOf(endpoint)).toEqual([settled]);
    });
  });

  describe("reviewed examples", () => {
    const settleAll = async (endpoint: string, label: string): Promise<void> => {
      const decisions = (await queueOf(endpoint)).map(({ id: item }) => ({ item, label }));
      await settleReviews(desk.store, { reviewer: "ann", decisions, nowMs: desk.now() });
    };
    const dataset = newId("dataset", 1);
    const take = (endpoint: string, batch: string, into = dataset) =>
      desk.store.transaction((tx) =>
        takeReviewedRows(tx, { dataset: into, batch, endpoints: [endpoint], nowMs: desk.now() }),
      );

    it("are handed out once per dataset, with their provenance; the same batch again gives the same rows", async () => {
      const endpoint = freshEndpoint();
      const customer = await desk.customer();
      for (const text of ["win 1", "win 2"]) await say(await desk.predict(customer, text, { endpoint }), no);
      await settleAll(endpoint, "spam");
      await say(await desk.predict(customer, "still open", { endpoint }), no);
      expect(await countUntakenReviews(desk.store, { dataset, endpoints: [endpoint] })).toBe(2);
      const rows = await take(endpoint, "turn 1");
      expect(rows.map(({ input, label }) => [input, label])).toEqual([
        ["win 1", "spam"],
        ["win 2", "spam"],
      ]);
      expect(rows[0]?.provenance).toEqual({
        kind: "review",
        id: (await queueOf(endpoint)).find(({ input }) => input === "win 1")?.id,
      });
      expect(await take(endpoint, "turn 1")).toEqual(rows);
      expect(await take(endpoint, "turn 2")).toEqual([]);
      expect(await take(endpoint, "turn 1", newId("dataset", 2))).toHaveLength(2);
      expect(await countUntakenReviews(desk.store, { dataset, endpoints: [endpoint] })).toBe(0);
    });

    it("stay when the version is not made, and come back when it never will be", async () => {
      const endpoint = freshEndpoint();
      await say(await desk.predict(await desk.customer(), "win", { endpoint }), no);
      await settleAll(endpoint, "spam");
      const failing = desk.store.transaction(async (tx) => {
        await takeReviewedRows(tx, { dataset, batch: "t", endpoints: [endpoint], nowMs: desk.now() });
        throw new Refusal("invalid_data", "the version is empty");
      });
      expect(await codeOf(failing)).toBe("invalid_data");
      expect(await take(endpoint, "a")).toHaveLength(1);
      await desk.store.transaction((tx) => returnReviewedRows(tx, { dataset, batch: "a" }));
      expect(await take(endpoint, "b")).toHaveLength(1);
    });

    it("of a customer who withdrew consent are not handed out; those brought with consent are", async () => {
      const endpoint = freshEndpoint();
      const customer = await desk.customer();
      const text = "brought along";
      await say(await desk.predict(customer, "kept", { endpoint }), no);
      await say(await desk.predict(customer, text, { endpoint, kept: false }), no, { input: { text, consent: true } });
      await settleAll(endpoint, "spam");
      await changeDataUse(desk.store, { customer, dataUse: "none" });
      expect((await take(endpoint, "t")).map(({ input }) => input)).toEqual([text]);
    });
  });

  describe("accuracy by feedback", () => {
    it("keeps reviewed truth, its random part and unreviewed signals apart", async () => {
      const endpoint = freshEndpoint();
      const customer = await desk.customer();
      const release = newId("release", desk.now());
      const sinceMs = desk.now();
      const predict = (text: string): Promise<Prediction> => desk.predict(customer, text, { endpoint, release });
      const [wrong, right, doubted, praised] = [
        await predict("1"),
        await predict("2"),
        await predict("3"),
        await predict("4"),
      ];
      await predict("nobody says anything about this one");
      for (const each of [wrong, right]) await say(each, no);
      const truth = new Map([
        [wrong.id, "spam"],
        [right.id, "ham"],
      ]);
      for (const item of await queueOf(endpoint)) {
        const label = truth.get(predictionOf(item) ?? newId("prediction", 0)) ?? "";
        await settleReview(desk.store, { item: item.id, reviewer: "ann", label, nowMs: desk.now() });
      }
      await say(doubted, no);
      await say(praised, yes);
      await say(praised, { kind: "rating", value: 5 });
      const [accuracy, ...others] = await accuracyByFeedback(desk.store, { endpoint });
      expect(others).toEqual([]);
      expect(accuracy).toMatchObject({
        endpoint,
        release,
        model: desk.model.id,
        customer,
        reviewed: { n: 2, successes: 1, value: 0.5 },
        sampled: null,
        unreviewed: { n: 2, successes: 1, value: 0.5 },
      });
      expect(await accuracyByFeedback(desk.store, { endpoint, untilMs: sinceMs })).toEqual([]);
      expect(await accuracyByFeedback(desk.store, { endpoint, sinceMs })).toHaveLength(1);
    });

    it("is unbiased where it is drawn: a draw takes complained and silent predictions alike, each once", async () => {
      const endpoint = freshEndpoint();
      const customer = await desk.customer();
      const sinceMs = desk.now();
      const all: Prediction[] = [];
      for (let i = 0; i < 12; i++) all.push(await desk.predict(customer, `text ${i}`, { endpoint }));
      await desk.predict(await desk.customer("none"), "without consent", { endpoint, kept: false });
      for (const complained of all.slice(0, 3)) await say(complained, no);
      const draw = (count: number): Promise<number> =>
        sampleForReview(desk.store, { endpoint, count, sinceMs, nowMs: desk.now() });
      expect(await draw(5)).toBe(5);
      expect((await queueOf(endpoint)).filter(({ sampled }) => sampled)).toHaveLength(5);
      expect(await draw(100)).toBe(7);
      expect(await draw(100)).toBe(0);
      const items = await queueOf(endpoint);
      expect(items.filter(({ sampled }) => sampled)).toHaveLength(12);
      expect(items.slice(0, 3).map(({ stance }) => stance)).toEqual(["disputed", "disputed", "disputed"]);
      const decisions = items.map(({ id: item }, i) => ({ item, label: i < 3 ? "spam" : "ham" }));
      await settleReviews(desk.store, { reviewer: "ann", decisions, nowMs: desk.now() });
      const [accuracy] = await accuracyByFeedback(desk.store, { endpoint });
      expect(accuracy?.sampled).toMatchObject({ n: 12, successes: 9, value: 0.75 });
    });
  });
});
