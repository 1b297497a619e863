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
import { checkCancelled, statFile } from "./bytes.ts";
import { type ColumnChoice, type Columns, brokenUtf8, chooseColumns, namesOf, readCells } from "./columns.ts";
import type { Read, ReadContext, Reader } from "./read.ts";

/** A Parquet file, one row group at a time, only the columns asked for. */
export async function* readParquet(file: string, choice: ColumnChoice, context: ReadContext): Reader {
  const { size } = await statFile(file);
  if (size === 0)
    throw new Refusal("invalid_data", `${file} is empty.`, { param: file, hint: "Give a file with rows." });
  const handle = await open(file, "r");
  try {
    const buffer: AsyncBuffer = {
      byteLength: size,
      async slice(start, end = size) {
        const bytes = new Uint8Array(end - start);
        await handle.read(bytes, 0, bytes.length, start);
        return bytes.buffer;
      },
    };
    const metadata = await parquetMetadataAsync(buffer).catch((error: Error) => {
      throw refuseParquet(file, error);
    });
    const columns = chooseColumns(file, columnsOf(metadata), choice);
    let start = 0;
    for (const group of metadata.row_groups) {
      checkCancelled(context.signal);
      const end = start + Number(group.num_rows);
      yield await readGroup(file, buffer, metadata, columns, start, end);
      context.onBytes(Math.round(size / metadata.row_groups.length));
      start = end;
    }
  } finally {
    await handle.close();
  }
}

const columnsOf = (metadata: FileMetaData): string[] =>
  parquetSchema(metadata).children.map((child) => child.element.name);

async function readGroup(
  file: string,
  buffer: AsyncBuffer,
  metadata: FileMetaData,
  columns: Columns,
  rowStart: number,
  rowEnd: number,
): Promise<Read[]> {
  const rows = await parquetReadObjects({
    file: buffer,
    metadata,
    columns: namesOf(columns),
    rowStart,
    rowEnd,
    utf8: false,
    parsers: { stringFromBytes: (bytes: Uint8Array) => bytes }, // decoded strictly below
  }).catch((error: Error) => {
    throw refuseParquet(file, error);
  });
  const name = path.basename(file);
  return rows.map((row, i) => {
    const at = { file: name, row: rowStart + i + 1 };
    return readCells(at, (column) => decoded((row as Record<string, unknown>)[column]), columns);
  });
}

const decoded = (value: unknown): unknown => (value instanceof Uint8Array ? (decodeUtf8(value) ?? brokenUtf8) : value);

function refuseParquet(file: string, error: Error): Refusal {
  return new Refusal("invalid_data", `${file} cannot be read as Parquet: ${error.message}.`, {
    param: file,
    hint: "Write it again with Snappy or no compression, or export CSV or JSONL.",
  });
}
