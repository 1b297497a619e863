import { Refusal, unreachable } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import type { Kind } from "../kinds.ts";
import { type RawCell, rawCell } from "../table/cells.ts";
import type { Position, Read } from "./read.ts";
import { labelText } from "./values.ts";

export interface ColumnChoice {
  /** What the examples are; texts when left out. */
  readonly kind?: Kind | undefined;
  /** Column of the text or image; without it `input`, `text` or `image`. Of pairs: of what both texts answer; without it `prompt`, where there is one. */
  readonly input?: string | undefined;
  /** Column of the label; without it `label` where there is one. With null, and where there is none, rows are unlabelled. */
  readonly label?: string | null | undefined;
  /** Of a table: the columns to learn from; all but label and group when left out. Of pairs: the two texts; `a` and `b` when left out. */
  readonly columns?: readonly string[] | undefined;
  /** Of a table: rows with the same value here stay in one split. */
  readonly group?: string | undefined;
}

/** Which columns to read: one that is the input, or several that make it up. */
export type Columns =
  | { readonly kind: "one"; readonly input: string; readonly label: string | undefined; readonly holdsSpans: boolean }
  | {
      readonly kind: "pair";
      readonly a: string;
      readonly b: string;
      readonly prompt: string | undefined;
      readonly label: string | undefined;
    }
  | {
      readonly kind: "row";
      readonly features: readonly string[];
      readonly label: string | undefined;
      readonly group: string | undefined;
    };

export function namesOf(columns: Columns): string[] {
  return [...flagged(columns).map(([, name]) => name), columns.label].filter((name) => name !== undefined);
}

/** Each column but the label with the flag that names it. */
function flagged(columns: Columns): (readonly [flag: string, name: string | undefined])[] {
  switch (columns.kind) {
    case "one":
      return [["--input", columns.input]];
    case "pair":
      return [
        ["--columns", columns.a],
        ["--columns", columns.b],
        ["--input", columns.prompt],
      ];
    case "row":
      return [...columns.features.map((name) => ["--columns", name] as const), ["--group", columns.group]];
    default:
      return unreachable(columns);
  }
}

/** Which columns to read, or one clear refusal that lists the columns there are. */
export function chooseColumns(file: string, present: readonly string[], choice: ColumnChoice): Columns {
  const usual = usualLabels(choice.kind).find((name) => present.includes(name) && choice.input !== name);
  const label = choice.label === null ? undefined : (choice.label ?? usual);
  const columns = choosers[choice.kind ?? "text"](file, present, choice, label);
  const repeated = present.find((name, i) => present.indexOf(name) !== i);
  for (const [flag, name] of [...flagged(columns), ["--label", label] as const]) {
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

const usualLabels = (kind: Kind | undefined): readonly string[] =>
  kind === "text-spans" ? ["spans", "label"] : ["label"];

type Chooser = (file: string, present: readonly string[], choice: ColumnChoice, label: string | undefined) => Columns;

const choosers: { readonly [K in Kind]: Chooser } = {
  text: chooseInput,
  image: chooseInput,
  "text-spans": chooseInput,
  "text-pairs": choosePair,
  table: chooseFeatures,
};

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
  return { kind: "one", input, label, holdsSpans: kind === "text-spans" };
}

function choosePair(
  file: string,
  present: readonly string[],
  { columns = ["a", "b"], input }: ColumnChoice,
  label: string | undefined,
): Columns {
  const [a, b, more] = columns;
  if (a === undefined || b === undefined || a === b || more !== undefined) {
    throw refuse(file, "holds pairs, which are two columns", present, "Name two of them with --columns, A first.");
  }
  const prompt = input ?? (present.includes("prompt") ? "prompt" : undefined);
  return { kind: "pair", a, b, prompt, label };
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
  const read = readColumns(at, cellOf, columns);
  if (read.kind === "rejected" || columns.label === undefined) return read;
  const cell = cellOf(columns.label);
  if (cell === brokenUtf8) return { kind: "rejected", at, reason: "broken_utf8", column: columns.label };
  const isSpanned = columns.kind === "one" && columns.holdsSpans;
  if (isSpanned && (cell === undefined || cell === null || cell === "")) return read; // nobody has marked it yet
  const label = isSpanned && Array.isArray(cell) ? { ok: true as const, text: JSON.stringify(cell) } : labelText(cell);
  return label.ok
    ? { ...read, label: label.text }
    : { kind: "rejected", at, reason: label.reason, column: columns.label };
}

function readColumns(at: Position, cellOf: (column: string) => unknown, columns: Columns): Read {
  if (columns.kind === "one") return readInput(at, cellOf(columns.input), columns.input);
  return columns.kind === "pair" ? readPair(at, cellOf, columns) : readRow(at, cellOf, columns);
}

/** Pairs that answer the same stay in one split. */
function readPair(
  at: Position,
  cellOf: (column: string) => unknown,
  { a, b, prompt }: Extract<Columns, { kind: "pair" }>,
): Read {
  const texts: Partial<Record<"a" | "b" | "prompt", string>> = {};
  for (const [part, column] of [
    ["a", a],
    ["b", b],
    ["prompt", prompt],
  ] as const) {
    if (column === undefined) continue;
    const read = readInput(at, cellOf(column), column);
    if (read.kind === "rejected") return read;
    texts[part] = read.input;
  }
  const group = texts.prompt?.trim() ? texts.prompt : undefined;
  return { kind: "row", at, input: JSON.stringify(texts), label: undefined, group };
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
