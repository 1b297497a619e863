import { z } from "zod";
import {
  type ImportReport,
  type Upload,
  type UploadImport,
  appendToUpload,
  cancelImport,
  createUpload,
  discardUpload,
  formats,
  findImport,
  findUpload,
  kinds,
  previewSource,
  startImport,
  targets,
  wholeUpload,
} from "../../data/index.ts";
import { limits } from "../../kernel/limits.ts";
import { type Route, route } from "../route.ts";
import { idParams, name, unixMs } from "../shapes.ts";

const uploadShape = z.strictObject({
  object: z.literal("upload"),
  id: z.string(),
  name: z.string(),
  bytes: z.number().int(),
  received: z.number().int().describe("So many bytes have arrived; the next piece begins here."),
  created_at_ms: unixMs,
});

const uploadOf = ({ id, name: called, bytes, received, createdAtMs }: Upload): z.input<typeof uploadShape> => ({
  object: "upload",
  id,
  name: called,
  bytes,
  received,
  created_at_ms: createdAtMs,
});

const format = z.enum(formats).optional().describe("Told by the file's name when left out.");

const previewShape = z.strictObject({
  object: z.literal("upload_preview"),
  upload: z.string(),
  name: z.string(),
  format: z.enum(formats),
  columns: z.array(z.string()).describe("Empty where the format knows none."),
  rows: z.array(z.array(z.string())).describe("The first ones, their cells cut to a glance."),
  guess: z.strictObject({ input: z.string().nullable(), label: z.string().nullable() }),
});

const counts = z.record(z.string(), z.number().int());

/** The parts of a version's report that are told of every import. */
const reportShape = z.looseObject({
  rows: counts,
  rejections: z.looseObject({
    byReason: counts,
    listed: z.array(
      z.looseObject({
        file: z.string(),
        row: z.number().int().optional(),
        column: z.string().optional(),
        reason: z.string(),
      }),
    ),
  }),
  conflicts: z.looseObject({ texts: z.number().int() }),
  nearDuplicates: z.looseObject({
    groups: z.number().int(),
    examples: z.number().int(),
    mixedLabels: z.number().int(),
  }),
  personalData: z.looseObject({
    redacted: z.boolean(),
    found: z.record(z.string(), z.looseObject({ matches: z.number().int() })),
  }),
  parts: counts,
  warnings: z.array(z.string()),
});

const reportOf = (report: ImportReport): z.input<typeof reportShape> => ({
  ...report,
  rows: { ...report.rows, averaged: report.rows.averaged ?? 0 },
  rejections: { byReason: countsOf(report.rejections.byReason), listed: [...report.rejections.listed] },
  personalData: { ...report.personalData, found: { ...report.personalData.found } },
  parts: { ...report.parts },
  warnings: [...report.warnings],
});

const countsOf = (counted: Readonly<Partial<Record<string, number>>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counted).map(([name, times]) => [name, times ?? 0]));

const importShape = z.strictObject({
  object: z.literal("import"),
  id: z.string(),
  dataset: z.string(),
  file: z.string(),
  state: z.enum(["queued", "running", "done", "failed", "cancelled"]),
  progress: z
    .strictObject({
      phase: z.enum(["learn", "read", "compare", "write"]),
      done: z.number(),
      total: z.number().nullable(),
    })
    .nullable(),
  reason: z.string().nullable().describe("Why it failed."),
  version: z.string().nullable(),
  number: z.number().int().nullable(),
  outcome: z.enum(["created", "unchanged"]).nullable().describe("Unchanged: all of it was there already."),
  report: reportShape.nullable().describe("What was dropped and why; as a version's report."),
  created_at_ms: unixMs,
});

function importOf(found: UploadImport): z.input<typeof importShape> {
  const { id, dataset, fileName, state, createdAtMs } = found;
  const progress = state === "running" && found.progress ? found.progress : undefined;
  const done = state === "done" ? found : undefined;
  return {
    object: "import",
    id,
    dataset,
    file: fileName,
    state,
    progress: progress ? { ...progress, total: progress.total ?? null } : null,
    reason: state === "failed" ? found.reason : null,
    version: done?.version ?? null,
    number: done?.number ?? null,
    outcome: done?.outcome ?? null,
    report: done ? reportOf(done.report) : null,
    created_at_ms: createdAtMs,
  };
}

const column = z.string().min(1).max(limits.columnNameCharsMax);
const columns = z.array(column).min(1).max(limits.tableColumnsMax);

const importBody = z.strictObject({
  upload: z.string().min(1).max(100),
  dataset: name.describe("Id or name."),
  kind: z.enum(kinds).optional().describe("Makes the dataset if there is none of this name."),
  format,
  input: column.optional().describe("The column of the text or image."),
  label: column.nullish().describe("The column of the label; null where no column holds one."),
  columns: columns.optional().describe("Of a table: what to learn from; all but label and group when left out."),
  group: column.optional().describe("Of a table: rows with equal values here stay in one split."),
  target: z.enum(targets).optional().describe("Of a table: labels are classes, or numbers to estimate."),
  categories: columns.optional().describe("Of a table: columns whose numbers are codes."),
  redact: z.boolean().optional().describe("Replaces personal data by tokens, here and in all that follows."),
  note: z.string().min(1).max(limits.commentCharsMax).optional(),
});

const tag = "Data";
const operator = { who: "operator", area: "data", tag } as const;

/** A file on its way into a dataset: sent in pieces, looked at, imported. */
export const importRoutes: readonly Route[] = [
  route({
    ...operator,
    method: "POST",
    path: "/admin/v1/uploads",
    summary: "Announce a file; its bytes follow in pieces",
    body: z.strictObject({
      name: z.string().min(1).max(limits.uploadNameCharsMax),
      bytes: z.number().int().min(1),
    }),
    status: 201,
    response: uploadShape,
    handle: async ({ deps, body }) => uploadOf(await createUpload(deps, body)),
  }),
  route({
    ...operator,
    method: "GET",
    path: "/admin/v1/uploads/:id",
    summary: "Get an upload: how much of it has arrived",
    params: idParams,
    response: uploadShape,
    handle: async ({ deps, params }) => uploadOf(await findUpload(deps, params.id)),
  }),
  route({
    ...operator,
    method: "POST",
    path: "/admin/v1/uploads/:id/append",
    summary: `Send the next piece of a file, at most ${limits.uploadPartBytesMax} bytes; what broke off goes on from \`received\``,
    params: idParams,
    query: z.strictObject({ at: z.coerce.number().int().min(0).max(limits.uploadBytesMax) }),
    streams: true,
    bodyBytesMax: limits.uploadPartBytesMax,
    ownIdempotency: true, // the same piece at the same place writes the same bytes
    audited: false, // the upload and its import are
    response: uploadShape,
    handle: async ({ deps, params, query, pieces }) =>
      uploadOf(await appendToUpload(deps, params.id, { at: query.at, pieces })),
  }),
  route({
    ...operator,
    method: "GET",
    path: "/admin/v1/uploads/:id/preview",
    summary: "Look at an upload: its format, columns and first rows, and what the columns may be",
    params: idParams,
    query: z.strictObject({ format }),
    response: previewShape,
    async handle({ deps, params, query }) {
      const { id, path, name: called } = await wholeUpload(deps, params.id);
      const { guess, ...seen } = await previewSource({ path, name: called, format: query.format });
      return {
        object: "upload_preview" as const,
        upload: id,
        name: called,
        format: seen.format,
        columns: [...seen.columns],
        rows: seen.rows.map((row) => [...row]),
        guess: { input: guess.input ?? null, label: guess.label ?? null },
      };
    },
  }),
  route({
    ...operator,
    method: "POST",
    path: "/admin/v1/uploads/:id/discard",
    summary: "Remove an upload",
    params: idParams,
    response: uploadShape,
    async handle({ deps, params }) {
      const upload = await findUpload(deps, params.id);
      await discardUpload(deps, upload.id);
      return uploadOf(upload);
    },
  }),
  route({
    ...operator,
    method: "POST",
    path: "/admin/v1/imports",
    summary: "Import an upload into a dataset's next version; it goes on by itself",
    body: importBody,
    status: 202,
    response: importShape,
    handle: async ({ deps, body }) => importOf(await startImport(deps, body)),
  }),
  route({
    ...operator,
    method: "GET",
    path: "/admin/v1/imports/:id",
    summary: "Get an import: how far it is, and what came of it",
    params: idParams,
    response: importShape,
    handle: async ({ deps, params }) => importOf(await findImport(deps.store, params.id)),
  }),
  route({
    ...operator,
    method: "POST",
    path: "/admin/v1/imports/:id/cancel",
    summary: "Cancel an import; nothing of it stays",
    params: idParams,
    response: importShape,
    handle: async ({ deps, params }) => importOf(await cancelImport(deps, params.id)),
  }),
];
