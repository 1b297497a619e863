import { Refusal, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Queries, isUniqueViolation } from "../store/index.ts";
import { type Kind, nounsOf } from "./kinds.ts";
import type { Shares } from "./splits.ts";
import { type TableShape, unpackShape } from "./table/shape.ts";
import type { DataDeps, DataTables } from "./tables.ts";

/** A named collection. Its seed and shares decide every split it will ever make. */
export interface Dataset {
  readonly id: Id<"dataset">;
  readonly name: string;
  readonly seed: string;
  readonly shares: Shares;
  /** 0 while it has no version. */
  readonly latestNumber: number;
  /** Personal data is replaced by tokens in all that comes in: set by the first import that asks for it, for good. */
  readonly redacts: boolean;
  /** What its examples are. */
  readonly kind: Kind;
  /** The columns of a table, once its first import has settled them. */
  readonly table: TableShape | undefined;
  readonly createdAtMs: number;
}

export interface NewDataset {
  /** Unique; letters, digits, `.`, `_` and `-`, so that `name@3` can mean its third version. */
  readonly name: string;
  /** Another seed draws other splits. `"1"` when left out. */
  readonly seed?: string | undefined;
  /** What its examples will be; texts when left out. */
  readonly kind?: Kind | undefined;
  /** What validation and test get of the groups; train gets the rest. 0.1 and 0.2 when left out. */
  readonly shares?: Shares | undefined;
}

export const defaultShares: Shares = { validation: 0.1, test: 0.2 };

export async function createDataset({ store, clock }: DataDeps, wanted: NewDataset): Promise<Dataset> {
  const { name, seed = "1", kind = "text", shares = defaultShares } = wanted;
  checkName(name);
  checkShares(shares);
  const now = clock.now();
  const dataset: Dataset = {
    id: newId("dataset", now),
    name,
    seed,
    shares,
    latestNumber: 0,
    redacts: false,
    kind,
    table: undefined,
    createdAtMs: now,
  };
  try {
    await store
      .as<DataTables>()
      .insertInto("data_datasets")
      .values({
        id: dataset.id,
        name,
        seed,
        validation_share: shares.validation,
        test_share: shares.test,
        latest_number: 0,
        redacts: 0,
        kind,
        table_shape: null,
        created_at_ms: now,
      })
      .execute();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new Refusal("conflict", `There is a dataset "${name}" already.`, {
      param: "name",
      hint: "Import into that one, or choose another name.",
    });
  }
  return dataset;
}

function checkName(name: string): void {
  if (/^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u.test(name) && name.length <= limits.nameCharsMax) return;
  throw new Refusal("invalid_request", `"${name}" cannot be the name of a dataset.`, {
    param: "name",
    hint: `Use up to ${limits.nameCharsMax} letters, digits, dots, dashes and underscores, and begin with a letter or digit.`,
  });
}

function checkShares({ validation, test }: Shares): void {
  if (validation >= 0 && test >= 0 && validation + test < 1) return;
  throw new Refusal("invalid_request", `Validation ${validation} and test ${test} leave nothing to train on.`, {
    param: "shares",
    hint: "Give two fractions whose sum is below 1, like 0.1 and 0.2.",
  });
}

/** By id or by name. */
export async function findDataset(db: Queries, idOrName: string): Promise<Dataset> {
  const row = await db
    .as<DataTables>()
    .selectFrom("data_datasets")
    .selectAll()
    .where((where) => where.or([where("id", "=", idOrName as Id<"dataset">), where("name", "=", idOrName)]))
    .executeTakeFirst();
  if (!row) throw notFound("dataset", idOrName);
  return toDataset(row);
}

/** The dataset that an import goes into, if it is there already; refused where it holds something else. */
export async function findForImport(
  db: Queries,
  { name, kind }: Pick<NewDataset, "name" | "kind">,
): Promise<Dataset | undefined> {
  const known = await findDataset(db, name).catch((error: unknown) => {
    if (error instanceof Refusal && error.code === "not_found") return undefined;
    throw error;
  });
  if (!known || kind === undefined || kind === known.kind) return known;
  throw new Refusal("conflict", `The dataset "${known.name}" holds ${nounsOf[known.kind]}, not ${nounsOf[kind]}.`, {
    param: "kind",
    hint: "Give another name to import into a dataset of its own.",
  });
}

export interface Page {
  readonly limit?: number | undefined;
  /** The id of the last one seen. */
  readonly after?: string | undefined;
}

/** Newest first. */
export async function listDatasets(db: Queries, { limit = limits.listDefault, after }: Page = {}): Promise<Dataset[]> {
  let query = db.as<DataTables>().selectFrom("data_datasets").selectAll().orderBy("id", "desc").limit(limit);
  if (after !== undefined) query = query.where("id", "<", after as Id<"dataset">);
  return (await query.execute()).map(toDataset);
}

function toDataset(row: DataTables["data_datasets"]): Dataset {
  return {
    id: row.id,
    name: row.name,
    seed: row.seed,
    shares: { validation: row.validation_share, test: row.test_share },
    latestNumber: row.latest_number,
    redacts: row.redacts === 1,
    kind: row.kind,
    table: row.table_shape === null ? undefined : unpackShape(row.table_shape),
    createdAtMs: row.created_at_ms,
  };
}
