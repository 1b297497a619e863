import { z } from "zod";
import {
  type Feedback,
  getReviewItem,
  listReviewItems,
  nextReviewItem,
  settleReview,
  skipReview,
} from "../../feedback/index.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { decisionField, queueName, reviewOf, reviewShape, reviewerField, reviewerOf } from "../reviews.ts";
import { type Route, route } from "../route.ts";
import { idParams, listOf, pageOf, pageQuery, unixMs } from "../shapes.ts";

const label = z.string().min(1).max(limits.labelCharsMax);

export const signalShape = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("boolean"), value: z.boolean() }),
  z.strictObject({ kind: z.literal("rating"), value: z.number().int().min(1).max(5) }),
  z.strictObject({ kind: z.literal("correction"), label }),
  z.strictObject({ kind: z.literal("comment"), text: z.string().min(1).max(limits.commentCharsMax) }),
  z.strictObject({ kind: z.literal("outcome"), label }),
]);

export const feedbackShape = z.strictObject({
  object: z.literal("feedback"),
  id: z.string(),
  prediction: z.string(),
  source: z.string(),
  signal: signalShape,
  created_at_ms: unixMs,
});

export function feedbackOf(feedback: Feedback): z.input<typeof feedbackShape> {
  return {
    object: "feedback",
    id: feedback.id,
    prediction: feedback.prediction,
    source: feedback.source,
    signal: feedback.signal,
    created_at_ms: feedback.createdAtMs,
  };
}

const tag = "Reviews";

export const learningRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/reviews",
    who: "operator",
    area: "review",
    tag,
    summary: "List review items, the most urgent first",
    query: pageQuery.extend({
      state: z.enum(["open", "claimed", "settled", "skipped"]).optional(),
      queue: queueName.optional(),
      disagreeing: z
        .stringbool()
        .optional()
        .describe("Only those whose votes differ and that nobody decided, or none of them."),
      gold: z.stringbool().optional().describe("Only those that test reviewers, or none of them."),
    }),
    response: listOf(reviewShape),
    async handle({ deps, query: { limit, cursor, state, queue, disagreeing, gold } }) {
      const page = {
        limit: limit + 1,
        ...(state ? { state } : {}),
        ...(queue ? { queue } : {}),
        disagreeing,
        gold,
        ...(cursor ? { before: cursor as Id<"review"> } : {}),
      };
      return pageOf(await listReviewItems(deps.store, page), limit, reviewOf);
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/reviews/next",
    who: "operator",
    area: "review",
    tag,
    summary: "Claim the item that teaches most; `null` when the queue is empty",
    body: z.strictObject({ reviewer: reviewerField, queue: queueName.optional() }),
    response: z.strictObject({ object: z.literal("next_review"), review: reviewShape.nullable() }),
    async handle({ deps, actor, body }) {
      const item = await nextReviewItem(deps.store, {
        reviewer: reviewerOf(actor, body.reviewer),
        nowMs: deps.clock.now(),
        ...(body.queue ? { queue: body.queue } : {}),
      });
      return { object: "next_review" as const, review: item ? reviewOf(item) : null };
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/reviews/:id",
    who: "operator",
    area: "review",
    tag,
    summary: "Get a review item",
    params: idParams,
    response: reviewShape,
    handle: async ({ deps, params }) => reviewOf(await getReviewItem(deps.store, params.id as Id<"review">)),
  }),
  route({
    method: "POST",
    path: "/admin/v1/reviews/:id/settle",
    who: "operator",
    area: "review",
    tag,
    summary: "Give an item a label; it is settled when as many reviewers agree as its queue's guide says",
    params: idParams,
    body: z.strictObject({ reviewer: reviewerField, label: decisionField }),
    response: reviewShape,
    handle: async ({ deps, actor, params, body: { label, reviewer } }) => {
      const by = { reviewer: reviewerOf(actor, reviewer), nowMs: deps.clock.now() };
      return reviewOf(await settleReview(deps.store, { item: params.id, label, ...by }));
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/reviews/:id/skip",
    who: "operator",
    area: "review",
    tag,
    summary: "Leave an item undecided, with a reason",
    params: idParams,
    body: z.strictObject({ reviewer: reviewerField, reason: z.string().max(limits.commentCharsMax).default("") }),
    response: reviewShape,
    handle: async ({ deps, actor, params, body: { reason, reviewer } }) => {
      const by = { reviewer: reviewerOf(actor, reviewer), nowMs: deps.clock.now() };
      return reviewOf(await skipReview(deps.store, { item: params.id, reason, ...by }));
    },
  }),
];
