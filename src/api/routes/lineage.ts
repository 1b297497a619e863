import { z } from "zod";
import { lineageKinds, lineageOf } from "../../insight/index.ts";
import { type Route, route } from "../route.ts";
import { unixMs } from "../shapes.ts";

const lineageShape = z.strictObject({
  object: z.literal("lineage"),
  of: z.string(),
  nodes: z.array(
    z.strictObject({
      id: z.string(),
      kind: z.enum(lineageKinds),
      name: z.string(),
      detail: z
        .string()
        .describe("Of a source its kind, of a version its note, of a model its task, of a release its role."),
      examples: z.number().int().nullable().describe("That a source gave, that a version holds."),
      version: z.string().nullable().describe("The version it went into, or was learned from."),
      page: z.string().nullable().describe("The id of the object, or the name of the endpoint."),
      at_ms: unixMs,
    }),
  ),
  edges: z.array(z.strictObject({ from: z.string(), to: z.string() })),
  has_more: z.boolean().describe("There is more than is shown."),
});

export const lineageRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/lineage",
    who: "operator",
    area: "models", // who sees models sees data, runs and endpoints too
    tag: "Models",
    summary:
      "Where a dataset, a version or a model came from, and what came of it: files and reviews, versions, runs, models, releases",
    query: z.strictObject({
      of: z
        .string()
        .min(1)
        .max(200)
        .describe("A dataset or one of its versions, or a model: by id, name, or name@number."),
    }),
    response: lineageShape,
    async handle({ deps, query }) {
      const { of, nodes, edges, isCut } = await lineageOf(deps.store.aside, query.of);
      return {
        object: "lineage" as const,
        of,
        nodes: nodes.map(({ object, atMs, ...node }) => ({ ...node, page: object, at_ms: atMs })),
        edges: edges.map(({ from, to }) => ({ from, to })),
        has_more: isCut,
      };
    },
  }),
];
