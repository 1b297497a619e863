import { z } from "zod";
import {
  type DatasetVersion,
  type Example,
  browseExamples,
  diffVersions,
  findPersonalData,
  findVersion,
  getExamples,
  listNearGroups,
  parts,
  personalKinds,
  sliceNames,
} from "../../data/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import { type LabelAudit, auditLabels, findLabelAudit } from "../../train/index.ts";
import type { ApiDeps } from "../deps.ts";
import { type Route, route } from "../route.ts";
import { idParams, listOf, pageQuery, pageShape, unixMs } from "../shapes.ts";

const exampleShape = z.strictObject({
  object: z.literal("example"),
  id: z.string(),
  input: z.string(),
  label: z.string().nullable(),
  part: z.enum(parts),
  group: z.string().describe("Near-duplicates share it."),
  source: z.enum(["file", "review", "feedback", "manual"]),
  origin: z.string().describe("The file and row, the review, or the note."),
  personal: z
    .array(z.strictObject({ kind: z.enum(personalKinds), start: z.number().int(), end: z.number().int() }))
    .describe("Personal data in the input, by its form: UTF-16 units from start to before end."),
});

function exampleOf({ id, input, label, part, group, provenance }: Example): z.input<typeof exampleShape> {
  return {
    object: "example",
    id,
    input,
    label: label ?? null,
    part,
    group,
    source: provenance.kind,
    origin: originOf(provenance),
    personal: input.startsWith("data:image/") ? [] : findPersonalData(input).map((span) => ({ ...span })),
  };
}

function originOf(provenance: Example["provenance"]): string {
  if (provenance.kind === "manual") return provenance.note;
  if (provenance.kind !== "file") return provenance.id;
  return provenance.row === undefined ? provenance.file : `${provenance.file}:${provenance.row}`;
}

const partCounts = z.record(z.string(), z.number().int());
const diffShape = z.strictObject({
  object: z.literal("dataset_version_diff"),
  from: z.string(),
  to: z.string(),
  added: partCounts.describe("By part."),
  removed: partCounts,
  relabelled: z.number().int(),
  moved: z.array(z.strictObject({ from: z.enum(parts), to: z.enum(parts), examples: z.number().int() })),
  same_test: z.boolean().describe("Their evaluations may be compared."),
});

const groupShape = z.strictObject({
  object: z.literal("near_duplicates"),
  group: z.string(),
  examples: z.number().int(),
  labels: z.number().int().describe("How many different ones."),
  input: z.string().describe("One of them."),
});

const auditShape = z.strictObject({
  object: z.literal("label_audit"),
  version: z.string(),
  examined: z.number().int(),
  doubts: z
    .array(
      z.strictObject({
        example: exampleShape,
        suggested: z.string(),
        margin: z.number().describe("p(given) - p(suggested), in [-1, 0]."),
      }),
    )
    .describe("The most doubtful first."),
  created_at_ms: unixMs,
});

async function auditOf(
  { store }: Pick<ApiDeps, "store">,
  version: DatasetVersion,
  { examined, doubts, createdAtMs }: LabelAudit,
): Promise<z.input<typeof auditShape>> {
  const shown = doubts.slice(0, limits.listMax);
  const examples = await getExamples(
    store,
    version,
    shown.map(({ example }) => example),
  );
  const byId = new Map(examples.map((example) => [example.id, example]));
  return {
    object: "label_audit",
    version: version.id,
    examined,
    doubts: shown.flatMap(({ example: id, suggested, margin }) => {
      const example = byId.get(id); // one that was forgotten since is not shown
      return example ? [{ example: exampleOf(example), suggested, margin }] : [];
    }),
    created_at_ms: createdAtMs,
  };
}

const tag = "Data";

/** Looking through a version: examples, differences, near-duplicates, doubtful labels. */
export const dataBrowsingRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/dataset-versions/:id/examples",
    who: "operator",
    area: "data",
    tag,
    summary:
      "List a version's examples in order of arrival, by part, label, source, slice, or a text that they contain",
    params: idParams,
    query: pageQuery.extend({
      part: z.enum(parts).optional(),
      label: z.string().min(1).max(limits.labelCharsMax).optional(),
      source: exampleShape.shape.source.optional(),
      slice: z.enum(sliceNames).optional(),
      group: z.string().min(1).max(200).optional(),
      search: z.string().min(1).max(limits.nameCharsMax).optional().describe("Case does not matter."),
    }),
    response: listOf(exampleShape).describe("A page may be short, or empty, while `has_more` is true."),
    handle: async ({ deps, params, query }) =>
      pageShape(await browseExamples(deps.store.aside, await findVersion(deps.store, params.id), query), exampleOf),
  }),
  route({
    method: "GET",
    path: "/admin/v1/dataset-versions/:id/diff",
    who: "operator",
    area: "data",
    tag,
    summary: "What changed from another version of the dataset to this one",
    params: idParams,
    query: z.strictObject({
      from: z.string().min(1).max(200).optional().describe("Id or name@number; the version before when left out."),
    }),
    response: diffShape,
    async handle({ deps, params, query }) {
      const to = await findVersion(deps.store, params.id);
      const other = query.from ?? to.parentId;
      if (other === undefined) {
        throw new Refusal("invalid_request", "This is the first version: there is none before it.", {
          param: "from",
          hint: "Name another version of the dataset.",
        });
      }
      const from = await findVersion(deps.store, other);
      const { added, removed, relabelled, moved, sameTest } = await diffVersions(deps.store.aside, from, to);
      return {
        object: "dataset_version_diff" as const,
        from: from.id,
        to: to.id,
        added: { ...added },
        removed: { ...removed },
        relabelled,
        moved: [...moved],
        same_test: sameTest,
      };
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/dataset-versions/:id/near-duplicates",
    who: "operator",
    area: "data",
    tag,
    summary: "List groups of nearly equal examples in a version",
    params: idParams,
    query: pageQuery.extend({ mixed: z.stringbool().optional().describe("Only those with several labels.") }),
    response: listOf(groupShape),
    async handle({ deps, params, query: { limit, cursor, mixed } }) {
      const version = await findVersion(deps.store, params.id);
      const groups = await listNearGroups(deps.store.aside, version, { limit: limit + 1, mixed, after: cursor });
      const data = groups.slice(0, limit);
      const nextCursor = groups.length > limit ? (data.at(-1)?.group ?? null) : null;
      return pageShape({ data, nextCursor }, (group) => ({ object: "near_duplicates" as const, ...group }));
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/dataset-versions/:id/label-audit",
    who: "operator",
    area: "data",
    tag,
    summary: "Labels that are likely wrong, as far as they were looked for; `null` before",
    params: idParams,
    response: z.strictObject({ object: z.literal("found_label_audit"), audit: auditShape.nullable() }),
    async handle({ deps, params }) {
      const version = await findVersion(deps.store, params.id);
      const found = await findLabelAudit(deps.store, version.id);
      return { object: "found_label_audit" as const, audit: found ? await auditOf(deps, version, found) : null };
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/dataset-versions/:id/label-audit",
    who: "operator",
    area: "data",
    tag,
    summary: "Look for labels that are likely wrong, by confident learning",
    params: idParams,
    body: z.strictObject({}),
    response: auditShape,
    async handle({ deps, params }) {
      const version = await findVersion(deps.store, params.id);
      return auditOf(deps, version, await auditLabels(deps, version));
    },
  }),
];
