import type { Row, Value } from "./statement.ts";

/**
 * The rule for numbers, the same on both engines: a column whose name ends in `_nanos` is a `bigint`, every other
 * integer is a `number`. So a money aggregate needs an alias that ends in `_nanos`.
 */
export function normalizeRow(row: Readonly<Record<string, unknown>>): Row {
  const out: Record<string, Value> = {};
  for (const name in row) {
    const value = row[name];
    if (typeof value === "bigint") out[name] = name.endsWith("_nanos") ? value : Number(value);
    else if (typeof value === "number" && name.endsWith("_nanos")) out[name] = BigInt(value);
    else if (value instanceof ArrayBuffer) out[name] = new Uint8Array(value);
    else if (value === undefined) out[name] = null;
    else if (name !== "_metadata") out[name] = value as Value;
  }
  return out;
}

export interface Column {
  readonly name: string;
  readonly isNanos: boolean;
}

export const columnOf = (name: string): Column => ({ name, isNanos: name.endsWith("_nanos") });

/** The same rule for a row that comes as an array, with what its columns are known once for all rows. */
export function rowOf(columns: readonly Column[], values: readonly unknown[]): Row {
  const out: Record<string, Value> = {};
  for (const [i, { name, isNanos }] of columns.entries()) {
    const value = values[i];
    if (typeof value === "bigint") out[name] = isNanos ? value : Number(value);
    else if (typeof value === "number" && isNanos) out[name] = BigInt(value);
    else if (value instanceof ArrayBuffer) out[name] = new Uint8Array(value);
    else out[name] = value === undefined ? null : (value as Value);
  }
  return out;
}

/** SQLite would bind a JavaScript number as a float; whole numbers are integers here. */
export function bindable(value: unknown): Value {
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (value === undefined) return null;
  return value as Value;
}
