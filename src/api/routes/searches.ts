import { z } from "zod";
import { limits } from "../../kernel/limits.ts";
import { findDataset, findVersion } from "../../data/index.ts";
import type { Queries } from "../../store/index.ts";
import {
  type Search,
  type SearchWanted,
  cancelSearch,
  getRecipe,
  getSearch,
  listSearches,
  parseRecipe,
  recipeFor,
  recipeOf,
  startSearch,
} from "../../train/index.ts";
import type { Id } from "../../kernel/ids.ts";
import { type Route, route } from "../route.ts";
import { idParams, listOf, name, pageOf, pageQuery, unixMs } from "../shapes.ts";

const kinds = z.enum(["cross-validation", "learning-curve", "hyperparameters", "recipe-choice"]);

const searchShape = z.strictObject({
  object: z.literal("search"),
  id: z.string(),
  kind: kinds,
  dataset_version: z.string(),
  seed: z.number().int(),
  train: z.boolean().describe("Whether the recipe it ends with becomes a run."),
  state: z.enum(["queued", "searching", "done", "failed", "cancelled"]),
  progress: z
    .strictObject({ trial: z.number().int(), doing: z.string(), share: z.number(), eta_ms: z.number().nullable() })
    .nullable()
    .describe("While searching."),
  outcome: z.looseObject({}).nullable().describe("When done: its figures, with 95 % intervals."),
  recipe: z.looseObject({}).nullable().describe("When done: the recipe that was found or chosen."),
  run: z.string().nullable(),
  reason: z.string().nullable().describe("When failed."),
  created_at_ms: unixMs,
  finished_at_ms: unixMs.nullable(),
});

function searchOf(search: Search): z.input<typeof searchShape> {
  const progress = search.state === "searching" ? search.progress : null;
  const outcome = search.state === "done" ? search.outcome : null;
  const recipe = outcome && recipeOf(outcome);
  return {
    object: "search",
    id: search.id,
    kind: search.spec.kind,
    dataset_version: search.datasetVersion,
    seed: search.seed,
    train: search.trains,
    state: search.state,
    progress: progress && {
      trial: progress.trial,
      doing: progress.doing,
      share: progress.share,
      eta_ms: progress.etaMs,
    },
    outcome: outcome && { ...outcome },
    recipe: recipe && { ...recipe },
    run: search.state === "done" ? search.run : null,
    reason: search.state === "failed" ? search.reason : null,
    created_at_ms: search.createdAtMs,
    finished_at_ms: search.finishedAtMs,
  };
}

const newSearch = z.strictObject({
  kind: kinds,
  dataset_version: z.string(),
  recipe: z
    .union([z.string(), z.looseObject({})])
    .optional()
    .describe(
      "A recipe's name, or a recipe; by default the one for what the dataset holds. A choice tries all that fit.",
    ),
  folds: z.number().int().min(2).max(limits.searchFoldsMax).optional(),
  minutes: z.number().positive().max(limits.searchMinutesMax).optional().describe("Default 10."),
  train: z.boolean().default(false).describe("Train the recipe it ends with, as a run."),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(1),
  name: name.optional().describe("Of that run and its model."),
});

async function wantedOf(db: Queries, body: z.output<typeof newSearch>): Promise<SearchWanted> {
  const { kind, folds, minutes } = body;
  const { datasetId } = await findVersion(db, body.dataset_version);
  const named = body.recipe ?? recipeFor(await findDataset(db, datasetId));
  const recipe = typeof named === "string" ? getRecipe(named).recipe : parseRecipe(named);
  const withFolds = folds === undefined ? {} : { folds };
  const withMinutes = minutes === undefined ? {} : { minutes };
  switch (kind) {
    case "cross-validation":
      return { kind, recipe, ...withFolds };
    case "learning-curve":
      return { kind, recipe };
    case "hyperparameters":
      return { kind, recipe, ...withMinutes };
    case "recipe-choice":
      return { kind, ...withFolds, ...withMinutes };
  }
}

export const searchRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/searches",
    who: "operator",
    area: "train",
    tag: "Training",
    summary: "Start a search: cross-validation, learning curve, hyperparameters, or the choice of a recipe",
    body: newSearch,
    status: 202,
    response: searchShape,
    async handle({ deps, body }) {
      const search = await startSearch(deps.store, {
        datasetVersion: body.dataset_version as Id<"datasetVersion">,
        wanted: await wantedOf(deps.store, body),
        seed: body.seed,
        trains: body.train,
        nowMs: deps.clock.now(),
        ...(body.name ? { runName: body.name } : {}),
      });
      return searchOf(search);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/searches",
    who: "operator",
    area: "train",
    tag: "Training",
    summary: "List searches, newest first",
    query: pageQuery,
    response: listOf(searchShape),
    handle: async ({ deps, query: { limit, cursor } }) =>
      pageOf(
        await listSearches(deps.store, { limit: limit + 1, ...(cursor ? { before: cursor } : {}) }),
        limit,
        searchOf,
      ),
  }),
  route({
    method: "GET",
    path: "/admin/v1/searches/:id",
    who: "operator",
    area: "train",
    tag: "Training",
    summary: "Get a search: its state, its progress, what it came to",
    params: idParams,
    response: searchShape,
    handle: async ({ deps, params }) => searchOf(await getSearch(deps.store, params.id)),
  }),
  route({
    method: "POST",
    path: "/admin/v1/searches/:id/cancel",
    who: "operator",
    area: "train",
    tag: "Training",
    summary: "Stop a search",
    params: idParams,
    response: searchShape,
    handle: async ({ deps, params }) => searchOf(await cancelSearch(deps.store, params.id, deps.clock.now())),
  }),
];
