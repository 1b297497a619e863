import type { Id } from "../kernel/ids.ts";
import type { Queries } from "../store/index.ts";
import { type Provenance, parseProvenance } from "./provenance.ts";
import type { Part, Split } from "./splits.ts";
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

/** One part of a version in order of arrival, a page at a time. Erased examples are left out. */
export async function* pagesOfExamples(
  db: Queries,
  version: Pick<DatasetVersion, "datasetId" | "number">,
  part: Part,
  rowsPerPage = pageRows,
): AsyncGenerator<readonly Example[]> {
  let after = -1;
  for (;;) {
    const rows = await db
      .as<DataTables>()
      .selectFrom("data_members as m")
      .innerJoin("data_examples as e", "e.id", "m.example_id")
      .select(["e.id", "e.input", "e.label", "e.group_name", "e.split", "e.provenance", "e.erased_at_ms"])
      .select(["m.part", "m.ordinal"])
      .where("m.dataset_id", "=", version.datasetId)
      .where("m.part", "=", part)
      .where("m.since_number", "<=", version.number)
      .where("m.until_number", ">", version.number)
      .where("m.ordinal", ">", after)
      .orderBy("m.ordinal")
      .limit(rowsPerPage)
      .execute();
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

/** One part of a version as JSON lines, `{"input", "label", "id"}` each: what `dataset import` reads again. */
export async function* exportJsonl(
  db: Queries,
  version: Pick<DatasetVersion, "datasetId" | "number">,
  part: Part,
): AsyncGenerator<string> {
  for await (const page of pagesOfExamples(db, version, part)) {
    yield page.map(({ input, label, id }) => `${JSON.stringify({ input, label, id })}\n`).join("");
  }
}

function toExample(row: ExampleRow): Example {
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
