import { z } from "zod";
import {
  type Feedback,
  type ReviewItem,
  getReviewItem,
  listReviewItems,
  nextReviewItem,
  settleReview,
  skipReview,
} from "../../feedback/index.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { type Route, route } from "../route.ts";
import { idParams, listOf, name, pageOf, pageQuery, unixMs } from "../shapes.ts";

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

const reviewShape = z.strictObject({
  object: z.literal("review"),
  id: z.string(),
  state: z.enum(["open", "claimed", "settled", "skipped"]),
  endpoint: z.string(),
  prediction: z.string(),
  model: z.string(),
  input: z.string(),
  answer: z.strictObject({ label: z.string(), probability: z.number() }),
  labels: z.array(z.string()).describe("The labels to choose from."),
  proposals: z.array(z.looseObject({ label: z.string() })).describe("What users say it should be."),
  stance: z.enum(["disputed", "confirmed", "neutral"]),
  priority: z.number(),
  label: z.string().nullable().describe("When settled."),
  reviewer: z.string().nullable(),
  created_at_ms: unixMs,
});

function reviewOf(item: ReviewItem): z.input<typeof reviewShape> {
  return {
    object: "review",
    id: item.id,
    state: item.state,
    endpoint: item.endpoint,
    prediction: item.prediction,
    model: item.model,
    input: item.input,
    answer: item.answer,
    labels: [...item.labels],
    proposals: item.proposals.map((proposal) => ({ ...proposal })),
    stance: item.stance,
    priority: item.priority,
    label: item.state === "settled" ? item.label : null,
    reviewer: item.state === "open" ? null : item.reviewer,
    created_at_ms: item.createdAtMs,
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
      endpoint: name.optional(),
    }),
    response: listOf(reviewShape),
    async handle({ deps, query: { limit, cursor, state, endpoint } }) {
      const page = {
        limit: limit + 1,
        ...(state ? { state } : {}),
        ...(endpoint ? { endpoint } : {}),
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
    body: z.strictObject({ reviewer: name, endpoint: name.optional() }),
    response: z.strictObject({ object: z.literal("next_review"), review: reviewShape.nullable() }),
    async handle({ deps, body }) {
      const item = await nextReviewItem(deps.store, {
        reviewer: body.reviewer,
        nowMs: deps.clock.now(),
        ...(body.endpoint ? { endpoint: body.endpoint } : {}),
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
    summary: "Decide an item's label",
    params: idParams,
    body: z.strictObject({ reviewer: name, label }),
    response: reviewShape,
    handle: async ({ deps, params, body }) =>
      reviewOf(await settleReview(deps.store, { item: params.id, ...body, nowMs: deps.clock.now() })),
  }),
  route({
    method: "POST",
    path: "/admin/v1/reviews/:id/skip",
    who: "operator",
    area: "review",
    tag,
    summary: "Leave an item undecided, with a reason",
    params: idParams,
    body: z.strictObject({ reviewer: name, reason: z.string().max(limits.commentCharsMax).default("") }),
    response: reviewShape,
    handle: async ({ deps, params, body }) =>
      reviewOf(await skipReview(deps.store, { item: params.id, ...body, nowMs: deps.clock.now() })),
  }),
];
