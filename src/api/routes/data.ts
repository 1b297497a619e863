import { z } from "zod";
import {
  type Changed,
  type Dataset,
  type DatasetVersion,
  createDataset,
  createVersion,
  findDataset,
  findVersion,
  kinds,
  listDatasets,
  listVersions,
  readReport,
} from "../../data/index.ts";
import { versionFromReviews } from "../../feedback/index.ts";
import { limits } from "../../kernel/limits.ts";
import { type Route, route } from "../route.ts";
import { idParams, listOf, name, pageOf, pageQuery, unixMs } from "../shapes.ts";

const datasetShape = z.strictObject({
  object: z.literal("dataset"),
  id: z.string(),
  name: z.string(),
  kind: z.enum(kinds),
  versions: z.number().int(),
  validation_share: z.number(),
  test_share: z.number(),
  created_at_ms: unixMs,
});
const datasetOf = (dataset: Dataset): z.input<typeof datasetShape> => ({
  object: "dataset",
  id: dataset.id,
  name: dataset.name,
  kind: dataset.kind,
  versions: dataset.latestNumber,
  validation_share: dataset.shares.validation,
  test_share: dataset.shares.test,
  created_at_ms: dataset.createdAtMs,
});

const versionShape = z.strictObject({
  object: z.literal("dataset_version"),
  id: z.string(),
  dataset: z.string(),
  number: z.number().int(),
  digest: z.string(),
  counts: z.record(z.string(), z.number().int()).describe("Examples in each part: train, validation, test, pool."),
  labels: z.array(z.string()),
  note: z.string(),
  created_at_ms: unixMs,
});
const versionOf = (version: DatasetVersion): z.input<typeof versionShape> => ({
  object: "dataset_version",
  id: version.id,
  dataset: version.datasetId,
  number: version.number,
  digest: version.digest,
  counts: { ...version.counts },
  labels: [...version.labels],
  note: version.note,
  created_at_ms: version.createdAtMs,
});

const changedShape = versionShape.extend({
  outcomes: z.record(z.string(), z.number().int()).describe("How many rows were added, unchanged, refused and so on."),
});

function changedOf({ version, outcomes }: Changed): z.input<typeof changedShape> {
  const counts: Record<string, number> = {};
  for (const { kind } of outcomes) counts[kind] = (counts[kind] ?? 0) + 1;
  return { ...versionOf(version), object: "dataset_version", outcomes: counts };
}

const tag = "Data";

export const dataRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/datasets",
    who: "operator",
    area: "data",
    tag,
    summary: "Create an empty dataset; files come in by an import",
    body: z.strictObject({
      name,
      seed: name.default("1"),
      kind: z.enum(kinds).default("text").describe("What its examples are."),
    }),
    status: 201,
    response: datasetShape,
    handle: async ({ deps, body }) => datasetOf(await createDataset(deps, body)),
  }),
  route({
    method: "GET",
    path: "/admin/v1/datasets",
    who: "operator",
    area: "data",
    tag,
    summary: "List datasets, newest first",
    query: pageQuery,
    response: listOf(datasetShape),
    handle: async ({ deps, query: { limit, cursor } }) =>
      pageOf(await listDatasets(deps.store, { limit: limit + 1, after: cursor }), limit, datasetOf),
  }),
  route({
    method: "GET",
    path: "/admin/v1/datasets/:id",
    who: "operator",
    area: "data",
    tag,
    summary: "Get a dataset by id or name",
    params: idParams,
    response: datasetShape,
    handle: async ({ deps, params }) => datasetOf(await findDataset(deps.store, params.id)),
  }),
  route({
    method: "GET",
    path: "/admin/v1/datasets/:id/versions",
    who: "operator",
    area: "data",
    tag,
    summary: "List a dataset's versions, newest first",
    params: idParams,
    query: pageQuery,
    response: listOf(versionShape),
    async handle({ deps, params, query: { limit, cursor } }) {
      const dataset = await findDataset(deps.store, params.id);
      return pageOf(await listVersions(deps.store, dataset.id, { limit: limit + 1, after: cursor }), limit, versionOf);
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/datasets/:id/versions",
    who: "operator",
    area: "data",
    tag,
    summary: "Make the next version by adding labelled examples",
    params: idParams,
    body: z.strictObject({
      examples: z
        .array(
          z.strictObject({
            input: z.string().min(1).max(limits.exampleCharsMax),
            label: z.string().min(1).max(limits.spansCharsMax).describe("Of a text with spans: all of them as JSON."),
          }),
        )
        .min(1)
        .max(limits.versionExamplesPostedMax),
      note: z.string().min(1).max(limits.commentCharsMax),
    }),
    status: 201,
    response: changedShape,
    async handle({ deps, params, body }) {
      const add = body.examples.map((example) => ({
        ...example,
        provenance: { kind: "manual" as const, note: body.note },
      }));
      return changedOf(await createVersion(deps, { dataset: params.id, add, note: body.note }));
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/datasets/:id/apply-reviews",
    who: "operator",
    area: "data",
    tag,
    summary: "Make the next version from the dataset's own reviewed examples",
    params: idParams,
    body: z.strictObject({}),
    status: 201,
    response: changedShape,
    handle: async ({ deps, params }) => changedOf(await versionFromReviews(deps, params.id)),
  }),
  route({
    method: "GET",
    path: "/admin/v1/dataset-versions/:id",
    who: "operator",
    area: "data",
    tag,
    summary: "Get a version by id, or by name@number",
    params: idParams,
    response: versionShape,
    handle: async ({ deps, params }) => versionOf(await findVersion(deps.store, params.id)),
  }),
  route({
    method: "GET",
    path: "/admin/v1/dataset-versions/:id/report",
    who: "operator",
    area: "data",
    tag,
    summary: "Get a version's data report: what was dropped and why, balance, lengths, personal data found",
    params: idParams,
    response: z.looseObject({}),
    handle: async ({ deps, params }) => ({
      ...(await readReport(deps.store, (await findVersion(deps.store, params.id)).id)),
    }),
  }),
];
