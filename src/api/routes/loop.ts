import { z } from "zod";
import { findDataset } from "../../data/index.ts";
import type { Id } from "../../kernel/ids.ts";
import {
  type Turn,
  type Verdict,
  getTurn,
  getVerdict,
  judge,
  listTurns,
  listVerdicts,
  startTurn,
} from "../../loop/index.ts";
import { getRecipe } from "../../train/index.ts";
import { type Route, route } from "../route.ts";
import { idParams, listOf, metric, name, pageOf, pageQuery, unixMs } from "../shapes.ts";

export const verdictShape = z.strictObject({
  object: z.literal("verdict"),
  id: z.string(),
  endpoint: z.string(),
  champion: z.string(),
  candidate: z.string(),
  dataset_version: z.string(),
  decision: z.enum(["promote", "keep", "not_proven"]),
  reason: z.string(),
  measure: z.string().describe("What is compared: accuracy, or a loss such as squared error."),
  difference: metric.describe("The candidate's measure minus the champion's, 95 % paired bootstrap interval."),
  mcnemar_p: z.number().nullable().describe("Of classifiers."),
  examples: z.number().int(),
  customers: z.array(z.string()),
  partners: z.array(z.string()),
  release: z.string().nullable(),
  created_at_ms: unixMs,
});
export const verdictOf = (verdict: Verdict): z.input<typeof verdictShape> => ({
  object: "verdict",
  id: verdict.id,
  endpoint: verdict.endpoint,
  champion: verdict.champion,
  candidate: verdict.candidate,
  dataset_version: verdict.datasetVersion,
  decision: verdict.decision,
  reason: verdict.reason,
  measure: "measure" in verdict.comparison ? verdict.comparison.measure : "accuracy",
  difference: verdict.comparison.difference,
  mcnemar_p: "mcnemarP" in verdict.comparison ? verdict.comparison.mcnemarP : null,
  examples: verdict.comparison.n,
  customers: verdict.touches.customers.map(({ id }) => id),
  partners: [...verdict.touches.partners],
  release: verdict.release,
  created_at_ms: verdict.createdAtMs,
});

const turnShape = z.strictObject({
  object: z.literal("turn"),
  id: z.string(),
  endpoint: z.string(),
  dataset: z.string(),
  state: z.enum(["collecting", "training", "ended", "failed"]),
  run: z.string().nullable(),
  verdict: z.string().nullable(),
  reason: z.string().nullable(),
  created_at_ms: unixMs,
});
const turnOf = (turn: Turn): z.input<typeof turnShape> => ({
  object: "turn",
  id: turn.id,
  endpoint: turn.endpoint,
  dataset: turn.dataset,
  state: turn.state,
  run: turn.state === "training" || turn.state === "ended" ? turn.run : null,
  verdict: turn.state === "ended" ? turn.verdict : null,
  reason: turn.state === "failed" ? turn.reason : null,
  created_at_ms: turn.createdAtMs,
});

const tag = "Loop";

export const loopRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/turns",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "Turn the wheel: reviewed examples, version, run, verdict",
    body: z.strictObject({
      endpoint: name,
      dataset: name,
      recipe: z.string().default("text-classification"),
      seed: z
        .number()
        .int()
        .min(0)
        .max(2 ** 31 - 1)
        .default(1),
      reviewed_min: z.number().int().min(1).default(1),
    }),
    status: 202,
    response: turnShape,
    async handle({ deps, body }) {
      const turn = await startTurn(deps.store, {
        endpoint: body.endpoint,
        dataset: (await findDataset(deps.store, body.dataset)).id,
        recipe: getRecipe(body.recipe).recipe,
        seed: body.seed,
        reviewedMin: body.reviewed_min,
        nowMs: deps.clock.now(),
      });
      return turnOf(turn);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/turns",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "List turns, newest first",
    query: pageQuery,
    response: listOf(turnShape),
    handle: async ({ deps, query: { limit, cursor } }) =>
      pageOf(await listTurns(deps.store, { limit: limit + 1, before: cursor }), limit, turnOf),
  }),
  route({
    method: "GET",
    path: "/admin/v1/turns/:id",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "Get a turn",
    params: idParams,
    response: turnShape,
    handle: async ({ deps, params }) => turnOf(await getTurn(deps.store, params.id)),
  }),
  route({
    method: "POST",
    path: "/admin/v1/endpoints/:name/judge",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "Compare a model with the champion; promote only if proved better",
    params: z.strictObject({ name }),
    body: z.strictObject({ model: z.string() }),
    response: verdictShape,
    async handle({ deps, params, body, signal }) {
      const { store, clock, threads } = deps;
      const verdict = await judge(
        { store, clock, threads },
        { endpoint: params.name, candidate: body.model as Id<"model">, nowMs: clock.now(), signal },
      );
      deps.serving.forget(params.name);
      return verdictOf(verdict);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/verdicts",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "List verdicts, newest first",
    query: pageQuery.extend({ endpoint: name.optional() }),
    response: listOf(verdictShape),
    handle: async ({ deps, query: { limit, cursor, endpoint } }) =>
      pageOf(await listVerdicts(deps.store, { limit: limit + 1, before: cursor, endpoint }), limit, verdictOf),
  }),
  route({
    method: "GET",
    path: "/admin/v1/verdicts/:id",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "Get a verdict",
    params: idParams,
    response: verdictShape,
    handle: async ({ deps, params }) => verdictOf(await getVerdict(deps.store, params.id)),
  }),
];
