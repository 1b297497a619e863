import { Refusal } from "../kernel/errors.ts";
import { sha256 } from "../kernel/hash.ts";
import { limits } from "../kernel/limits.ts";
import { contentHashOf } from "./digest.ts";
import type { InputRules } from "./kinds.ts";
import { sketchRoom } from "./near/minhash.ts";
import type { Incoming } from "./plan.ts";
import type { LabelMapping } from "./readers/folder.ts";
import { type Position, type Read, type RejectionReason, count } from "./readers/read.ts";
import type { Spill } from "./spill.ts";
import { numberLabel } from "./table/cells.ts";
import type { Target } from "./table/shape.ts";
import { cleanLabel } from "./text/clean.ts";
import type { PersonalCounts } from "./text/personal.ts";

/** A row after cleaning: the first with its input. */
export interface GatheredRow extends Incoming {
  readonly at: Position;
  /** Where the spill keeps its input. */
  readonly textIndex: number;
  readonly chars: number;
  readonly personal: PersonalCounts;
  /** Further rows with the same input and label. */
  copies: number;
}

export interface Rejection extends Position {
  readonly reason: RejectionReason;
  readonly column?: string;
}

/** One input that came with several labels: how many rows gave each, and where the first of them stood. */
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
  /** Rows with equal columns and several numbers as label, which became one with their mean. */
  readonly averaged: number;
  /** Images that were larger than they are stored. */
  readonly shrunk: number;
}

export interface GatherOptions {
  readonly rules: InputRules;
  readonly target: Target;
  readonly labels: LabelMapping | undefined;
  readonly redacts: boolean;
  readonly groupKeyOf: (value: string) => string;
  readonly spill: Spill;
}

interface CheckedRow {
  readonly at: Position;
  readonly input: string;
  readonly label: string | undefined;
  readonly group: string | undefined;
  readonly wasShrunk: boolean;
}

/** Cleans, checks and deduplicates rows as they are read. Inputs go to the spill; the rest stays in memory. */
export async function gather(batches: AsyncIterable<readonly Read[]>, options: GatherOptions): Promise<Gathered> {
  const { rules } = options;
  const rows: GatheredRow[] = [];
  const byInput = new Map<string, number>();
  const conflicts = new Map<number, Conflict>();
  const rejected = new Map<RejectionReason, number>();
  const rejections: Rejection[] = [];
  const labels = new Set<string>();
  const nextSketch = sketchRoom();
  let read = 0;
  let shrunk = 0;
  for await (const batch of batches) {
    for (const item of batch) {
      if (++read > limits.importRowsMax) throw tooManyRows(item.at);
      const checked = item.kind === "row" ? checkRow(item, options) : rejectionOf(item);
      if ("reason" in checked) {
        count(rejected, checked.reason);
        if (rejections.length < limits.importRejectionsListedMax) rejections.push(checked);
        continue;
      }
      if (options.target === "class") noteLabels(labels, rules, checked);
      if (checked.wasShrunk) shrunk++;
      const input = options.redacts ? rules.redact(checked.input) : checked.input;
      const inputHash = sha256(input);
      const firstIndex = byInput.get(inputHash);
      const first = firstIndex === undefined ? undefined : rows[firstIndex];
      if (firstIndex === undefined || !first) {
        byInput.set(inputHash, rows.length);
        rows.push(await gatherRow(checked, input, inputHash, options, nextSketch()));
      } else if (first.label === checked.label && !conflicts.has(firstIndex)) first.copies++;
      else addConflict(conflicts, firstIndex, first, checked);
    }
  }
  const settled = options.target === "number" ? average(rows, conflicts) : drop(rows, conflicts);
  return { ...settled, read, rejected, rejections, shrunk };
}

/** Nobody can say which of several classes is right: all rows of such an input go. */
function drop(
  rows: readonly GatheredRow[],
  conflicts: ReadonlyMap<number, Conflict>,
): Pick<Gathered, "rows" | "conflicts" | "averaged"> {
  return {
    rows: conflicts.size === 0 ? rows : rows.filter((_, i) => !conflicts.has(i)),
    conflicts: [...conflicts.values()],
    averaged: 0,
  };
}

/** Of several numbers for the same columns all are right: their mean is what least squares would make of them. */
function average(
  rows: readonly GatheredRow[],
  conflicts: ReadonlyMap<number, Conflict>,
): Pick<Gathered, "rows" | "conflicts" | "averaged"> {
  let averaged = 0;
  const settled = rows.map((row, i) => {
    const conflict = conflicts.get(i);
    if (!conflict) return row;
    const numbers = [...conflict.labels].map(([text, times]) => ({ value: Number(text), times }));
    numbers.sort((a, b) => a.value - b.value); // so that the order of rows cannot change the sum's last digit
    const times = numbers.reduce((sum, n) => sum + n.times, 0);
    averaged += times;
    const label = String(numbers.reduce((sum, n) => sum + n.value * n.times, 0) / times);
    return { ...row, label, contentHash: contentHashOf(row.inputHash, label), copies: times - 1 };
  });
  return { rows: settled, conflicts: [], averaged };
}

function rejectionOf({ at, reason, column }: Extract<Read, { kind: "rejected" }>): Rejection {
  return { ...at, reason, ...(column !== undefined && { column }) };
}

function checkRow(
  { at, input, label, group }: Extract<Read, { kind: "row" }>,
  { rules, labels: mapping, target }: GatherOptions,
): CheckedRow | Rejection {
  const prepared = rules.prepare(input);
  if (!prepared.ok) {
    const { reason, column } = prepared;
    return { ...at, reason, ...(column !== undefined && { column }) };
  }
  const row = { at, input: prepared.input, group, wasShrunk: prepared.wasShrunk === true };
  if (label === undefined) return { ...row, label: undefined };
  const mapped = mapping ? mapping[cleanLabel(label)] : label;
  if (mapped === undefined) return { ...at, reason: "unmapped_label" };
  const settled = rules.prepareLabel(mapped, prepared.input);
  if (!settled.ok) return { ...at, reason: settled.reason };
  if (target === "class") return { ...row, label: settled.label };
  const number = numberLabel(settled.label);
  return number === undefined ? { ...at, reason: "label_not_a_number" } : { ...row, label: number };
}

async function gatherRow(
  { at, input: unredacted, label, group }: CheckedRow,
  input: string,
  inputHash: string,
  { rules, spill, groupKeyOf }: GatherOptions,
  room: Uint32Array,
): Promise<GatheredRow> {
  return {
    at,
    inputHash,
    contentHash: contentHashOf(inputHash, label),
    label,
    textIndex: await spill.append(input),
    sketch: rules.sketch(input, room),
    groupKey: group === undefined ? undefined : groupKeyOf(group),
    chars: input.length,
    personal: rules.countPersonal(unredacted),
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

function noteLabels(labels: Set<string>, rules: InputRules, { at, label }: CheckedRow): void {
  if (label === undefined) return;
  for (const name of rules.namesIn(label)) labels.add(name);
  if (labels.size <= limits.labelsMax) return;
  throw new Refusal("invalid_data", `${placeOf(at)} brings the ${labels.size}th different label.`, {
    param: placeOf(at),
    hint: `${limits.labelsMax} labels are the limit. Does --label name the column of the label? For numbers: --target number.`,
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
