import { Refusal, notFound, unreachable } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import {
  type Job,
  type JobContext,
  type JobHandler,
  type Queries,
  cancelJob,
  enqueueJob,
  getJob,
} from "../../store/index.ts";
import { createDataset, findDataset, findForImport } from "../datasets.ts";
import { type ImportProgress, type ImportRequest, importFiles } from "../import.ts";
import type { Kind } from "../kinds.ts";
import type { ImportReport } from "../report.ts";
import type { DataDeps } from "../tables.ts";
import type { Committed } from "../write-version.ts";
import { checkSource } from "./preview.ts";
import { discardUpload, wholeUpload } from "./uploads.ts";

/** What is asked for: an import as from a file, of bytes that lie here. */
export interface UploadImportRequest extends Omit<ImportRequest, "path" | "name" | "signal" | "onProgress"> {
  readonly upload: string;
  /** Of a dataset that is not there yet, which is then made. */
  readonly kind?: Kind | undefined;
}

interface Payload extends UploadImportRequest {
  readonly fileName: string;
}

/** An import that goes on by itself: whoever asked for it may leave and come back. */
export type UploadImport = {
  readonly id: Id<"job">;
  readonly dataset: string;
  readonly fileName: string;
  readonly createdAtMs: number;
} & Standing;

type Standing =
  | { readonly state: "queued" }
  | { readonly state: "running"; readonly progress: ImportProgress | null }
  | ({ readonly state: "done" } & Imported)
  | { readonly state: "failed"; readonly reason: string }
  | { readonly state: "cancelled" };

interface Imported {
  readonly version: Id<"datasetVersion">;
  readonly number: number;
  readonly outcome: Committed["outcome"];
  readonly report: ImportReport;
}

const jobKind = "data.import";

/** Refused at once where the beginning of the file tells already; the rest is found out by the import itself. */
export async function startImport(deps: DataDeps, request: UploadImportRequest): Promise<UploadImport> {
  const { upload, kind, ...wanted } = request;
  const { path, name } = await wholeUpload(deps, upload);
  const target = { name: wanted.dataset, kind };
  const known = await (kind ? findForImport(deps.store, target) : findDataset(deps.store, target.name));
  await checkSource(known ?? { kind: kind ?? "text", table: undefined }, { ...wanted, path, name });
  const dataset = known ?? (await createDataset(deps, target));
  const payload: Payload = { ...request, dataset: dataset.id, fileName: name };
  const id = await enqueueJob(deps.store, { kind: jobKind, payload, nowMs: deps.clock.now() });
  return findImport(deps.store, id);
}

export async function findImport(db: Queries, id: string): Promise<UploadImport> {
  const job = await getJob(db, id).catch((error: unknown) => {
    throw error instanceof Refusal ? notFound("import", id) : error;
  });
  if (job.kind !== jobKind) throw notFound("import", id);
  const { dataset, fileName } = job.payload as Payload;
  return { id: job.id, dataset, fileName, createdAtMs: job.createdAtMs, ...standingOf(job) };
}

function standingOf(job: Job): Standing {
  switch (job.state) {
    case "running":
      return { state: "running", progress: job.progress as ImportProgress | null };
    case "done":
      return { state: "done", ...(job.result as Imported) };
    case "failed":
      return { state: "failed", reason: job.error ?? "It failed without a reason." };
    case "queued":
    case "cancelled":
      return { state: job.state };
    default:
      return unreachable(job.state);
  }
}

/** A waiting one ends at once; a running one stops soon and leaves nothing. One that has ended stays as it is. */
export async function cancelImport({ store, clock }: DataDeps, id: string): Promise<UploadImport> {
  const found = await findImport(store, id);
  await cancelJob(store, found.id, clock.now());
  return findImport(store, id);
}

/** The upload goes when its import is done; after a refusal it stays, so that other columns can be tried. */
export function importJobs(deps: DataDeps): Readonly<Record<string, JobHandler>> {
  return { [jobKind]: (context) => work(deps, context) };
}

async function work(deps: DataDeps, { job, signal, progress }: JobContext): Promise<Imported> {
  const { upload, kind: _, fileName, ...wanted } = job.payload as Payload;
  try {
    const { path } = await wholeUpload(deps, upload);
    const request: ImportRequest = { ...wanted, path, name: fileName, signal, onProgress: progress };
    const { version, outcome, report } = await importFiles(deps, request);
    await discardUpload(deps, upload);
    return { version: version.id, number: version.number, outcome, report };
  } catch (error) {
    if (!(error instanceof Refusal) || error.code === "cancelled") throw error;
    throw new Refusal(error.code, [error.message, error.details.hint].filter(Boolean).join(" ")); // a job keeps one sentence
  }
}
