import { Refusal, must, notFound } from "../kernel/errors.ts";
import { sha256 } from "../kernel/hash.ts";
import type { Id } from "../kernel/ids.ts";
import { type Dataset, findDataset } from "./datasets.ts";
import { contentHashOf } from "./digest.ts";
import { draftFrom, membersOf, tallyOf } from "./draft.ts";
import { cachedShingles } from "./import.ts";
import { warningsOf } from "./import-report.ts";
import { type InputRules, isCompared, rulesOf } from "./kinds.ts";
import { loadInput, loadKnown } from "./known.ts";
import { type Fate, type Incoming, type Known, planFates } from "./plan.ts";
import type { Provenance } from "./provenance.ts";
import { checkCancelled } from "./readers/bytes.ts";
import type { RejectionReason } from "./readers/read.ts";
import type { ChangeReport } from "./report.ts";
import type { Part } from "./splits.ts";
import type { DataDeps } from "./tables.ts";
import { numberLabel } from "./table/cells.ts";
import { type Committed, writeVersion } from "./write-version.ts";

/** A text with the label that somebody stands for: a new example, a corrected one, or one taken out of the pool. */
export interface NewExample {
  readonly input: string;
  readonly label?: string | undefined;
  readonly provenance: Provenance;
}

export interface VersionChange {
  /** Id or name. */
  readonly dataset: string;
  /** A known text with another label is relabelled, except in the frozen test. */
  readonly add?: readonly NewExample[] | undefined;
  readonly remove?: readonly Id<"example">[] | undefined;
  readonly note: string;
  readonly signal?: AbortSignal | undefined;
}

/** What became of one row of `add`, in the same order. */
export type RowOutcome =
  | { readonly kind: "added" | "returned" | "relabelled" | "unchanged"; readonly part: Part }
  | {
      readonly kind: "refused";
      /** `conflict`: the same text came twice with different labels. `frozen_test`: it would change what models are judged by. */
      readonly reason: RejectionReason | "conflict" | "frozen_test";
      /** The column of a table that is wrong. */
      readonly column?: string;
    };

export interface Changed extends Committed {
  readonly outcomes: readonly RowOutcome[];
  readonly report: ChangeReport;
}

const attemptsMax = 5;

/** The latest version with rows added, corrected or removed, as a new version. The frozen test split stays as it is. */
export async function createVersion(deps: DataDeps, change: VersionChange): Promise<Changed> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await createOnce(deps, change);
    } catch (error) {
      const moved = error instanceof Refusal && error.code === "conflict";
      if (!moved || attempt === attemptsMax) throw error;
    }
  }
}

async function createOnce(deps: DataDeps, change: VersionChange): Promise<Changed> {
  const dataset = await findDataset(deps.store, change.dataset);
  if (dataset.latestNumber === 0) {
    throw new Refusal("invalid_request", `The dataset "${dataset.name}" has no version to change.`, {
      hint: "Import something first: millrace dataset import FILE",
    });
  }
  const known = await loadKnown(deps.store, dataset.id);
  const removed = findRemoved(known, change.remove ?? []);
  const checked = checkRows(change.add ?? [], known, dataset);
  const rows = checked.flatMap((row) => ("row" in row ? [row.row] : []));
  // what is removed in this same change is known as having left
  const removedIds = new Set(removed.map(({ id }) => id));
  const before = known.map((example) => (removedIds.has(example.id) ? { ...example, part: undefined } : example));
  const fates = await planChange(deps, dataset, before, rows, change.signal);
  const draft = draftFrom(known, rows, fates, rows.keys(), removed);
  const tally = tallyOf(membersOf(known, draft), rulesOf(dataset.kind, dataset.table).namesIn, dataset.table?.target);
  const outcomes = outcomesOf(checked, fates);
  const report: ChangeReport = {
    kind: "change",
    rows: { ...countOutcomes(outcomes), given: outcomes.length, removed: removed.length },
    parts: tally.counts,
    labels: tally.labelRows,
    ...(tally.numbers && { numbers: tally.numbers }),
    warnings: warningsOf(dataset.kind, tally.counts, tally.labelRows),
  };
  const { note, signal } = change;
  const contentOf = async (row: number): Promise<PreparedRow> => must(rows[row], "a row");
  const committed = await writeVersion(deps, dataset, draft, tally, {
    report,
    contentOf,
    note,
    redacts: dataset.redacts,
    table: dataset.table,
    signal,
  });
  return { ...committed, outcomes, report };
}

function planChange(
  { store }: DataDeps,
  dataset: Dataset,
  known: readonly Known[],
  rows: readonly PreparedRow[],
  signal: AbortSignal | undefined,
): Promise<Fate[]> {
  const { seed, shares } = dataset;
  const rules = { seed, ...shares, testIsFrozen: true, relabels: true, takesFromPool: true, take: undefined };
  if (!isCompared(dataset.kind)) return planFates(known, rows, rules, "by key");
  return planFates(known, rows, rules, {
    shinglesAt: cachedShingles(async (index) => {
      const example = known[index];
      return example ? await loadInput(store, example.id) : must(rows[index - known.length], "a row").input;
    }),
    async onBand() {
      checkCancelled(signal);
    },
  });
}

function findRemoved(known: readonly Known[], ids: readonly Id<"example">[]): Known[] {
  const byId = new Map(known.map((example) => [example.id, example]));
  return [...new Set(ids)].flatMap((id) => {
    const example = byId.get(id);
    if (!example) throw notFound("example", id);
    return example.part === undefined ? [] : [example];
  });
}

interface PreparedRow extends Incoming {
  readonly input: string;
  readonly provenance: Provenance;
}

/** A row that can be planned, the index of the planned row with the same text and label, or why neither. */
type CheckedRow =
  | { readonly row: PreparedRow }
  | { readonly sameAs: number }
  | Pick<Extract<RowOutcome, { kind: "refused" }>, "reason" | "column">;

function checkRows(examples: readonly NewExample[], known: readonly Known[], dataset: Dataset): CheckedRow[] {
  const isLabelled = known.some(({ label }) => label !== undefined);
  const rules = rulesOf(dataset.kind, dataset.table);
  const prepared = examples.map((example) => prepare(example, isLabelled, rules, dataset));
  const labelsOf = new Map<string, Set<string | undefined>>();
  for (const one of prepared) {
    if (!("row" in one)) continue;
    const labels = labelsOf.get(one.row.inputHash) ?? new Set();
    labelsOf.set(one.row.inputHash, labels.add(one.row.label));
  }
  const firstOf = new Map<string, number>();
  return prepared.map((one): CheckedRow => {
    if (!("row" in one)) return one;
    const { inputHash } = one.row;
    if ((labelsOf.get(inputHash)?.size ?? 0) > 1) return { reason: "conflict" };
    const first = firstOf.get(inputHash);
    if (first !== undefined) return { sameAs: first };
    firstOf.set(inputHash, firstOf.size);
    return one;
  });
}

function prepare(
  { input: raw, label, provenance }: NewExample,
  isLabelled: boolean,
  rules: InputRules,
  { redacts, table }: Dataset,
): CheckedRow {
  const prepared = rules.prepare(raw);
  if (!prepared.ok) {
    const { reason, column } = prepared;
    return { reason, ...(column !== undefined && { column }) };
  }
  const input = redacts ? rules.redact(prepared.input) : prepared.input;
  if (input === "") return { reason: "missing_input" };
  if (isLabelled && label === undefined) return { reason: "missing_label" };
  const found = label === undefined ? undefined : rules.prepareLabel(label, input);
  if (found?.ok === false) return { reason: found.reason };
  const cleaned = found?.label;
  const settled = cleaned !== undefined && table?.target === "number" ? numberLabel(cleaned) : cleaned;
  if (settled === undefined && cleaned !== undefined) return { reason: "label_not_a_number" };
  const inputHash = sha256(input);
  return {
    row: {
      input,
      inputHash,
      label: settled,
      sketch: rules.sketch(input),
      contentHash: contentHashOf(inputHash, settled),
      provenance,
    },
  };
}

function outcomesOf(checked: readonly CheckedRow[], fates: readonly Fate[]): RowOutcome[] {
  let next = 0;
  return checked.map((one): RowOutcome => {
    if ("reason" in one) return { kind: "refused", ...one };
    if ("sameAs" in one) {
      const first = outcomeOf(must(fates[one.sameAs], "the fate of the first of its text"));
      return first.kind === "refused" ? first : { kind: "unchanged", part: first.part };
    }
    return outcomeOf(must(fates[next++], "a fate"));
  });
}

function outcomeOf(fate: Fate): RowOutcome {
  if (fate.kind === "refused") return { kind: "refused", reason: fate.reason };
  if (fate.kind === "unchanged") return { kind: "unchanged", part: must(fate.known.part, "it is a member") };
  return { kind: fate.kind, part: fate.part };
}

function countOutcomes(outcomes: readonly RowOutcome[]): Omit<ChangeReport["rows"], "given" | "removed"> {
  const counts = { added: 0, returned: 0, relabelled: 0, unchanged: 0, refused: 0 };
  for (const { kind } of outcomes) counts[kind]++;
  return counts;
}
