import type { Value } from "./statement.ts";

/**
 * One statement for many rows: SQLite runs the prepared text once for each row, Postgres runs the other text once with a
 * column as an array (`unnest`). The rows it returns come in no certain order.
 */
export interface Bulk {
  /** With `?` for each column, for one row. */
  readonly each: string;
  /** With `$1`, `$2`, … for each column, all rows at once. */
  readonly all: string;
  readonly rows: readonly (readonly Value[])[];
}

type ColumnType = "text" | "bigint" | "double precision";

export type Columns = Readonly<Record<string, ColumnType>>;

/** `insert into …` of many rows, whose values stand in the order of the columns. `tail` may be `on conflict …`. */
export function bulkInsert(table: string, columns: Columns, tail = ""): (rows: Bulk["rows"]) => Bulk {
  const names = Object.keys(columns).join(", ");
  const marks = Object.keys(columns)
    .map(() => "?")
    .join(", ");
  const each = `insert into ${table} (${names}) values (${marks}) ${tail}`;
  const all = `insert into ${table} (${names}) select * from ${unnested(columns)} ${tail}`;
  return (rows) => ({ each, all, rows });
}

/**
 * Any other statement: `each` reads its row as `?1`, `?2`, …; `all` reads the table `given` with these columns,
 * `update t set … from given where t.id = given.id`.
 */
export function bulkStatement(
  columns: Columns,
  text: { readonly each: string; readonly all: string },
): (rows: Bulk["rows"]) => Bulk {
  const given = `${unnested(columns)} as given (${Object.keys(columns).join(", ")})`;
  const all = text.all.replace(/\b(from|join) given\b/, (_, word: string) => `${word} ${given}`);
  return (rows) => ({ each: text.each, all, rows });
}

function unnested(columns: Columns): string {
  const arrays = Object.values(columns).map((type, at) => `cast($${at + 1} as ${type}[])`);
  return `unnest(${arrays.join(", ")})`;
}

/** The rows turned into one array for each column. */
export function columnsOf(rows: Bulk["rows"]): Value[][] {
  const [first = []] = rows;
  return first.map((_, at) => rows.map((row) => row[at] ?? null));
}

export const isBulk = (statement: object): statement is Bulk => "each" in statement;

/** Rows in the order of their first two columns, so that those who lock the same rows never wait in a circle. */
export function inOrder(rows: readonly (readonly Value[])[]): Bulk["rows"] {
  const text = (value: Value | undefined): string => (typeof value === "string" ? value : "");
  const nameOf = ([first, second]: readonly Value[]): string => `${text(first)} ${text(second)}`;
  return rows.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}
