import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import type { Queries } from "../store/index.ts";
import { type Example, rowsOfVersion, toExample } from "./examples.ts";
import { searchForm } from "./forget.ts";
import type { Provenance } from "./provenance.ts";
import type { Part } from "./splits.ts";
import type { DataTables } from "./tables.ts";
import { countPersonalData } from "./text/personal.ts";
import type { DatasetVersion } from "./versions.ts";

/** Kinds of examples that are worth a look, told from the example itself. */
export const sliceNames = ["short", "long", "personal", "unlabelled", "numbers"] as const;
export type SliceName = (typeof sliceNames)[number];

const shortChars = 20;
const longChars = 2_000;

const slices: { readonly [S in SliceName]: (example: Example) => boolean } = {
  short: ({ input }) => input.length < shortChars,
  long: ({ input }) => input.length > longChars && !input.startsWith("data:"),
  personal: ({ input }) => !input.startsWith("data:") && Object.values(countPersonalData(input)).some((n) => n > 0),
  unlabelled: ({ label }) => label === undefined,
  numbers: ({ input }) => /^[\d\s.,:;()+/-]+$/.test(input),
};

export interface Browsing {
  readonly part?: Part | undefined;
  readonly label?: string | undefined;
  readonly source?: Provenance["kind"] | undefined;
  readonly slice?: SliceName | undefined;
  /** Near-duplicates of each other. */
  readonly group?: string | undefined;
  /** Contained in the input; case and the width of spaces do not matter. */
  readonly search?: string | undefined;
  readonly limit: number;
  /** The `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

export interface BrowsedPage {
  readonly data: readonly Example[];
  /** Null at the end. A page may be short, or empty, and not the last: a rare text is searched for a stretch at a time. */
  readonly nextCursor: string | null;
}

/**
 * The examples of a version in order of arrival. One call reads at most `limits.browseScanMax` rows. Refusal
 * `invalid_request` for a cursor that is none.
 */
export async function browseExamples(
  db: Queries,
  version: Pick<DatasetVersion, "datasetId" | "number">,
  wanted: Browsing,
): Promise<BrowsedPage> {
  const { source, slice, search, limit } = wanted;
  const needle = search === undefined ? "" : searchForm(search).trim();
  const isWanted = (example: Example): boolean =>
    (source === undefined || example.provenance.kind === source) &&
    (slice === undefined || slices[slice](example)) &&
    (needle === "" || searchForm(example.input).includes(needle));
  const found: Example[] = [];
  let after = ordinalOf(wanted.cursor);
  for (let read = 0; read < limits.browseScanMax;) {
    const rowsMax = Math.min(pageRows, limits.browseScanMax - read);
    const rows = await rowsAfter(db, version, wanted, after, rowsMax);
    for (const row of rows) {
      after = row.ordinal;
      if (row.erased_at_ms !== null) continue;
      const example = toExample(row);
      if (!isWanted(example)) continue;
      found.push(example);
      if (found.length === limit) return { data: found, nextCursor: String(after) };
    }
    if (rows.length < rowsMax) return { data: found, nextCursor: null };
    read += rows.length;
  }
  return { data: found, nextCursor: String(after) };
}

const pageRows = 500;

function ordinalOf(cursor: string | undefined): number {
  if (cursor === undefined) return -1;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new Refusal("invalid_request", "This cursor is of no page of examples.", {
    param: "cursor",
    hint: "Send the next_cursor of the page before, or none.",
  });
}

function rowsAfter(
  db: Queries,
  version: Pick<DatasetVersion, "datasetId" | "number">,
  { part, label, group }: Browsing,
  after: number,
  rowsMax: number,
) {
  let rows = rowsOfVersion(db, version, after);
  if (part !== undefined) rows = rows.where("m.part", "=", part);
  if (label !== undefined) rows = rows.where("e.label", "=", label);
  if (group !== undefined) rows = rows.where("e.group_name", "=", group).where("e.dataset_id", "=", version.datasetId);
  return rows.limit(rowsMax).execute();
}

/** Texts that are nearly the same, of which a version has at least two. */
export interface NearGroup {
  readonly group: string;
  readonly examples: number;
  /** How many labels they have: more than one is worth a look. */
  readonly labels: number;
  /** One of them. */
  readonly input: string;
}

export interface NearGroupList {
  /** Only those with several labels. */
  readonly mixed?: boolean | undefined;
  readonly limit: number;
  /** The last group of the page before. */
  readonly after?: string | undefined;
}

/** In order of their names, which is no order. */
export async function listNearGroups(
  db: Queries,
  version: Pick<DatasetVersion, "datasetId" | "number">,
  { mixed = false, limit, after = "" }: NearGroupList,
): Promise<NearGroup[]> {
  const rows = await db
    .as<DataTables>()
    .selectFrom("data_examples as e")
    .innerJoin("data_members as m", "m.example_id", "e.id")
    .select(({ fn }) => [
      "e.group_name as group",
      fn.countAll<number>().as("examples"),
      fn.count<number>("e.label").distinct().as("labels"),
      fn.min("e.input").as("input"),
    ])
    .where("e.dataset_id", "=", version.datasetId)
    .where("e.erased_at_ms", "is", null)
    .where("m.since_number", "<=", version.number)
    .where("m.until_number", ">", version.number)
    .where("e.group_name", ">", after)
    .groupBy("e.group_name")
    .having(({ fn, eb, and }) =>
      and([eb(fn.countAll(), ">", 1), ...(mixed ? [eb(fn.count("e.label").distinct(), ">", 1)] : [])]),
    )
    .orderBy("e.group_name")
    .limit(limit)
    .execute();
  return rows.map(({ group, examples, labels, input }) => ({ group, examples, labels, input }));
}

/** The examples with these ids that a version holds, in order of arrival. */
export async function getExamples(
  db: Queries,
  version: Pick<DatasetVersion, "datasetId" | "number">,
  ids: readonly Example["id"][],
): Promise<Example[]> {
  if (ids.length === 0) return [];
  const rows = await rowsOfVersion(db, version)
    .where("m.example_id", "in", ids)
    .where("e.erased_at_ms", "is", null)
    .execute();
  return rows.map(toExample);
}
