import { Refusal } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import type { Queries } from "../store/index.ts";
import { createVersion } from "./change.ts";
import { findDataset } from "./datasets.ts";
import { type Kind, rulesOf } from "./kinds.ts";
import { type Provenance, parseProvenance } from "./provenance.ts";
import type { Part } from "./splits.ts";
import { type DataDeps, type DataTables, openEnded } from "./tables.ts";
import { cleanText } from "./text/clean.ts";
import type { Committed } from "./write-version.ts";

/** An example that holds what was searched for, and every version that holds it. */
export interface FoundExample {
  readonly id: Id<"example">;
  readonly datasetId: Id<"dataset">;
  readonly label: string | undefined;
  readonly input: string;
  readonly provenance: Provenance;
  /** Half-open spans of version numbers: `[1, 3)` is versions 1 and 2; no end: up to the latest. */
  readonly spans: readonly { readonly since: number; readonly until: number | undefined; readonly part: Part }[];
}

export interface Search {
  /** An example matches when it contains any of these; case and the width of spaces do not matter. */
  readonly texts: readonly string[];
  /** Only this dataset; every one when left out. */
  readonly datasetId?: Id<"dataset"> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Who is in the data: a name, a mail address, a number. It reads every text, in pages, because neither engine folds
 * case alike in all scripts; what was redacted on import cannot be found, nor need it be.
 */
export async function findExamples(db: Queries, { texts, datasetId, signal }: Search): Promise<FoundExample[]> {
  const needles = texts.map(searchForm).filter((text) => text !== "");
  if (needles.length === 0) {
    throw new Refusal("invalid_request", "There is nothing to search for.", { param: "texts", hint: "Give a text." });
  }
  const found: Omit<FoundExample, "spans">[] = [];
  for await (const rows of pagesOfTexts(db, datasetId)) {
    if (signal?.aborted) throw new Refusal("cancelled", "The search was cancelled.");
    for (const row of rows) {
      const text = searchForm(rulesOf(row.kind, undefined).searchable(row.input) || fileOf(row.provenance));
      if (!needles.some((needle) => text.includes(needle))) continue;
      found.push({
        id: row.id,
        datasetId: row.dataset_id,
        label: row.label ?? undefined,
        input: row.input,
        provenance: parseProvenance(row.provenance),
      });
    }
  }
  const spans = await loadSpans(
    db,
    found.map(({ id }) => id),
  );
  return found.map((example) => Object.assign(example, { spans: spans.get(example.id) ?? [] }));
}

export const searchForm = (text: string): string => cleanText(text).toLowerCase().replaceAll(/\s+/g, " ");

/** Of an image nothing can be read but what its file was called. */
function fileOf(provenance: string): string {
  const parsed = parseProvenance(provenance);
  return parsed.kind === "file" ? parsed.file : "";
}

const pageRows = 2_000;

async function* pagesOfTexts(
  db: Queries,
  datasetId: Id<"dataset"> | undefined,
): AsyncGenerator<
  (Pick<DataTables["data_examples"], "id" | "dataset_id" | "input" | "label" | "provenance"> & { kind: Kind })[]
> {
  let after = "" as Id<"example">;
  for (;;) {
    let query = db
      .as<DataTables>()
      .selectFrom("data_examples as e")
      .innerJoin("data_versions as born", "born.id", "e.born_version_id")
      .innerJoin("data_datasets as d", "d.id", "e.dataset_id")
      .select(["e.id", "e.dataset_id", "d.kind", "e.input", "e.label", "e.provenance"])
      .where("e.id", ">", after)
      .where("e.erased_at_ms", "is", null)
      .orderBy("e.id")
      .limit(pageRows);
    if (datasetId !== undefined) query = query.where("e.dataset_id", "=", datasetId);
    const rows = await query.execute();
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    after = last.id;
  }
}

async function loadSpans(
  db: Queries,
  ids: readonly Id<"example">[],
): Promise<Map<string, FoundExample["spans"][number][]>> {
  const spans = new Map<string, FoundExample["spans"][number][]>();
  for (let i = 0; i < ids.length; i += pageRows) {
    const rows = await db
      .as<DataTables>()
      .selectFrom("data_members")
      .select(["example_id", "since_number", "until_number", "part"])
      .where("example_id", "in", ids.slice(i, i + pageRows))
      .orderBy("since_number")
      .execute();
    for (const row of rows) {
      const until = row.until_number === openEnded ? undefined : row.until_number;
      const known = spans.get(row.example_id) ?? [];
      spans.set(row.example_id, [...known, { since: row.since_number, until, part: row.part }]);
    }
  }
  return spans;
}

export interface Forgotten extends Committed {
  readonly erased: number;
  /** Versions that held any of them: whatever was trained on these should be trained again without. */
  readonly versionNumbers: readonly number[];
}

/**
 * Forgets examples for good: a new version without them, then their text, label, hashes and provenance are erased from
 * every version that had them. What remains is that something was there. Models trained on those versions still know it.
 */
export async function forgetExamples(
  deps: DataDeps,
  request: { readonly dataset: string; readonly examples: readonly Id<"example">[]; readonly note: string },
): Promise<Forgotten> {
  const dataset = await findDataset(deps.store, request.dataset);
  const ids = [...new Set(request.examples)];
  const spans = await loadSpans(deps.store, ids);
  const changed = await createVersion(deps, { dataset: dataset.id, remove: ids, note: request.note });
  let erased = 0;
  for (let i = 0; i < ids.length; i += pageRows) {
    const done = await deps.store
      .as<DataTables>()
      .updateTable("data_examples")
      .set({
        input: "",
        label: null,
        input_hash: "",
        content_hash: "",
        sketch: "",
        provenance: '{"kind":"manual","note":"erased"}',
      })
      .set({ erased_at_ms: deps.clock.now() })
      .where("dataset_id", "=", dataset.id)
      .where("erased_at_ms", "is", null)
      .where("id", "in", ids.slice(i, i + pageRows))
      .executeTakeFirst();
    erased += Number(done.numUpdatedRows);
  }
  const numbers = new Set<number>();
  for (const { since, until = changed.version.number } of [...spans.values()].flat()) {
    for (let number = since; number < until; number++) numbers.add(number);
  }
  return {
    version: changed.version,
    outcome: changed.outcome,
    erased,
    versionNumbers: [...numbers].sort((a, b) => a - b),
  };
}
