import type { Id } from "../kernel/ids.ts";
import type { Queries } from "../store/index.ts";
import { findDataset } from "./datasets.ts";
import type { Kind } from "./kinds.ts";
import { parsePair } from "./pairs/pair.ts";
import { type Provenance, parseProvenance } from "./provenance.ts";
import { type Span, spansOfLabel } from "./spans/spans.ts";
import type { Part, Split } from "./splits.ts";
import { parseRow } from "./table/row.ts";
import type { TableShape } from "./table/shape.ts";
import type { DataTables } from "./tables.ts";
import type { DatasetVersion } from "./versions.ts";

/** One row of a version. */
export interface Example {
  readonly id: Id<"example">;
  readonly input: string;
  readonly label: string | undefined;
  /** Near-duplicates share it: whoever splits further (cross-validation) splits by it. */
  readonly group: string;
  readonly part: Part;
  readonly split: Split;
  readonly provenance: Provenance;
}

const pageRows = 1_000;

/** Members of a version with their examples, erased ones too, in order of arrival from behind `after`; narrow it further. */
export function rowsOfVersion(db: Queries, version: Pick<DatasetVersion, "datasetId" | "number">, after = -1) {
  return db
    .as<DataTables>()
    .selectFrom("data_members as m")
    .innerJoin("data_examples as e", "e.id", "m.example_id")
    .select(["e.id", "e.input", "e.label", "e.group_name", "e.split", "e.provenance", "e.erased_at_ms"])
    .select(["m.part", "m.ordinal"])
    .where("m.dataset_id", "=", version.datasetId)
    .where("m.since_number", "<=", version.number)
    .where("m.until_number", ">", version.number)
    .where("m.ordinal", ">", after)
    .orderBy("m.ordinal");
}

/** One part of a version in order of arrival, a page at a time. Erased examples are left out. */
export async function* pagesOfExamples(
  db: Queries,
  version: Pick<DatasetVersion, "datasetId" | "number">,
  part: Part,
  rowsPerPage = pageRows,
): AsyncGenerator<readonly Example[]> {
  let after = -1;
  for (;;) {
    const rows = await rowsOfVersion(db, version, after).where("m.part", "=", part).limit(rowsPerPage).execute();
    const last = rows.at(-1);
    if (!last) return;
    yield rows.filter((row) => row.erased_at_ms === null).map(toExample);
    if (rows.length < rowsPerPage) return;
    after = last.ordinal;
  }
}

/** A whole part of a version in memory; `pagesOfExamples` is for what may be large. */
export async function readExamples(
  db: Queries,
  version: Pick<DatasetVersion, "datasetId" | "number">,
  part: Part,
): Promise<Example[]> {
  const examples: Example[] = [];
  for await (const page of pagesOfExamples(db, version, part)) examples.push(...page);
  return examples;
}

/** What examples say, by id; erased ones and ids of nothing are left out. */
export async function textsOfExamples(db: Queries, ids: readonly string[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (let i = 0; i < ids.length; i += pageRows) {
    const rows = await db
      .as<DataTables>()
      .selectFrom("data_examples")
      .select(["id", "input"])
      .where("id", "in", ids.slice(i, i + pageRows) as Id<"example">[])
      .where("erased_at_ms", "is", null)
      .execute();
    for (const { id, input } of rows) texts.set(id, input);
  }
  return texts;
}

/**
 * One part of a version as JSON lines that `dataset import` reads again: `{"input", "label", "id"}` of a text,
 * `{"image", "label", "id"}` of an image, `{"a", "b", "prompt", "label", "id"}` of a pair, `{"text", "spans", "id"}` of a text
 * with spans, and of a row its columns with the label under its own name.
 */
export async function* exportJsonl(
  db: Queries,
  version: Pick<DatasetVersion, "datasetId" | "number">,
  part: Part,
): AsyncGenerator<string> {
  const { kind, table } = await findDataset(db, version.datasetId);
  const lineOf = exportedBy[kind];
  for await (const page of pagesOfExamples(db, version, part)) {
    yield page.map((example) => `${JSON.stringify(lineOf(example, table))}\n`).join("");
  }
}

const exportedBy: { readonly [K in Kind]: (example: Example, table: TableShape | undefined) => object } = {
  text: ({ input, label, id }) => ({ input, label, id }),
  image: ({ input, label, id }) => ({ image: input, label, id }),
  "text-pairs": ({ input, label, id }) => ({ ...parsePair(input), label, id }),
  "text-spans": ({ input, label, id }) => ({
    text: input,
    ...(label !== undefined && { spans: writtenSpans(input, label) }),
    id,
  }),
  table({ input, label }, table) {
    const row = parseRow(input);
    const columns = table?.columns.map(({ name }) => [name, row[name] ?? null]) ?? [];
    if (table?.label === undefined || label === undefined) return Object.fromEntries(columns);
    return Object.fromEntries([...columns, [table.label, table.target === "number" ? Number(label) : label]]);
  },
};

/** With what each one says, so that whoever reads them can see that the offsets are counted alike. */
function writtenSpans(input: string, label: string): readonly (Span & { readonly text: string })[] {
  const chars = Array.from(input);
  return spansOfLabel(label).map(({ start, end, label: name }) => ({
    start,
    end,
    label: name,
    text: chars.slice(start, end).join(""),
  }));
}

export function toExample(row: ExampleRow): Example {
  return {
    id: row.id,
    input: row.input,
    label: row.label ?? undefined,
    group: row.group_name,
    part: row.part,
    split: row.split,
    provenance: parseProvenance(row.provenance),
  };
}

type ExampleRow = Pick<
  DataTables["data_examples"],
  "id" | "input" | "label" | "group_name" | "split" | "provenance"
> & {
  readonly part: Part;
};

/** Where the examples came from that a version was the first to hold, those that are still here. */
export async function bornProvenances(
  db: Queries,
  version: Id<"datasetVersion">,
  limit: number,
): Promise<Provenance[]> {
  const rows = await db
    .as<DataTables>()
    .selectFrom("data_examples")
    .select("provenance")
    .where("born_version_id", "=", version)
    .where("erased_at_ms", "is", null)
    .limit(limit)
    .execute();
  return rows.map(({ provenance }) => parseProvenance(provenance));
}
