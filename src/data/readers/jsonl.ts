import path from "node:path";
import { decodeUtf8 } from "../text/utf8.ts";
import { type NamedFile, readBytes, sniff } from "./bytes.ts";
import { type ColumnChoice, type Columns, chooseColumns, readCells } from "./columns.ts";
import { type Line, linesOf } from "./lines.ts";
import type { Peek, Position, Read, ReadContext, Reader, RejectionReason } from "./read.ts";

export type Parsed =
  | { readonly at: Position; readonly object: Readonly<Record<string, unknown>> }
  | { readonly at: Position; readonly reason: RejectionReason };

/** One JSON object a line. Which columns there are is learnt from the first hundred objects. */
export async function* readJsonl(file: NamedFile, choice: ColumnChoice, context: ReadContext): Reader {
  yield* readParsed(file, parsedLines(file, context), choice);
}

/** Objects from wherever they come. */
export async function* readParsed(
  file: NamedFile,
  batches: AsyncIterable<readonly Parsed[]>,
  choice: ColumnChoice,
): Reader {
  let columns: Columns | undefined;
  let waiting: Parsed[] = [];
  for await (const batch of batches) {
    waiting.push(...batch);
    if (!columns && waiting.length < probeRows) continue;
    columns ??= chooseFrom(file.name, waiting, choice);
    const chosen = columns;
    yield waiting.map((parsed) => readRow(parsed, chosen));
    waiting = [];
  }
  if (waiting.length === 0) return;
  const chosen = columns ?? chooseFrom(file.name, waiting, choice);
  yield waiting.map((parsed) => readRow(parsed, chosen));
}

/** The first rows with all their columns, as far as the first hundred objects tell. */
export const peekJsonl = (file: NamedFile, rowsMax: number, context: ReadContext): Promise<Peek> =>
  peekParsed(parsedLines(file, context), rowsMax);

export async function peekParsed(batches: AsyncIterable<readonly Parsed[]>, rowsMax: number): Promise<Peek> {
  const objects: Readonly<Record<string, unknown>>[] = [];
  for await (const batch of batches) {
    objects.push(...objectsOf(batch));
    if (objects.length >= probeRows) break;
  }
  const columns = columnsOf(objects);
  return {
    columns,
    rows: objects
      .slice(0, rowsMax)
      .map((object) => columns.map((name) => (Object.hasOwn(object, name) ? object[name] : undefined))),
  };
}

async function* parsedLines(file: NamedFile, context: ReadContext): AsyncGenerator<readonly Parsed[]> {
  const { bomBytes } = await sniff(file);
  const name = path.basename(file.name);
  let row = 0;
  for await (const lines of linesOf(readBytes(file.path, bomBytes, context))) {
    yield lines.flatMap((line) => parseLine(line, { file: name, row: ++row }) ?? []);
  }
}

const probeRows = 100;

function parseLine(line: Line, at: Position): Parsed | undefined {
  if (line === "too_long") return { at, reason: "line_too_long" };
  const text = decodeUtf8(line);
  if (text === undefined) return { at, reason: "broken_utf8" };
  if (text.trim() === "") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
    return isObject ? { at, object: value as Record<string, unknown> } : { at, reason: "not_an_object" };
  } catch {
    return { at, reason: "not_json" };
  }
}

function chooseFrom(file: string, rows: readonly Parsed[], choice: ColumnChoice): Columns {
  const names = columnsOf(objectsOf(rows));
  if (names.length === 0)
    return { kind: "one", input: choice.input ?? "input", label: choice.label ?? undefined, holdsSpans: false }; // all rejected so far
  return chooseColumns(file, names, choice);
}

const objectsOf = (rows: readonly Parsed[]) => rows.flatMap((row) => ("object" in row ? [row.object] : []));

const columnsOf = (objects: readonly Readonly<Record<string, unknown>>[]): string[] => [
  ...new Set(objects.slice(0, probeRows).flatMap((object) => Object.keys(object))),
];

function readRow(parsed: Parsed, columns: Columns): Read {
  const { at } = parsed;
  if ("reason" in parsed) return { kind: "rejected", at, reason: parsed.reason };
  const { object } = parsed;
  return readCells(at, (name) => (Object.hasOwn(object, name) ? object[name] : undefined), columns);
}
