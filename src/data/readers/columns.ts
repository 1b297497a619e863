import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import type { Kind } from "../kinds.ts";
import { type RawCell, rawCell } from "../table/cells.ts";
import type { Position, Read } from "./read.ts";
import { labelText } from "./values.ts";

export interface ColumnChoice {
  /** What the examples are; texts when left out. */
  readonly kind?: Kind | undefined;
  /** Column of the text or image; without it `input`, `text` or `image`. */
  readonly input?: string | undefined;
  /** Column of the label; without it `label` where there is one. With null, and where there is none, rows are unlabelled. */
  readonly label?: string | null | undefined;
  /** Of a table: the columns to learn from; all but label and group when left out. */
  readonly columns?: readonly string[] | undefined;
  /** Of a table: rows with the same value here stay in one split. */
  readonly group?: string | undefined;
}

/** Which columns to read: one that is the input, or several that make it up. */
export type Columns =
  | { readonly kind: "one"; readonly input: string; readonly label: string | undefined }
  | {
      readonly kind: "row";
      readonly features: readonly string[];
      readonly label: string | undefined;
      readonly group: string | undefined;
    };

export function namesOf(columns: Columns): string[] {
  const names = columns.kind === "one" ? [columns.input] : [...columns.features, columns.group];
  return [...names, columns.label].filter((name) => name !== undefined);
}

/** Which columns to read, or one clear refusal that lists the columns there are. */
export function chooseColumns(file: string, present: readonly string[], choice: ColumnChoice): Columns {
  const usual = present.includes("label") && choice.input !== "label" ? "label" : undefined;
  const label = choice.label === null ? undefined : (choice.label ?? usual);
  const columns =
    choice.kind === "table" ? chooseFeatures(file, present, choice, label) : chooseInput(file, present, choice, label);
  const flags: [string, string | undefined][] =
    columns.kind === "one"
      ? [["--input", columns.input]]
      : [...columns.features.map((name): [string, string] => ["--columns", name]), ["--group", columns.group]];
  const repeated = present.find((name, i) => present.indexOf(name) !== i);
  for (const [flag, name] of [...flags, ["--label", label] as const]) {
    if (name === undefined) continue;
    if (!present.includes(name)) {
      throw refuse(file, `has no column "${name}"`, present, `Name one of them with ${flag}.`, name);
    }
    if (name === repeated) {
      throw refuse(file, `has two columns called "${name}"`, present, "Rename one of them in the first line.", name);
    }
  }
  return columns;
}

/** Columns that hold the input where nobody said which. */
export const usualInputs = { text: ["input", "text"], image: ["image", "input"] } as const;

function chooseInput(
  file: string,
  present: readonly string[],
  { input: named, kind }: ColumnChoice,
  label: string | undefined,
): Columns {
  const what = kind === "image" ? "image" : "text";
  const input = named ?? usualInputs[what].find((name) => present.includes(name));
  if (input === undefined) {
    throw refuse(file, `does not say which column holds the ${what}`, present, "Name it with --input.");
  }
  if (input === label) {
    throw refuse(file, `was given "${input}" as ${what} and as label`, present, "Name two different columns.", input);
  }
  return { kind: "one", input, label };
}

function chooseFeatures(
  file: string,
  present: readonly string[],
  { columns, group }: ColumnChoice,
  label: string | undefined,
): Columns {
  const features = columns ?? present.filter((name) => name !== label && name !== group && name !== "");
  if (features.length === 0) throw refuse(file, "has no column to learn from", present, "Name them with --columns.");
  if (features.length > limits.tableColumnsMax) {
    throw new Refusal("too_large", `${file} has ${features.length} columns; ${limits.tableColumnsMax} are the limit.`, {
      param: file,
      hint: "Name the ones that matter with --columns.",
    });
  }
  const twice = label !== undefined && features.includes(label) ? label : undefined;
  if (twice !== undefined) {
    throw refuse(
      file,
      `was given "${twice}" as column and as label`,
      present,
      "A model must not see the label.",
      twice,
    );
  }
  return { kind: "row", features, label, group };
}

function refuse(file: string, what: string, present: readonly string[], hint: string, column?: string): Refusal {
  const listed = present.slice(0, listedMax).map((name) => (name === "" ? "(unnamed)" : name));
  const more = present.length > listedMax ? `, and ${present.length - listedMax} more` : "";
  return new Refusal("invalid_data", `${file} ${what}. Its columns: ${listed.join(", ")}${more}.`, {
    param: column === undefined ? file : `${file}: ${column}`,
    hint,
  });
}

const listedMax = 40;

/** What a reader says of a cell whose bytes are not UTF-8. */
export const brokenUtf8 = Symbol("broken UTF-8");

/** Makes a row of what a reader finds in the chosen columns. */
export function readCells(at: Position, cellOf: (column: string) => unknown, columns: Columns): Read {
  const read =
    columns.kind === "one" ? readInput(at, cellOf(columns.input), columns.input) : readRow(at, cellOf, columns);
  if (read.kind === "rejected" || columns.label === undefined) return read;
  const cell = cellOf(columns.label);
  if (cell === brokenUtf8) return { kind: "rejected", at, reason: "broken_utf8", column: columns.label };
  const label = labelText(cell);
  return label.ok
    ? { ...read, label: label.text }
    : { kind: "rejected", at, reason: label.reason, column: columns.label };
}

function readInput(at: Position, cell: unknown, column: string): Read {
  if (cell === brokenUtf8) return { kind: "rejected", at, reason: "broken_utf8", column };
  const input = cell ?? "";
  if (typeof input !== "string") return { kind: "rejected", at, reason: "not_text", column };
  return { kind: "row", at, input, label: undefined };
}

function readRow(
  at: Position,
  cellOf: (column: string) => unknown,
  { features, group }: Extract<Columns, { kind: "row" }>,
): Read {
  const row: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const column of features) {
    const cell = readCell(at, cellOf(column), column);
    if (cell !== null && typeof cell === "object") return cell;
    row[column] = cell;
  }
  const input = JSON.stringify(row);
  const origin = group === undefined ? null : readCell(at, cellOf(group), group);
  if (origin !== null && typeof origin === "object") return origin;
  return { kind: "row", at, input, label: undefined, group: origin === null ? undefined : String(origin) };
}

function readCell(at: Position, value: unknown, column: string): RawCell | Extract<Read, { kind: "rejected" }> {
  if (value === brokenUtf8) return { kind: "rejected", at, reason: "broken_utf8", column };
  const cell = rawCell(value);
  return cell === undefined ? { kind: "rejected", at, reason: "cell_not_scalar", column } : cell;
}
