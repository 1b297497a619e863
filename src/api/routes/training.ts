import { z } from "zod";
import type { Id } from "../../kernel/ids.ts";
import { type Model, type ModelSummary, getModel, listModels, loadBundle } from "../../models/index.ts";
import {
  type Evaluation,
  type Run,
  cancelRun,
  getEvaluation,
  getRecipe,
  getRun,
  listEvaluations,
  listRuns,
  parseRecipe,
  recipeJsonSchema,
  recipes,
  startRun,
} from "../../train/index.ts";
import { type Route, route } from "../route.ts";
import { idParams, listOf, metric, name, pageOf, pageQuery, unixMs } from "../shapes.ts";

const curveFigures = z
  .object({ loss: z.number() })
  .catchall(z.number())
  .describe("The loss, and what else is measured, such as accuracy.");
const curvePoint = z.strictObject({
  epoch: z.number().int(),
  train: curveFigures,
  validation: curveFigures.nullable(),
});

const runShape = z.strictObject({
  object: z.literal("run"),
  id: z.string(),
  name: z.string(),
  dataset_version: z.string(),
  recipe: z.looseObject({ name: z.string() }).describe("The recipe as data, with every hyperparameter."),
  seed: z.number().int(),
  parent: z.string().nullable(),
  state: z.enum(["queued", "training", "done", "failed", "cancelled"]),
  epoch: z.number().int().nullable().describe("While training."),
  eta_ms: z.number().nullable().describe("While training."),
  model: z.string().nullable().describe("When done."),
  evaluation: z.string().nullable().describe("When done."),
  reason: z.string().nullable().describe("When failed."),
  curves: z.array(curvePoint),
  created_at_ms: unixMs,
  finished_at_ms: unixMs.nullable(),
});

function runOf(run: Run): z.input<typeof runShape> {
  const progress = run.state === "training" ? run.progress : null;
  return {
    object: "run",
    id: run.id,
    name: run.name,
    dataset_version: run.datasetVersion,
    recipe: run.recipe,
    seed: run.seed,
    parent: run.parent,
    state: run.state,
    epoch: progress?.epoch ?? null,
    eta_ms: progress?.etaMs ?? null,
    model: run.state === "done" ? run.model : null,
    evaluation: run.state === "done" ? run.evaluation : null,
    reason: run.state === "failed" ? run.reason : null,
    curves: "curves" in run ? [...run.curves] : [...(progress?.curves ?? [])],
    created_at_ms: run.createdAtMs,
    finished_at_ms: run.finishedAtMs,
  };
}

const figureShape = z.strictObject({ name: z.string(), estimate: metric, better: z.enum(["lower", "higher"]) });

export const modelShape = z.strictObject({
  object: z.literal("model"),
  id: z.string(),
  name: z.string(),
  task: z.string(),
  labels: z.array(z.string()),
  digest: z.string(),
  onnx_bytes: z.number().int(),
  lineage: z.strictObject({
    run: z.string().nullable(),
    dataset_version: z.string().nullable(),
    recipe: z.string().nullable(),
    parent: z.string().nullable(),
  }),
  test: z
    .union([
      z.strictObject({
        examples: z.number().int(),
        accuracy: metric,
        macro_f1: metric,
        cross_entropy: metric,
        calibration_error: metric,
        area_under_curve: metric.nullable().describe("Of two classes; else null."),
      }),
      z.strictObject({ examples: z.number().int(), figures: z.array(figureShape) }),
    ])
    .nullable()
    .describe("On the frozen test split, with 95 % intervals."),
  created_at_ms: unixMs,
});

export function modelOf(model: Model): z.input<typeof modelShape> {
  const { lineage, summary } = model;
  return {
    object: "model",
    id: model.id,
    name: model.name,
    task: model.task,
    labels: [...model.labels],
    digest: model.digest,
    onnx_bytes: model.onnxBytes,
    lineage: {
      run: lineage.run,
      dataset_version: lineage.datasetVersion,
      recipe: lineage.recipe,
      parent: lineage.parent,
    },
    test: summary && testOf(summary),
    created_at_ms: model.createdAtMs,
  };
}

function testOf(summary: ModelSummary): z.input<typeof modelShape>["test"] {
  const { examples } = summary;
  if ("figures" in summary) return { examples, figures: [...summary.figures] };
  return {
    examples,
    accuracy: summary.accuracy,
    macro_f1: summary.macroF1,
    cross_entropy: summary.crossEntropy,
    calibration_error: summary.calibrationError,
    area_under_curve: summary.areaUnderCurve ?? null,
  };
}

const evaluationShape = z.strictObject({
  object: z.literal("evaluation"),
  id: z.string(),
  model: z.string(),
  dataset_version: z.string(),
  split: z.string(),
  metrics: z.looseObject({}).describe("Accuracy, macro and per-class figures, confusion, each with a 95 % interval."),
  baselines: z.array(z.looseObject({})),
  slices: z.array(z.looseObject({})),
  created_at_ms: unixMs,
});

function evaluationOf(evaluation: Evaluation): z.input<typeof evaluationShape> {
  return {
    object: "evaluation",
    id: evaluation.id,
    model: evaluation.model,
    dataset_version: evaluation.datasetVersion,
    split: evaluation.split,
    metrics: { ...evaluation.metrics },
    baselines: evaluation.baselines.map((baseline) => ({ ...baseline })),
    slices: evaluation.slices.map((slice) => ({ ...slice })),
    created_at_ms: evaluation.createdAtMs,
  };
}

const recipeShape = z.strictObject({
  object: z.literal("recipe"),
  name: z.string(),
  summary: z.string(),
  recipe: z.looseObject({}),
  schema: z.looseObject({}).describe("JSON Schema of recipes of this architecture."),
});

export const trainingRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/recipes",
    who: "operator",
    area: "train",
    tag: "Training",
    summary: "List the recipes that can be trained",
    response: listOf(recipeShape),
    handle: async () => ({
      object: "list" as const,
      data: recipes.map(({ name, summary, recipe }) => ({
        object: "recipe" as const,
        name,
        summary,
        recipe: { ...recipe },
        schema: { ...recipeJsonSchema(recipe) },
      })),
      has_more: false,
      next_cursor: null,
    }),
  }),
  route({
    method: "POST",
    path: "/admin/v1/runs",
    who: "operator",
    area: "train",
    tag: "Training",
    summary: "Start a run; the server's worker trains it",
    body: z.strictObject({
      dataset_version: z.string(),
      recipe: z
        .union([z.string(), z.looseObject({})])
        .default("text-classification")
        .describe("A recipe's name, or a recipe."),
      seed: z
        .number()
        .int()
        .min(0)
        .max(2 ** 31 - 1)
        .default(1),
      name: name.optional(),
    }),
    status: 202,
    response: runShape,
    async handle({ deps, body }) {
      const recipe = typeof body.recipe === "string" ? getRecipe(body.recipe).recipe : parseRecipe(body.recipe);
      const run = await startRun(deps.store, {
        datasetVersion: body.dataset_version as Id<"datasetVersion">,
        recipe,
        seed: body.seed,
        nowMs: deps.clock.now(),
        ...(body.name ? { name: body.name } : {}),
      });
      return runOf(run);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/runs",
    who: "operator",
    area: "train",
    tag: "Training",
    summary: "List runs, newest first",
    query: pageQuery,
    response: listOf(runShape),
    handle: async ({ deps, query: { limit, cursor } }) =>
      pageOf(await listRuns(deps.store, { limit: limit + 1, ...(cursor ? { before: cursor } : {}) }), limit, runOf),
  }),
  route({
    method: "GET",
    path: "/admin/v1/runs/:id",
    who: "operator",
    area: "train",
    tag: "Training",
    summary: "Get a run: its state, its curves, its progress",
    params: idParams,
    response: runShape,
    handle: async ({ deps, params }) => runOf(await getRun(deps.store, params.id)),
  }),
  route({
    method: "POST",
    path: "/admin/v1/runs/:id/cancel",
    who: "operator",
    area: "train",
    tag: "Training",
    summary: "Stop a run",
    params: idParams,
    response: runShape,
    handle: async ({ deps, params }) => runOf(await cancelRun(deps.store, params.id as Id<"run">, deps.clock.now())),
  }),
  route({
    method: "GET",
    path: "/admin/v1/models",
    who: "operator",
    area: "models",
    tag: "Models",
    summary: "List models, newest first",
    query: pageQuery,
    response: listOf(modelShape),
    handle: async ({ deps, query: { limit, cursor } }) =>
      pageOf(await listModels(deps.store, { limit: limit + 1, ...(cursor ? { before: cursor } : {}) }), limit, modelOf),
  }),
  route({
    method: "GET",
    path: "/admin/v1/models/:id",
    who: "operator",
    area: "models",
    tag: "Models",
    summary: "Get a model",
    params: idParams,
    response: modelShape,
    handle: async ({ deps, params }) => modelOf(await getModel(deps.store, params.id as Id<"model">)),
  }),
  route({
    method: "GET",
    path: "/admin/v1/models/:id/card",
    who: "operator",
    area: "models",
    tag: "Models",
    summary: "Get a model's card",
    params: idParams,
    response: z.looseObject({}),
    handle: async ({ deps, params }) => ({ ...(await loadBundle(deps.store, params.id as Id<"model">)).card }),
  }),
  route({
    method: "GET",
    path: "/admin/v1/evaluations",
    who: "operator",
    area: "models",
    tag: "Models",
    summary: "List evaluations, newest first",
    query: pageQuery.extend({ model: z.string().optional() }),
    response: listOf(evaluationShape),
    async handle({ deps, query: { limit, cursor, model } }) {
      const page = {
        limit: limit + 1,
        ...(model ? { model: model as Id<"model"> } : {}),
        ...(cursor ? { before: cursor as Id<"evaluation"> } : {}),
      };
      return pageOf(await listEvaluations(deps.store, page), limit, evaluationOf);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/evaluations/:id",
    who: "operator",
    area: "models",
    tag: "Models",
    summary: "Get an evaluation",
    params: idParams,
    response: evaluationShape,
    handle: async ({ deps, params }) => evaluationOf(await getEvaluation(deps.store, params.id as Id<"evaluation">)),
  }),
];
