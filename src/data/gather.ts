import { Refusal } from "../kernel/errors.ts";
import { sha256 } from "../kernel/hash.ts";
import { limits } from "../kernel/limits.ts";
import { contentHashOf } from "./digest.ts";
import { sketchOf, sketchRoom } from "./near/minhash.ts";
import { shinglesOf } from "./near/shingles.ts";
import type { Incoming } from "./plan.ts";
import type { LabelMapping } from "./readers/folder.ts";
import { type Position, type Read, type RejectionReason, count } from "./readers/read.ts";
import type { Spill } from "./spill.ts";
import { cleanLabel, cleanText } from "./text/clean.ts";
import { type PersonalCounts, countPersonalData, redactPersonalData } from "./text/personal.ts";

/** A row after cleaning: the first with its text. */
export interface GatheredRow extends Incoming {
  readonly at: Position;
  /** Where the spill keeps its text. */
  readonly textIndex: number;
  readonly chars: number;
  readonly personal: PersonalCounts;
  /** Further rows with the same text and label. */
  copies: number;
}

export interface Rejection extends Position {
  readonly reason: RejectionReason;
  readonly column?: string;
}

/** One text that came with several labels: how many rows gave each, and where the first of them stood. */
export interface Conflict {
  readonly labels: Map<string, number>;
  readonly at: Position[];
}

export interface Gathered {
  readonly rows: readonly GatheredRow[];
  readonly read: number;
  readonly rejected: ReadonlyMap<RejectionReason, number>;
  readonly rejections: readonly Rejection[];
  readonly conflicts: readonly Conflict[];
}

export interface GatherOptions {
  readonly labels: LabelMapping | undefined;
  readonly redacts: boolean;
  readonly spill: Spill;
}

interface CheckedRow {
  readonly at: Position;
  readonly input: string;
  readonly label: string | undefined;
}

/** Cleans, checks and deduplicates rows as they are read. Texts go to the spill; the rest stays in memory. */
export async function gather(batches: AsyncIterable<readonly Read[]>, options: GatherOptions): Promise<Gathered> {
  const rows: GatheredRow[] = [];
  const byInput = new Map<string, number>();
  const conflicts = new Map<number, Conflict>();
  const rejected = new Map<RejectionReason, number>();
  const rejections: Rejection[] = [];
  const labels = new Set<string>();
  const nextSketch = sketchRoom();
  let read = 0;
  for await (const batch of batches) {
    for (const item of batch) {
      if (++read > limits.importRowsMax) throw tooManyRows(item.at);
      const checked = item.kind === "row" ? checkRow(item, options.labels) : rejectionOf(item);
      if ("reason" in checked) {
        count(rejected, checked.reason);
        if (rejections.length < limits.importRejectionsListedMax) rejections.push(checked);
        continue;
      }
      noteLabel(labels, checked);
      const text = options.redacts ? cleanText(redactPersonalData(checked.input).text) : checked.input;
      const inputHash = sha256(text);
      const firstIndex = byInput.get(inputHash);
      const first = firstIndex === undefined ? undefined : rows[firstIndex];
      if (firstIndex === undefined || !first) {
        byInput.set(inputHash, rows.length);
        rows.push(await gatherRow(checked, text, inputHash, options.spill, nextSketch()));
      } else if (first.label === checked.label && !conflicts.has(firstIndex)) first.copies++;
      else addConflict(conflicts, firstIndex, first, checked);
    }
  }
  return {
    rows: conflicts.size === 0 ? rows : rows.filter((_, i) => !conflicts.has(i)),
    read,
    rejected,
    rejections,
    conflicts: [...conflicts.values()],
  };
}

function rejectionOf({ at, reason, column }: Extract<Read, { kind: "rejected" }>): Rejection {
  return { ...at, reason, ...(column !== undefined && { column }) };
}

function checkRow(
  { at, input, label }: Extract<Read, { kind: "row" }>,
  mapping: LabelMapping | undefined,
): CheckedRow | Rejection {
  const text = cleanText(input);
  if (text === "") return { ...at, reason: "missing_input" };
  if (text.length > limits.exampleCharsMax) return { ...at, reason: "input_too_long" };
  if (label === undefined) return { at, input: text, label: undefined };
  const raw = cleanLabel(label);
  const mapped = mapping ? mapping[raw] : raw;
  if (mapped === undefined) return { ...at, reason: "unmapped_label" };
  if (mapped === "") return { ...at, reason: "missing_label" };
  if (mapped.length > limits.labelCharsMax) return { ...at, reason: "label_too_long" };
  return { at, input: text, label: mapped };
}

async function gatherRow(
  { at, input, label }: CheckedRow,
  text: string,
  inputHash: string,
  spill: Spill,
  room: Uint32Array,
): Promise<GatheredRow> {
  return {
    at,
    inputHash,
    contentHash: contentHashOf(inputHash, label),
    label,
    textIndex: await spill.append(text),
    sketch: sketchOf(shinglesOf(text), room),
    chars: text.length,
    personal: countPersonalData(input),
    copies: 0,
  };
}

function addConflict(conflicts: Map<number, Conflict>, index: number, first: GatheredRow, row: CheckedRow): void {
  let conflict = conflicts.get(index);
  if (!conflict) {
    conflict = { labels: new Map([[first.label ?? "", 1 + first.copies]]), at: [first.at] };
    conflicts.set(index, conflict);
  }
  count(conflict.labels, row.label ?? "");
  if (conflict.at.length < positionsListedMax) conflict.at.push(row.at);
}

const positionsListedMax = 5;

function noteLabel(labels: Set<string>, { at, label }: CheckedRow): void {
  if (label === undefined) return;
  labels.add(label);
  if (labels.size <= limits.labelsMax) return;
  throw new Refusal("invalid_data", `${placeOf(at)} brings the ${labels.size}th different label.`, {
    param: placeOf(at),
    hint: `${limits.labelsMax} labels are the limit. Does --label name the column of the label, not of the text?`,
  });
}

function tooManyRows(at: Position): Refusal {
  return new Refusal("too_large", `${at.file} has more than ${limits.importRowsMax} rows.`, {
    param: at.file,
    hint: "Split it and import the parts one after the other.",
  });
}

/** `mails.csv: row 12`. */
export const placeOf = ({ file, row }: Position): string => (row === undefined ? file : `${file}: row ${row}`);
