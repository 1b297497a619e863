/**
 * A row of a table to numbers and category ids. This file imports nothing but types: its compiled JavaScript is what an
 * exported model folder carries as `preprocessing.mjs`, so both sides run the very same code.
 */
import type { Codec, Feed } from "./codec.ts";

/** How a number is read: held within bounds, perhaps on a logarithmic scale, standardized, and cut at its quantiles. */
export interface NumberColumn {
  readonly name: string;
  /** Values below or above count as these: what training saw, but for its rarest. */
  readonly low: number;
  readonly high: number;
  /** Whether sign(x) · ln(1 + |x|) is standardized in place of x, because a few values are far from the others. */
  readonly isLogarithmic: boolean;
  readonly mean: number;
  readonly deviation: number;
  /** Ascending; each interval gives a number from 0 (below) to 1 (above), so that a line can bend at them. */
  readonly knots: readonly number[];
}

/** What is one of several values. */
export interface CategoryColumn {
  readonly name: string;
  /** Known values; a value that training hardly saw counts as unknown. */
  readonly values: readonly string[];
}

/** The parameters, as `preprocessing.json` holds them. */
export interface TablePreprocessing {
  readonly kind: "table-row";
  /** Raised when the same parameters would give other features. */
  readonly format: 1;
  readonly numbers: readonly NumberColumn[];
  readonly categories: readonly CategoryColumn[];
}

export interface RowFeatures {
  readonly numbers: Float32Array;
  /** Rows of one table that holds the embeddings of all columns' values. */
  readonly categories: Int32Array;
}

type Cell = string | number | null;

/** Ids of a category column: missing, unknown, then its values. */
const reserved = 2;

/** Numbers that a row becomes: for each column whether it is missing, its standardized value, and its intervals. */
export function numberWidth({ numbers }: TablePreprocessing): number {
  return numbers.reduce((sum, { knots }) => sum + widthOf(knots), 0);
}

const widthOf = (knots: readonly number[]): number => 2 + Math.max(knots.length - 1, 0);

/** Ids that the categories of all columns take together. */
export function categoryIds({ categories }: TablePreprocessing): number {
  return categories.reduce((sum, { values }) => sum + reserved + values.length, 0);
}

/** `numbers` float32 [batch, numberWidth] and `categories` int32 [batch, columns], each where there are such columns. */
export function tableCodec(preprocessing: TablePreprocessing): Codec<RowFeatures> {
  const { numbers, categories } = preprocessing;
  const width = numberWidth(preprocessing);
  const known = new Set([...numbers, ...categories].map(({ name }) => name));
  let first = 0;
  const places = categories.map(({ name, values }) => {
    const from = first;
    first += reserved + values.length;
    return { name, from, ids: new Map(values.map((value, i) => [value, from + reserved + i])) };
  });
  return {
    read(input) {
      const row = parse(input, known);
      const out = new Float32Array(width);
      let at = 0;
      for (const column of numbers) {
        write(column, numberIn(row, column.name), out, at);
        at += widthOf(column.knots);
      }
      const ids = Int32Array.from(places, ({ name, from, ids: byValue }) => {
        const value = textIn(row, name);
        return value === null ? from : (byValue.get(value) ?? from + 1);
      });
      return { numbers: out, categories: ids };
    },
    length: () => 1,
    feeds: (batch) => rowFeeds(batch, width, places.length),
  };
}

/** The features of some rows, as a graph is fed. */
export function rowFeeds(batch: readonly RowFeatures[], width: number, columns: number): Record<string, Feed> {
  const feeds: Record<string, Feed> = {};
  if (width > 0) {
    const data = new Float32Array(batch.length * width);
    for (const [i, row] of batch.entries()) data.set(row.numbers, i * width);
    feeds["numbers"] = { data, dims: [batch.length, width] };
  }
  if (columns > 0) {
    const data = new Int32Array(batch.length * columns);
    for (const [i, row] of batch.entries()) data.set(row.categories, i * columns);
    feeds["categories"] = { data, dims: [batch.length, columns] };
  }
  return feeds;
}

function parse(input: string, known: ReadonlySet<string>): Map<string, Cell> {
  let row: unknown;
  try {
    row = JSON.parse(input);
  } catch {
    throw new Error("The input is no row: give a JSON object with the columns.");
  }
  if (row === null || typeof row !== "object" || Array.isArray(row)) {
    throw new Error("The input is no row: give a JSON object with the columns.");
  }
  const cells = new Map<string, Cell>();
  for (const [name, value] of Object.entries(row as Record<string, unknown>)) {
    if (!known.has(name)) throw new Error(`The row has a column "${name}" that the model does not know.`);
    cells.set(name, cell(name, value));
  }
  for (const name of known) {
    if (!cells.has(name)) throw new Error(`The row has no column "${name}". Send null where a value is missing.`);
  }
  return cells;
}

function cell(name: string, value: unknown): Cell {
  if (value === null || value === "") return null;
  if (typeof value === "number" || typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  throw new Error(`The column "${name}" holds ${Array.isArray(value) ? "a list" : "an object"}, not a value.`);
}

function numberIn(row: ReadonlyMap<string, Cell>, name: string): number | null {
  const value = row.get(name) ?? null;
  if (value === null || typeof value === "number") return value;
  throw new Error(`The column "${name}" is not a number.`);
}

function textIn(row: ReadonlyMap<string, Cell>, name: string): string | null {
  const value = row.get(name) ?? null;
  return value === null ? null : String(value).trim();
}

export const onLogScale = (value: number): number => Math.sign(value) * Math.log1p(Math.abs(value));

function write(column: NumberColumn, value: number | null, out: Float32Array, at: number): void {
  const { low, high, isLogarithmic, mean, deviation, knots } = column;
  if (value === null) {
    out[at] = 1;
    return;
  }
  const held = Math.min(Math.max(value, low), high);
  out[at + 1] = ((isLogarithmic ? onLogScale(held) : held) - mean) / deviation;
  for (let k = 1; k < knots.length; k++) {
    const [from, to] = [knots[k - 1] as number, knots[k] as number];
    out[at + 1 + k] = Math.min(Math.max((held - from) / (to - from), 0), 1);
  }
}

export { tableCodec as codec };
