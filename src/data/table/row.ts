import { canonicalJson } from "../../kernel/hash.ts";
import { limits } from "../../kernel/limits.ts";
import type { RejectionReason } from "../readers/read.ts";
import { cleanLabel } from "../text/clean.ts";
import { redactPersonalData } from "../text/personal.ts";
import { type RawCell, numberOf, rawCell } from "./cells.ts";
import type { Column, TableShape } from "./shape.ts";

export type Cell = string | number | null;

/** The canonical JSON of a row: its columns by name, numbers as numbers, everything else as text, missing as null. */
export type PreparedRow =
  | { readonly ok: true; readonly input: string }
  | { readonly ok: false; readonly reason: RejectionReason; readonly column?: string };

/** Brings a row, as JSON, into the one form in which it is stored, or says which column is wrong. */
export function prepareRow(raw: string, { columns }: TableShape): PreparedRow {
  const row = parseObject(raw);
  if (!row) return { ok: false, reason: "not_a_row" };
  const known = new Set(columns.map(({ name }) => name));
  const unknown = Object.keys(row).find((name) => !known.has(name));
  if (unknown !== undefined) return { ok: false, reason: "unknown_column", column: unknown };
  const cells: Record<string, Cell> = Object.create(null) as Record<string, Cell>;
  let filled = 0;
  for (const column of columns) {
    const given = Object.hasOwn(row, column.name) ? rawCell(row[column.name]) : "absent";
    if (given === "absent") return { ok: false, reason: "missing_column", column: column.name };
    const cell = given === undefined ? ({ reason: "cell_not_scalar" } as const) : cellOf(given, column);
    if (cell !== null && typeof cell === "object") return { ok: false, reason: cell.reason, column: column.name };
    cells[column.name] = cell;
    if (cell !== null) filled++;
  }
  if (filled === 0) return { ok: false, reason: "empty_row" };
  const input = canonicalJson(cells);
  return input.length > limits.exampleCharsMax ? { ok: false, reason: "input_too_long" } : { ok: true, input };
}

function parseObject(raw: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(raw);
    const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function cellOf(raw: RawCell, { kind }: Column): Cell | { readonly reason: RejectionReason } {
  if (raw === null) return null;
  if (kind === "number") {
    const value = numberOf(raw);
    return value === undefined ? { reason: "not_a_number" } : value;
  }
  const text = cleanLabel(String(raw));
  if (text.length > limits.cellCharsMax) return { reason: "cell_too_long" };
  return text === "" ? null : text;
}

/** The cells of a stored row. */
export const parseRow = (input: string): Readonly<Record<string, Cell>> =>
  JSON.parse(input) as Readonly<Record<string, Cell>>;

/** A stored row with the personal data in its text cells replaced by tokens. */
export function redactRow(input: string): string {
  const row = parseRow(input);
  const redacted = Object.entries(row).map(([name, cell]) => [
    name,
    typeof cell === "string" ? cleanLabel(redactPersonalData(cell).text) : cell,
  ]);
  return canonicalJson(Object.fromEntries(redacted));
}

/** Its text cells: what personal data is looked for in. */
export const textCellsOf = (input: string): string[] =>
  Object.values(parseRow(input)).filter((cell) => typeof cell === "string");

/** All its cells, one a line. */
export const textOfRow = (input: string): string =>
  Object.values(parseRow(input))
    .filter((cell) => cell !== null)
    .join("\n");
