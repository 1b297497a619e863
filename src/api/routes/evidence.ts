import { z } from "zod";
import { Refusal } from "../../kernel/errors.ts";
import { modelArchive } from "../../models/index.ts";
import {
  type AnsweredExample,
  type EndedTrial,
  comparePaired,
  getEvaluation,
  getSearch,
  listAnswers,
  listTrials,
  loadScored,
  outcomes,
} from "../../train/index.ts";
import { type Route, route } from "../route.ts";
import { idParams, listOf, metric, pageQuery, pageShape } from "../shapes.ts";

const answerShape = z.strictObject({ label: z.string(), probability: z.number(), right: z.boolean() });

const exampleShape = z.strictObject({
  object: z.literal("answered_example"),
  id: z.string(),
  input: z.string().nullable().describe("Null of an example that was erased since."),
  truth: z.string(),
  answer: answerShape,
  other: answerShape.nullable().describe("The other model's, where `against` names one."),
});

const exampleOf = ({ id, input, truth, answer, other }: AnsweredExample): z.input<typeof exampleShape> => ({
  object: "answered_example",
  id,
  input,
  truth,
  answer,
  other,
});

const comparisonShape = z.strictObject({
  object: z.literal("comparison"),
  measure: z.string().describe("Accuracy, or a loss such as squared error."),
  examples: z.number().int().describe("That both answered."),
  unpaired: z.number().int().describe("That only one answered; left out."),
  base: z.number().describe("The measure of the evaluation in the path."),
  against: z.number(),
  difference: metric.describe("`against` minus base, 95 % paired bootstrap interval."),
  only_base: z.number().int().nullable().describe("Right by the base alone; of classifiers."),
  only_against: z.number().int().nullable(),
  mcnemar_p: z.number().nullable(),
});

const trialShape = z.strictObject({
  object: z.literal("trial"),
  number: z.number().int().describe("Its place in the search, from 0."),
  recipe: z.looseObject({ name: z.string() }),
  share: z.number().nullable().describe("Of the training split; null of a fold."),
  fold: z.number().int().nullable(),
  state: z.enum(["measured", "stopped", "failed"]),
  measure: z.string().nullable(),
  error: z.number().nullable(),
  loss: z.number().nullable(),
  examples: z.number().int().nullable(),
  trained: z.number().int().nullable().describe("Examples it was trained with."),
  took_ms: z.number(),
  reason: z.string().nullable().describe("Why it failed."),
});

function trialOf({ number, recipe, part, outcome }: EndedTrial): z.input<typeof trialShape> {
  const score = outcome.is === "measured" ? outcome : null;
  return {
    object: "trial",
    number,
    recipe,
    share: part.kind === "share" ? part.share : null,
    fold: part.kind === "fold" ? part.fold : null,
    state: outcome.is,
    measure: score?.measure ?? null,
    error: score?.error ?? null,
    loss: score?.loss ?? null,
    examples: score?.examples ?? null,
    trained: score?.trained ?? null,
    took_ms: outcome.tookMs,
    reason: outcome.is === "failed" ? outcome.reason : null,
  };
}

const label = z.string().max(1_000).optional();

export const evidenceRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/evaluations/:id/examples",
    who: "operator",
    area: "models",
    tag: "Models",
    summary: "List what a model said of each example, the surest first; beside another model if asked",
    params: idParams,
    query: pageQuery.extend({
      truth: label.describe("Only examples with this true label."),
      answer: label.describe("Only examples that the model gave this label: with `truth` a cell of the confusion."),
      right: z.enum(["true", "false"]).optional(),
      against: z.string().optional().describe("Another evaluation on the same examples."),
      outcome: z.enum(outcomes).optional().describe("With `against`; fixed: wrong here and right there."),
    }),
    response: listOf(exampleShape),
    async handle({ deps, params, query }) {
      const { limit, cursor, truth, answer, right, against, outcome } = query;
      if (outcome !== undefined && against === undefined) {
        throw new Refusal("invalid_request", "An outcome needs a second evaluation: name it as against.", {
          param: "outcome",
        });
      }
      const evaluation = await getEvaluation(deps.store, params.id);
      const page = await listAnswers(deps.store, evaluation, {
        truth,
        answer,
        outcome,
        limit,
        after: cursor,
        right: right === undefined ? undefined : right === "true",
        other: against === undefined ? undefined : await getEvaluation(deps.store, against),
      });
      return pageShape(page, exampleOf);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/evaluations/:id/compare",
    who: "operator",
    area: "models",
    tag: "Models",
    summary: "Compare two models on the examples that both answered; facts, no decision",
    params: idParams,
    query: z.strictObject({ against: z.string() }),
    response: comparisonShape,
    async handle({ deps, params, query }) {
      const [a, b] = await Promise.all([
        getEvaluation(deps.store, params.id),
        getEvaluation(deps.store, query.against),
      ]);
      const found = comparePaired(await loadScored(deps.store, a), await loadScored(deps.store, b), {
        seed: "compare",
      });
      const facts = { object: "comparison" as const, examples: found.n, unpaired: found.unpaired };
      const { difference } = found;
      if ("measure" in found) {
        const { measure, lossA, lossB } = found;
        const none = { only_base: null, only_against: null, mcnemar_p: null };
        return { ...facts, measure, base: lossA, against: lossB, difference, ...none };
      }
      return {
        ...facts,
        measure: "accuracy",
        base: found.accuracyA,
        against: found.accuracyB,
        difference,
        only_base: found.discordant.onlyA,
        only_against: found.discordant.onlyB,
        mcnemar_p: found.mcnemarP,
      };
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/models/:id/folder",
    who: "operator",
    area: "models",
    tag: "Models",
    summary: "Download a model as a folder that runs without us, in a .tar.gz",
    params: idParams,
    response: z.string().describe("A gzipped tar file."),
    async handle({ deps, params, reply }) {
      const { name, bytes } = await modelArchive(deps.store, params.id);
      void reply.header("content-disposition", `attachment; filename="${name}"`);
      await reply.type("application/gzip").send(bytes);
      return "";
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/searches/:id/trials",
    who: "operator",
    area: "train",
    tag: "Training",
    summary: "List a search's trials in their order",
    params: idParams,
    query: pageQuery,
    response: listOf(trialShape),
    async handle({ deps, params, query: { limit, cursor } }) {
      const { id } = await getSearch(deps.store, params.id);
      const after = cursor === undefined ? -1 : Number(cursor);
      const left = (await listTrials(deps.store, id)).filter(({ number }) => number > after);
      const data = left.slice(0, limit);
      const last = data.at(-1);
      return pageShape({ data, nextCursor: last && left.length > limit ? String(last.number) : null }, trialOf);
    },
  }),
];
