import { open } from "node:fs/promises";
import path from "node:path";
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from "hyparquet";
import { Refusal } from "../../kernel/errors.ts";
import { decodeUtf8 } from "../text/utf8.ts";
import { type NamedFile, checkCancelled, statFile } from "./bytes.ts";
import { type ColumnChoice, type Columns, brokenUtf8, chooseColumns, namesOf, readCells } from "./columns.ts";
import type { Peek, Read, ReadContext, Reader } from "./read.ts";

/** A Parquet file, one row group at a time, only the columns asked for. */
export async function* readParquet(file: NamedFile, choice: ColumnChoice, context: ReadContext): Reader {
  const table = await openTable(file);
  const { row_groups } = table.metadata;
  try {
    const columns = chooseColumns(file.name, columnsOf(table.metadata), choice);
    let start = 0;
    for (const group of row_groups) {
      checkCancelled(context.signal);
      const end = start + Number(group.num_rows);
      yield await readGroup(table, columns, start, end);
      context.onBytes(Math.round(table.buffer.byteLength / row_groups.length));
      start = end;
    }
  } finally {
    await table.close();
  }
}

/** The columns and the first rows. */
export async function peekParquet(file: NamedFile, rowsMax: number): Promise<Peek> {
  const table = await openTable(file);
  try {
    const columns = columnsOf(table.metadata);
    const [first] = table.metadata.row_groups;
    const rows = await readRows(table, columns, 0, Math.min(rowsMax, Number(first?.num_rows ?? 0)));
    return { columns, rows: rows.map((row) => columns.map((name) => decoded(row[name]))) };
  } finally {
    await table.close();
  }
}

interface OpenTable {
  readonly name: string;
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
  close(): Promise<void>;
}

async function openTable(file: NamedFile): Promise<OpenTable> {
  const { name } = file;
  const { size } = await statFile(file);
  if (size === 0)
    throw new Refusal("invalid_data", `${name} is empty.`, { param: name, hint: "Give a file with rows." });
  const handle = await open(file.path, "r");
  const buffer: AsyncBuffer = {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = new Uint8Array(end - start);
      await handle.read(bytes, 0, bytes.length, start);
      return bytes.buffer;
    },
  };
  try {
    return { name, buffer, metadata: await parquetMetadataAsync(buffer), close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw refuseParquet(name, error);
  }
}

const columnsOf = (metadata: FileMetaData): string[] =>
  parquetSchema(metadata).children.map((child) => child.element.name);

async function readGroup(table: OpenTable, columns: Columns, rowStart: number, rowEnd: number): Promise<Read[]> {
  const rows = await readRows(table, namesOf(columns), rowStart, rowEnd);
  const name = path.basename(table.name);
  return rows.map((row, i) => {
    const at = { file: name, row: rowStart + i + 1 };
    return readCells(at, (column) => decoded(row[column]), columns);
  });
}

async function readRows(
  { name, buffer, metadata }: OpenTable,
  columns: readonly string[],
  rowStart: number,
  rowEnd: number,
): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({
    file: buffer,
    metadata,
    columns: [...columns],
    rowStart,
    rowEnd,
    utf8: false,
    parsers: { stringFromBytes: (bytes: Uint8Array) => bytes }, // decoded strictly below
  }).catch((error: unknown) => {
    throw refuseParquet(name, error);
  });
}

const decoded = (value: unknown): unknown => (value instanceof Uint8Array ? (decodeUtf8(value) ?? brokenUtf8) : value);

function refuseParquet(file: string, error: unknown): Refusal {
  const why = error instanceof Error ? error.message : String(error);
  return new Refusal("invalid_data", `${file} cannot be read as Parquet: ${why}.`, {
    param: file,
    hint: "Write it again with Snappy or no compression, or export CSV or JSONL.",
  });
}
