import { z } from "zod";
import {
  type Agreement,
  adjudicateReview,
  claimReviews,
  coefficientNames,
  countReviewsByQueue,
  getReviewGuide,
  listVotes,
  queueExamples,
  releaseReviews,
  reviewAgreement,
  setGold,
  setReviewGuide,
  undoReview,
} from "../../feedback/index.ts";
import { limits } from "../../kernel/limits.ts";
import { decisionField, queueName, reviewOf, reviewShape, reviewerField, reviewerOf } from "../reviews.ts";
import { type Route, route } from "../route.ts";
import { idParams, metric, unixMs } from "../shapes.ts";

const queueParams = z.strictObject({ queue: queueName });

const guideShape = z.strictObject({
  object: z.literal("review_guide"),
  queue: z.string(),
  instructions: z.string(),
  reviewers: z.number().int().describe("How many must give the same label."),
});

const coefficient = metric.nullable().describe("With its 95 % interval; null when there are too few votes to tell.");
const share = z.strictObject({
  n: z.number().int(),
  successes: z.number().int(),
  value: z.number(),
  low: z.number(),
  high: z.number(),
});

const agreementShape = z.strictObject({
  object: z.literal("review_agreement"),
  items: z.number().int().describe("Items with at least two votes."),
  votes: z.number().int(),
  spans: z
    .strictObject({
      items: z.number().int(),
      observed: z.number().describe("Of pairs of votes on one text, the share in which all spans are the same."),
      f1: coefficient.describe(
        "Of spans with the same start, end and label; null when there are too few votes to tell.",
      ),
    })
    .nullable()
    .describe("Of texts with spans, which are in no other figure; null without any."),
  observed: z.number().nullable().describe("Of pairs of votes on one item, the share with the same label."),
  coefficients: z.strictObject(
    Object.fromEntries(coefficientNames.map((each) => [each, coefficient])) as {
      [N in (typeof coefficientNames)[number]]: typeof coefficient;
    },
  ),
  reviewers: z.array(
    z.strictObject({
      reviewer: z.string(),
      votes: z.number().int(),
      gold: share.nullable().describe("Right on gold items."),
    }),
  ),
  pairs: z.array(
    z.strictObject({
      reviewers: z.array(z.string()).describe("Both of them."),
      items: z.number().int(),
      cohen_kappa: coefficient,
    }),
  ),
});

const agreementOf = (found: Agreement): z.input<typeof agreementShape> => ({
  object: "review_agreement",
  items: found.items,
  votes: found.votes,
  spans: found.spans && { ...found.spans },
  observed: found.observed,
  coefficients: found.coefficients,
  reviewers: found.reviewers.map((each) => ({ ...each })),
  pairs: found.pairs.map(({ reviewers, items, kappa }) => ({
    reviewers: [...reviewers],
    items,
    cohen_kappa: kappa,
  })),
});

const tag = "Reviews";

/** Reviewing by people: several items at hand, second thoughts, guides, gold items, agreement. */
export const reviewingRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/reviews/claim",
    who: "operator",
    area: "review",
    tag,
    summary: "Claim the items that teach most, several at once; those one has claimed already come first",
    body: z.strictObject({
      reviewer: reviewerField,
      queue: queueName.optional(),
      count: z.number().int().min(1).max(limits.reviewBatchMax).default(1),
    }),
    response: z.strictObject({ object: z.literal("review_batch"), data: z.array(reviewShape) }),
    async handle({ deps, actor, body: { queue, count, reviewer } }) {
      const batch = { reviewer: reviewerOf(actor, reviewer), queue, count, nowMs: deps.clock.now() };
      return { object: "review_batch" as const, data: (await claimReviews(deps.store, batch)).map(reviewOf) };
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/reviews/release",
    who: "operator",
    area: "review",
    tag,
    summary: "Give back all items that one has claimed",
    body: z.strictObject({ reviewer: reviewerField }),
    response: z.strictObject({ object: z.literal("released"), items: z.number().int() }),
    handle: async ({ deps, actor, body }) => ({
      object: "released" as const,
      items: await releaseReviews(deps.store, { reviewer: reviewerOf(actor, body.reviewer) }),
    }),
  }),
  route({
    method: "POST",
    path: "/admin/v1/reviews/:id/undo",
    who: "operator",
    area: "review",
    tag,
    summary: "Take back one's last decision on an item, which is then claimed again",
    params: idParams,
    body: z.strictObject({ reviewer: reviewerField }),
    response: reviewShape,
    handle: async ({ deps, actor, params, body }) => {
      const by = { reviewer: reviewerOf(actor, body.reviewer), nowMs: deps.clock.now() };
      return reviewOf(await undoReview(deps.store, { item: params.id, ...by }));
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/reviews/:id/adjudicate",
    who: "operator",
    area: "review",
    tag,
    summary: "Decide over votes that differ",
    params: idParams,
    body: z.strictObject({ reviewer: reviewerField, label: decisionField }),
    response: reviewShape,
    handle: async ({ deps, actor, params, body }) => {
      const by = { reviewer: reviewerOf(actor, body.reviewer), nowMs: deps.clock.now() };
      return reviewOf(await adjudicateReview(deps.store, { item: params.id, label: body.label, ...by }));
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/reviews/:id/gold",
    who: "operator",
    area: "review",
    tag,
    summary: "Make a settled item one that tests reviewers, or an ordinary one again",
    params: idParams,
    body: z.strictObject({ gold: z.boolean() }),
    response: reviewShape,
    handle: async ({ deps, params, body }) => reviewOf(await setGold(deps.store, { item: params.id, ...body })),
  }),
  route({
    method: "GET",
    path: "/admin/v1/reviews/:id/votes",
    who: "operator",
    area: "review",
    tag,
    summary: "Who gave an item which label",
    params: idParams,
    response: z.strictObject({
      object: z.literal("review_votes"),
      data: z.array(z.strictObject({ reviewer: z.string(), label: z.string(), created_at_ms: unixMs })),
    }),
    handle: async ({ deps, params }) => ({
      object: "review_votes" as const,
      data: (await listVotes(deps.store, params.id)).map(({ reviewer, label, created_at_ms }) => ({
        reviewer,
        label,
        created_at_ms,
      })),
    }),
  }),
  route({
    method: "POST",
    path: "/admin/v1/dataset-versions/:id/review",
    who: "operator",
    area: "review",
    tag,
    summary: "Put examples of a dataset version into the queue; labels that are there already are proposed",
    params: idParams,
    body: z.strictObject({
      which: z
        .enum(["unlabelled", "all"])
        .default("unlabelled")
        .describe("What is in the frozen test keeps its label."),
      labels: z
        .array(z.string().trim().min(1).max(limits.labelCharsMax))
        .min(1)
        .max(limits.labelsMax)
        .optional()
        .describe(
          "What reviewers choose from; the version's labels, and of pairs a, b, tie and neither, when left out.",
        ),
      count: z.number().int().min(1).max(limits.reviewQueuedMax).default(limits.reviewQueuedMax),
    }),
    response: z.strictObject({
      object: z.literal("queued_examples"),
      queue: z.string(),
      queued: z.number().int().describe("Those that were not in the queue before."),
    }),
    async handle({ deps, params, body }) {
      const asked = { version: params.id, ...body, nowMs: deps.clock.now() };
      return { object: "queued_examples" as const, ...(await queueExamples(deps.store, asked)) };
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/review-counts",
    who: "operator",
    area: "review",
    tag,
    summary: "How many items of each queue are in which state",
    response: z.strictObject({
      object: z.literal("review_counts"),
      data: z.array(
        z.strictObject({
          queue: z.string(),
          state: reviewShape.shape.state,
          count: z.number().int(),
          disagreeing: z.number().int(),
        }),
      ),
    }),
    handle: async ({ deps }) => ({
      object: "review_counts" as const,
      data: [...(await countReviewsByQueue(deps.store))],
    }),
  }),
  route({
    method: "GET",
    path: "/admin/v1/review-agreement",
    who: "operator",
    area: "review",
    tag,
    summary: "How far reviewers agree with each other and with gold items, over the newest items with votes",
    query: z.strictObject({ queue: queueName.optional() }),
    response: agreementShape,
    handle: async ({ deps, query }) => agreementOf(await reviewAgreement(deps.store, query)),
  }),
  route({
    method: "GET",
    path: "/admin/v1/review-guides/:queue",
    who: "operator",
    area: "review",
    tag,
    summary: "How the items of a queue are reviewed",
    params: queueParams,
    response: guideShape,
    handle: async ({ deps, params }) => ({
      object: "review_guide" as const,
      ...(await getReviewGuide(deps.store, params.queue)),
    }),
  }),
  route({
    method: "POST",
    path: "/admin/v1/review-guides/:queue",
    who: "operator",
    area: "review",
    tag,
    summary: "Set what reviewers are told and how many must agree",
    params: queueParams,
    body: z.strictObject({
      instructions: z.string().max(limits.reviewInstructionsCharsMax),
      reviewers: z.number().int().min(1).max(limits.reviewersPerItemMax),
    }),
    response: guideShape,
    handle: async ({ deps, params, body }) => ({
      object: "review_guide" as const,
      ...(await setReviewGuide(deps.store, { queue: params.queue, ...body, nowMs: deps.clock.now() })),
    }),
  }),
];
