import { Refusal, notFound } from "../kernel/errors.ts";
import type { Sha256 } from "../kernel/hash.ts";
import { type Id, isId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type { Queries } from "../store/index.ts";
import { type Dataset, type Page, findDataset } from "./datasets.ts";
import type { DataReport, PartCounts } from "./report.ts";
import type { DataTables } from "./tables.ts";

/** An immutable state of a dataset. Two versions with the same digest hold the same examples in the same parts. */
export interface DatasetVersion {
  readonly id: Id<"datasetVersion">;
  readonly datasetId: Id<"dataset">;
  readonly number: number;
  readonly parentId: Id<"datasetVersion"> | undefined;
  readonly digest: Sha256;
  /** The same in every version whose test split is the same: what makes two evaluations comparable. */
  readonly testDigest: Sha256;
  readonly counts: PartCounts;
  /** Of train, validation and test, in order of their code units; empty when nothing is labelled. */
  readonly labels: readonly string[];
  readonly note: string;
  readonly createdAtMs: number;
}

/** By id, by `name@3`, or by name (or dataset id) for the latest. */
export async function findVersion(db: Queries, reference: string): Promise<DatasetVersion> {
  const versions = db.as<DataTables>().selectFrom("data_versions").selectAll();
  if (isId("datasetVersion", reference)) {
    const row = await versions.where("id", "=", reference).executeTakeFirst();
    if (!row) throw notFound("dataset version", reference);
    return toVersion(row);
  }
  const [, name = reference, number] = /^(.*)@(\d{1,9})$/.exec(reference) ?? [];
  const dataset = await findDataset(db, name);
  const wanted = number === undefined ? dataset.latestNumber : Number(number);
  const row = await versions.where("dataset_id", "=", dataset.id).where("number", "=", wanted).executeTakeFirst();
  if (!row) throw noSuchVersion(dataset, wanted);
  return toVersion(row);
}

function noSuchVersion(dataset: Dataset, number: number): Refusal {
  const isEmpty = dataset.latestNumber === 0;
  const message = isEmpty
    ? `The dataset "${dataset.name}" has no version yet.`
    : `The dataset "${dataset.name}" has no version ${number}; its latest is ${dataset.latestNumber}.`;
  const hint = isEmpty
    ? "Import something first: millrace dataset import FILE"
    : "List them: millrace dataset show NAME";
  return new Refusal("not_found", message, { hint });
}

/** Newest first. */
export async function listVersions(
  db: Queries,
  datasetId: Id<"dataset">,
  { limit = limits.listDefault, after }: Page = {},
): Promise<DatasetVersion[]> {
  let query = db
    .as<DataTables>()
    .selectFrom("data_versions")
    .selectAll()
    .where("dataset_id", "=", datasetId)
    .orderBy("id", "desc")
    .limit(limit);
  if (after !== undefined) query = query.where("id", "<", after as Id<"datasetVersion">);
  return (await query.execute()).map(toVersion);
}

/** A version with its neighbours by number, at most `count` in all, the newest first. */
export async function versionsAround(
  db: Queries,
  { datasetId, number }: DatasetVersion,
  count: number,
): Promise<DatasetVersion[]> {
  const after = await neighbours(db, datasetId, { op: ">", number, count: Math.floor(count / 2) });
  const upTo = await neighbours(db, datasetId, { op: "<=", number, count: count - after.length });
  return [...after.toReversed(), ...upTo];
}

interface Neighbours {
  readonly op: ">" | "<=";
  readonly number: number;
  readonly count: number;
}

async function neighbours(
  db: Queries,
  datasetId: Id<"dataset">,
  { op, number, count }: Neighbours,
): Promise<DatasetVersion[]> {
  const rows = await db
    .as<DataTables>()
    .selectFrom("data_versions")
    .selectAll()
    .where("dataset_id", "=", datasetId)
    .where("number", op, number)
    .orderBy("number", op === ">" ? "asc" : "desc")
    .limit(count)
    .execute();
  return rows.map(toVersion);
}

/** The data report that was written with the version. */
export async function readReport(db: Queries, versionId: Id<"datasetVersion">): Promise<DataReport> {
  const row = await db
    .as<DataTables>()
    .selectFrom("data_versions")
    .select("report")
    .where("id", "=", versionId)
    .executeTakeFirst();
  if (!row) throw notFound("dataset version", versionId);
  const report = JSON.parse(row.report) as DataReport;
  return report.kind === "import" ? { ...report, data: report.data ?? "text" } : report; // older reports know texts only
}

export function toVersion(row: DataTables["data_versions"]): DatasetVersion {
  return {
    id: row.id,
    datasetId: row.dataset_id,
    number: row.number,
    parentId: row.parent_id ?? undefined,
    digest: row.digest,
    testDigest: row.test_digest,
    counts: JSON.parse(row.counts) as PartCounts,
    labels: JSON.parse(row.labels) as string[],
    note: row.note,
    createdAtMs: row.created_at_ms,
  };
}
