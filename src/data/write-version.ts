import { randomBytes } from "node:crypto";
import { Refusal, invariant } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import type { Queries } from "../store/index.ts";
import type { Dataset } from "./datasets.ts";
import type { Birth, Draft, Tally } from "./draft.ts";
import { packSketch } from "./near/minhash.ts";
import type { Provenance } from "./provenance.ts";
import { checkCancelled } from "./readers/bytes.ts";
import type { DataReport } from "./report.ts";
import { type TableShape, packShape } from "./table/shape.ts";
import { type DataDeps, type DataTables, openEnded } from "./tables.ts";
import { type DatasetVersion, findVersion, toVersion } from "./versions.ts";

/** A version that was made, or the latest one, because it holds exactly this already. */
export interface Committed {
  readonly version: DatasetVersion;
  readonly outcome: "created" | "unchanged";
}

export interface WriteOptions {
  /** The text and origin of a row that is born. */
  readonly contentOf: (row: number) => Promise<{ readonly input: string; readonly provenance: Provenance }>;
  readonly report: DataReport;
  readonly note: string;
  readonly redacts: boolean;
  /** Of a table: how its rows look, settled by the first import. */
  readonly table: TableShape | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const batchRows = 1_000;
const batchChars = 4_000_000;

/**
 * Makes the drafted version on top of the dataset as it was read. New examples are written first, in small
 * transactions that hold nobody up, and nobody sees them; the version then appears in one transaction, or, when the
 * dataset has moved on meanwhile, not at all (`conflict`).
 */
export async function writeVersion(
  deps: DataDeps,
  dataset: Dataset,
  draft: Draft,
  tally: Tally,
  options: WriteOptions,
): Promise<Committed> {
  const { store, clock } = deps;
  const parent =
    dataset.latestNumber === 0 ? undefined : await findVersion(store, `${dataset.id}@${dataset.latestNumber}`);
  if (parent?.digest === tally.digest) return { version: parent, outcome: "unchanged" };
  const now = clock.now();
  const id = newId("datasetVersion", now);
  const row: DataTables["data_versions"] = {
    id,
    dataset_id: dataset.id,
    number: dataset.latestNumber + 1,
    parent_id: parent?.id ?? null,
    digest: tally.digest,
    test_digest: tally.testDigest,
    counts: JSON.stringify(tally.counts),
    labels: JSON.stringify(tally.labels),
    report: JSON.stringify(options.report),
    note: options.note,
    created_at_ms: now,
  };
  try {
    await writeBirths(deps, dataset.id, id, draft.births, options);
    await store.transaction((tx) => appear(tx, dataset, draft, row, options));
  } catch (error) {
    await removeUnborn(store, id);
    throw error;
  }
  return { version: toVersion(row), outcome: "created" };
}

async function writeBirths(
  { store, clock }: DataDeps,
  datasetId: Id<"dataset">,
  versionId: Id<"datasetVersion">,
  births: readonly Birth[],
  { contentOf, signal, onProgress }: WriteOptions,
): Promise<void> {
  const now = clock.now();
  let batch: DataTables["data_examples"][] = [];
  let chars = 0;
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await store.as<DataTables>().insertInto("data_examples").values(batch).execute();
    batch = [];
    chars = 0;
  };
  for (const [i, birth] of births.entries()) {
    const { input, provenance } = await contentOf(birth.row);
    batch.push({
      id: newId("example", now, entropyOf(i)),
      dataset_id: datasetId,
      born_version_id: versionId,
      ordinal: birth.ordinal,
      input_hash: birth.inputHash,
      content_hash: birth.contentHash,
      input,
      label: birth.label ?? null,
      group_name: birth.group,
      split: birth.split,
      born_part: birth.part,
      sketch: packSketch(birth.sketch),
      provenance: JSON.stringify(provenance),
      created_at_ms: now,
      erased_at_ms: null,
    });
    chars += input.length;
    if (batch.length < batchRows && chars < batchChars) continue;
    checkCancelled(signal);
    await flush();
    onProgress?.(i + 1, births.length);
  }
  await flush();
  onProgress?.(births.length, births.length);
  checkCancelled(signal);
}

/** Ids in the order of writing: an index grows at its end several times faster than in random places. */
function entropyOf(index: number): Uint8Array {
  const entropy = randomBytes(10);
  entropy.writeUInt32BE(index);
  return entropy;
}

async function appear(
  tx: Queries,
  dataset: Dataset,
  draft: Draft,
  row: DataTables["data_versions"],
  { redacts, table }: Pick<WriteOptions, "redacts" | "table">,
): Promise<void> {
  const db = tx.as<DataTables>();
  const moved = await db
    .updateTable("data_datasets")
    .set({ latest_number: row.number, redacts: redacts ? 1 : 0, table_shape: table ? packShape(table) : null })
    .where("id", "=", dataset.id)
    .where("latest_number", "=", dataset.latestNumber)
    .executeTakeFirst();
  if (moved.numUpdatedRows !== 1n) {
    throw new Refusal("conflict", `The dataset "${dataset.name}" got another version meanwhile; nothing was changed.`, {
      hint: "Run it again.",
    });
  }
  await db.insertInto("data_versions").values(row).execute();
  for (const ids of inBatches(draft.closes.map(({ id }) => id))) {
    const closed = await db
      .updateTable("data_members")
      .set({ until_number: row.number })
      .where("until_number", "=", openEnded)
      .where("example_id", "in", ids)
      .executeTakeFirst();
    invariant(closed.numUpdatedRows === BigInt(ids.length), "what leaves was a member");
  }
  const span = { dataset_id: dataset.id, since_number: row.number, until_number: openEnded };
  for (const opens of inBatches(draft.opens)) {
    const members = opens.map(({ known, part, ordinal }) =>
      Object.assign({ example_id: known.id, part, ordinal }, span),
    );
    await db.insertInto("data_members").values(members).execute();
  }
  await db
    .insertInto("data_members")
    .columns(["dataset_id", "example_id", "part", "ordinal", "since_number", "until_number"])
    .expression(
      db
        .selectFrom("data_examples as e")
        .innerJoin("data_versions as v", "v.id", "e.born_version_id")
        .select((q) => [
          "e.dataset_id",
          "e.id",
          "e.born_part",
          "e.ordinal",
          "v.number",
          q.cast<number>(q.val(openEnded), "bigint").as("until_number"),
        ])
        .where("e.born_version_id", "=", row.id)
        .orderBy("e.id"),
    )
    .execute();
}

function* inBatches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < items.length; i += batchRows) yield items.slice(i, i + batchRows);
}

async function removeUnborn(store: Queries, versionId: Id<"datasetVersion">): Promise<void> {
  await store.as<DataTables>().deleteFrom("data_examples").where("born_version_id", "=", versionId).execute();
}

const unbornKeptMs = 24 * 3_600_000;

/** Removes what imports left that were killed more than a day ago. */
export async function sweepUnborn({ store, clock }: DataDeps, datasetId: Id<"dataset">): Promise<void> {
  const db = store.as<DataTables>();
  await db
    .deleteFrom("data_examples")
    .where("dataset_id", "=", datasetId)
    .where("created_at_ms", "<", clock.now() - unbornKeptMs)
    .where("born_version_id", "not in", db.selectFrom("data_versions").select("id").where("dataset_id", "=", datasetId))
    .execute();
}
