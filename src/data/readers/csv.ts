import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream";
import { CsvError, type Parser, parse } from "csv-parse";
import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import { decodeUtf8 } from "../text/utf8.ts";
import { type NamedFile, readBytes, sniff } from "./bytes.ts";
import { type ColumnChoice, type Columns, brokenUtf8, chooseColumns, namesOf, readCells } from "./columns.ts";
import type { Peek, Read, ReadContext, Reader } from "./read.ts";

/**
 * Comma, semicolon or tab separated rows under a header, quoted as RFC 4180 says, of any length. Cells are read as
 * bytes, so that broken UTF-8 costs the row it stands in and no other.
 */
export async function* readCsv(file: NamedFile, choice: ColumnChoice, context: ReadContext): Reader {
  let shape: RowShape | undefined;
  let row = 0;
  let batch: Read[] = [];
  const name = path.basename(file.name);
  for await (const record of recordsOf(file, context)) {
    row++;
    if (!shape) {
      shape = readHeader(file.name, record, choice);
      continue;
    }
    if (!isBlank(record)) batch.push(readRow({ file: name, row }, record, shape));
    if (batch.length >= batchRows) {
      yield batch;
      batch = [];
    }
  }
  yield batch;
}

/** The header and the first rows under it. */
export async function peekCsv(file: NamedFile, rowsMax: number, context: ReadContext): Promise<Peek> {
  let columns: readonly string[] | undefined;
  const rows: string[][] = [];
  for await (const record of recordsOf(file, context)) {
    if (!columns) columns = namesIn(record);
    else if (!isBlank(record)) rows.push(columns.map((_, at) => decodeCell(record[at] ?? "") ?? ""));
    if (rows.length >= rowsMax) break;
  }
  return { columns: columns ?? [], rows };
}

async function* recordsOf(file: NamedFile, context: ReadContext): AsyncGenerator<string[]> {
  const { head, bomBytes } = await sniff(file);
  const delimiter = chooseDelimiter(file.name, head.subarray(bomBytes));
  let row = 0;
  try {
    for await (const record of openParser(file.path, bomBytes, delimiter, context) as AsyncIterable<string[]>) {
      row++;
      yield record;
    }
  } catch (error) {
    throw error instanceof CsvError ? refuseSyntax(file.name, row + 1, error) : error;
  }
}

const isBlank = (record: readonly string[]): boolean => record.length === 1 && record[0] === "";

const batchRows = 250;

interface RowShape {
  readonly columns: Columns;
  readonly width: number;
  /** Where each column of interest stands. */
  readonly at: ReadonlyMap<string, number>;
}

function openParser(file: string, start: number, delimiter: string, context: ReadContext): Parser {
  const parser = parse({
    delimiter,
    encoding: "latin1", // one character a byte, decoded cell by cell
    relax_column_count: true,
    relax_quotes: true,
    max_record_size: limits.importLineBytesMax,
  });
  // the callback stays empty because an error also reaches whoever iterates over the parser
  return pipeline(Readable.from(readBytes(file, start, context)), parser, () => {});
}

/** What the first line has most of; a tab for `.tsv`. */
function chooseDelimiter(file: string, head: Buffer): string {
  if (path.extname(file).toLowerCase() === ".tsv") return "\t";
  const firstLine = (/^[^\r\n]*/.exec(head.toString("latin1"))?.[0] ?? "").replaceAll(/"[^"]*"/g, "");
  const counted = [",", ";", "\t", "|"].map((char) => ({ char, times: firstLine.split(char).length - 1 }));
  return counted.reduce((best, next) => (next.times > best.times ? next : best)).char;
}

function readHeader(file: string, record: readonly string[], choice: ColumnChoice): RowShape {
  const names = namesIn(record);
  const columns = chooseColumns(file, names, choice);
  return { columns, width: names.length, at: new Map(namesOf(columns).map((name) => [name, names.indexOf(name)])) };
}

const namesIn = (header: readonly string[]): string[] => header.map((cell) => (decodeCell(cell) ?? cell).trim());

function readRow(at: { file: string; row: number }, record: readonly string[], shape: RowShape): Read {
  if (record.length !== shape.width) return { kind: "rejected", at, reason: "wrong_column_count" };
  const cellOf = (name: string): unknown => decodeCell(record[shape.at.get(name) ?? -1] ?? "") ?? brokenUtf8;
  return readCells(at, cellOf, shape.columns);
}

const decodeCell = (cell: string): string | undefined =>
  /[\x80-\xff]/.test(cell) ? decodeUtf8(Buffer.from(cell, "latin1")) : cell;

function refuseSyntax(file: string, row: number, error: CsvError): Refusal {
  const param = `${file}: row ${row}`;
  if (error.code === "CSV_MAX_RECORD_SIZE") {
    return new Refusal("invalid_data", `Row ${row} of ${file} is longer than ${limits.importLineBytesMax} bytes.`, {
      param,
      hint: "Look for a quotation mark that is never closed, in this row or just before it.",
    });
  }
  if (error.code === "CSV_QUOTE_NOT_CLOSED") {
    return new Refusal("invalid_data", `Row ${row} of ${file} opens a quotation mark that is never closed.`, {
      param,
      hint: 'Close it, or write a literal quotation mark inside a quoted cell twice ("").',
    });
  }
  return new Refusal("invalid_data", `Row ${row} of ${file} is not valid CSV: ${error.message}.`, {
    param,
    hint: "Correct the row, or export the table again with standard CSV quoting.",
  });
}
