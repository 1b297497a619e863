import path from "node:path";
import { Refusal, must } from "../kernel/errors.ts";
import { type Dataset, findDataset } from "./datasets.ts";
import { type Tally, draftFrom, membersOf, tallyOf } from "./draft.ts";
import { type Gathered, type GatheredRow, gather } from "./gather.ts";
import { buildImportReport } from "./import-report.ts";
import { type Kind, isCompared, isForLabelling, nounsOf, rulesOf } from "./kinds.ts";
import { loadInput, loadKnown } from "./known.ts";
import { bands } from "./near/minhash.ts";
import { shinglesOf } from "./near/shingles.ts";
import { type Fate, type Known, arrivalOrder, groupKeyOf, planFates } from "./plan.ts";
import type { Provenance } from "./provenance.ts";
import { checkCancelled } from "./readers/bytes.ts";
import { type ReadContext, type ReadNotes, rejectionReasons } from "./readers/read.ts";
import { type OpenSource, type Source, nameOf, openSource } from "./readers/source.ts";
import type { ImportReport } from "./report.ts";
import { type Spill, openSpill } from "./spill.ts";
import { followShape, learnShape } from "./table/learn.ts";
import type { TableShape, Target } from "./table/shape.ts";
import type { DataDeps } from "./tables.ts";
import { openLanguageDetector } from "./text/language.ts";
import { type Committed, sweepUnborn, writeVersion } from "./write-version.ts";

export interface ImportRequest extends Omit<Source, "kind"> {
  /** Id or name. */
  readonly dataset: string;
  /** Replaces personal data by tokens like `[EMAIL]` before anything is stored, here and in all that follows. */
  readonly redact?: boolean | undefined;
  /** Of a table's first import: whether labels are classes (when left out) or numbers to estimate. */
  readonly target?: Target | undefined;
  /** Of a table's first import: columns whose numbers are codes, like a postcode. */
  readonly categories?: readonly string[] | undefined;
  /**
   * Use only the first `count` of the new examples, in the order that `seed` gives them; the rest waits in the pool.
   * The test split is drawn over everything first and does not count.
   */
  readonly take?: { readonly count: number; readonly seed: string } | undefined;
  readonly note?: string | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** `learn` (a table's columns) and `read` count bytes (the total is unknown for a folder), `compare` steps, `write` examples. */
export interface ImportProgress {
  readonly phase: "learn" | "read" | "compare" | "write";
  readonly done: number;
  readonly total: number | undefined;
}

/** An import that was read, checked and planned: look at its report, then commit or discard it. Nothing is stored yet. */
export interface StagedImport {
  readonly report: ImportReport;
  /** In one transaction, or, when the dataset has moved on meanwhile, not at all (`conflict`). */
  commit(): Promise<Committed>;
  discard(): Promise<void>;
}

/** Reads a file or folder and makes the next version of a dataset of it, or says why not. Never half of it. */
export async function importFiles(
  deps: DataDeps,
  request: ImportRequest,
): Promise<Committed & { report: ImportReport }> {
  const staged = await stageImport(deps, request);
  return { ...(await staged.commit()), report: staged.report };
}

export async function stageImport(deps: DataDeps, request: ImportRequest): Promise<StagedImport> {
  const dataset = await findDataset(deps.store, request.dataset);
  await sweepUnborn(deps, dataset.id);
  const spill = openSpill(path.join(deps.store.folder, "tmp"));
  try {
    return await stage(deps, request, dataset, spill);
  } catch (error) {
    await spill.close();
    throw error;
  }
}

async function stage(deps: DataDeps, request: ImportRequest, dataset: Dataset, spill: Spill): Promise<StagedImport> {
  const { signal, onProgress } = request;
  const redacts = request.redact === true || dataset.redacts;
  refuseTableFlags(request, dataset.kind);
  const columns = dataset.table ? followShape(dataset.table, request) : {};
  const source = await openSource({ ...request, ...columns, kind: dataset.kind });
  const table = dataset.kind === "table" ? (dataset.table ?? (await learn(request, source))) : undefined;
  const target = table?.target ?? "class";
  const rules = rulesOf(dataset.kind, table);
  const notes = emptyNotes();
  const reading = { signal, notes, onBytes: countBytes("read", source.bytes, onProgress) };
  const gathered = await gather(source.read(reading), {
    rules,
    target,
    labels: request.labels,
    redacts,
    groupKeyOf: (value) => groupKeyOf(dataset.seed, value),
    spill,
  });
  refuseNothing(request, gathered);
  const known = await loadKnown(deps.store, dataset.id);
  if (!isForLabelling(dataset.kind)) refuseMixed(request, gathered, known);
  const fates = await planImport(deps, request, dataset, known, gathered, spill);
  const rows = gathered.rows;
  const order = request.take ? arrivalOrder(rows, [...rows.keys()], request.take.seed) : rows.keys();
  const draft = draftFrom(known, rows, fates, order);
  const members = membersOf(known, draft);
  const tally = tallyOf(members, rules.namesIn, target);
  if (!isForLabelling(dataset.kind)) refuseOneClass(request, tally);
  const report = await buildImportReport({
    data: dataset.kind,
    table,
    path: nameOf(request),
    format: source.format,
    redacted: redacts,
    gathered,
    fates,
    notes,
    members,
    tally,
    readText: ({ textIndex }) => spill.read(textIndex),
    detectLanguage: openLanguageDetector(),
  });
  return {
    report,
    async commit() {
      try {
        return await writeVersion(deps, dataset, draft, tally, {
          report,
          contentOf: (row) => contentOf(must(rows[row], "a row"), spill),
          redacts,
          table,
          note: request.note ?? `import of ${path.basename(nameOf(request))}`,
          signal,
          onProgress: (done, total) => onProgress?.({ phase: "write", done, total }),
        });
      } finally {
        await spill.close();
      }
    },
    discard: () => spill.close(),
  };
}

async function contentOf(
  { at, textIndex }: GatheredRow,
  spill: Spill,
): Promise<{ input: string; provenance: Provenance }> {
  const provenance: Provenance = { kind: "file", file: at.file, ...(at.row !== undefined && { row: at.row }) };
  return { input: await spill.read(textIndex), provenance };
}

const emptyNotes = (): ReadNotes => ({
  skippedFiles: new Map(),
  strippedHeaders: new Map(),
  attachments: 0,
  mails: 0,
});

/** The shape of a table that has none yet, by reading the file once before it is read for good. */
function learn(request: ImportRequest, source: OpenSource): Promise<TableShape> {
  const { signal, onProgress, label, target = "class", group, categories = [] } = request;
  const reading = { signal, notes: emptyNotes(), onBytes: countBytes("learn", source.bytes, onProgress) };
  return learnShape(nameOf(request), source.read(reading), { label, target, group, categories });
}

export function refuseTableFlags(request: Omit<ImportRequest, "dataset">, kind: Kind): void {
  if (kind === "table") return;
  const unknown = (["columns", "group", "target", "categories"] as const).filter(
    (key) => key !== "columns" || kind !== "text-pairs",
  );
  const given = unknown.find((key) => request[key] !== undefined);
  if (given === undefined) return;
  throw new Refusal("invalid_request", `A dataset of ${nounsOf[kind]} knows no ${given}: that is for tables.`, {
    param: given,
    hint: "Leave it out, or import with --kind table into a new dataset.",
  });
}

function countBytes(
  phase: "learn" | "read",
  total: number | undefined,
  onProgress: ImportRequest["onProgress"],
): ReadContext["onBytes"] {
  let done = 0;
  return (bytes) => onProgress?.({ phase, done: (done += bytes), total });
}

async function planImport(
  { store }: DataDeps,
  { take, signal, onProgress }: ImportRequest,
  dataset: Dataset,
  known: readonly Known[],
  { rows }: Gathered,
  spill: Spill,
): Promise<Fate[]> {
  const testIsFrozen = dataset.latestNumber > 0;
  const rules = { seed: dataset.seed, ...dataset.shares, testIsFrozen, relabels: false, takesFromPool: false, take };
  if (!isCompared(dataset.kind)) return planFates(known, rows, rules, "by key");
  return planFates(known, rows, rules, {
    shinglesAt: cachedShingles((index) => {
      const example = known[index];
      return example ? loadInput(store, example.id) : spill.read(must(rows[index - known.length], "a row").textIndex);
    }),
    async onBand(band) {
      onProgress?.({ phase: "compare", done: band, total: bands });
      await new Promise<void>((resolve) => void setImmediate(resolve)); // lets a server answer between bands
      checkCancelled(signal);
    },
  });
}

/** Shingles are made again when asked for, and kept while they are few. */
export function cachedShingles(readText: (index: number) => Promise<string>): (index: number) => Promise<Uint32Array> {
  let kept = new Map<number, Uint32Array>();
  let keptShingles = 0;
  return async (index) => {
    const known = kept.get(index);
    if (known) return known;
    const shingles = shinglesOf(await readText(index));
    if (keptShingles > shinglesKeptMax) {
      kept = new Map();
      keptShingles = 0;
    }
    kept.set(index, shingles);
    keptShingles += shingles.length;
    return shingles;
  };
}

const shinglesKeptMax = 8_000_000; // 32 MB

function refuseNothing(request: ImportRequest, { rows, read, rejected, conflicts }: Gathered): void {
  if (rows.length > 0) return;
  const { label } = request;
  const name = nameOf(request);
  if (read === 0) {
    throw new Refusal("invalid_data", `${name} has no rows.`, {
      param: name,
      hint: "Give at least two labelled rows.",
    });
  }
  const reasons = [...rejected]
    .sort(([, a], [, b]) => b - a)
    .map(([reason, n]) => `${n} × ${rejectionReasons[reason]}`);
  if (conflicts.length > 0) reasons.push(`${conflicts.length} texts with several labels`);
  throw new Refusal("invalid_data", `Not one of the ${read} rows of ${name} can be used: ${reasons.join("; ")}.`, {
    param: name,
    hint:
      typeof label !== "string" ? "Check which columns hold the text and the label." : `Check the column "${label}".`,
  });
}

function refuseMixed(request: ImportRequest, { rows }: Gathered, known: readonly Known[]): void {
  const name = nameOf(request);
  const [first] = known;
  if (!first || (first.label === undefined) === (rows[0]?.label === undefined)) return;
  const labelled = first.label !== undefined;
  throw new Refusal(
    "invalid_data",
    `The dataset has ${labelled ? "" : "no "}labels, ${name} has ${labelled ? "none" : "some"}.`,
    {
      param: name,
      hint: labelled ? "Name the column of the label with --label." : "Make another dataset for labelled rows.",
    },
  );
}

function refuseOneClass(request: ImportRequest, { labelRows, numbers }: Tally): void {
  const name = nameOf(request);
  const [only] = labelRows;
  const isOneNumber = numbers !== undefined && numbers.count > 0 && numbers.min === numbers.max;
  if (!isOneNumber && (!only || labelRows.length > 1)) return;
  throw new Refusal(
    "invalid_data",
    `Every row of ${name} has the label "${only?.label ?? numbers?.min ?? ""}": there is nothing to tell apart.`,
    {
      param: name,
      hint: "Add rows with at least one other label.",
    },
  );
}
