/** A value as a file gave it, before its column's kind is known. */
export type RawCell = string | number | boolean | null;

/** A scalar of any reader as a raw cell; `undefined` for lists and objects. Empty text is a missing value. */
export function rawCell(value: unknown): RawCell | undefined {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  return undefined;
}

/** What statistics programs write where a number is missing. In a category column these are values like any other. */
const missingNumbers = new Set(["", "na", "n/a", "nan", "null", "none", "?", "-"]);

/** A decimal number as people and programs write it. Leading zeros make a code, not a number. */
const decimal = /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?$/i;

/** A number, `null` where it is missing, `undefined` where something else stands. */
export function numberOf(cell: RawCell): number | null | undefined {
  if (typeof cell === "number" || cell === null) return cell;
  if (typeof cell === "boolean") return undefined;
  const text = cell.trim();
  if (missingNumbers.has(text.toLowerCase())) return null;
  if (!decimal.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value + 0 : undefined; // + 0: minus zero is zero
}

/** The label of an estimate, always written the same way; `undefined` where it is no number. */
export function numberLabel(text: string): string | undefined {
  const value = numberOf(text);
  return value === null || value === undefined ? undefined : String(value);
}
