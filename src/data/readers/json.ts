import { readFile } from "node:fs/promises";
import path from "node:path";
import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import { decodeUtf8 } from "../text/utf8.ts";
import { type NamedFile, checkCancelled, sniff, statFile } from "./bytes.ts";
import type { ColumnChoice } from "./columns.ts";
import { type Parsed, peekParsed, readParsed } from "./jsonl.ts";
import type { Peek, ReadContext, Reader } from "./read.ts";

const batchRows = 250;

/** One JSON list of objects, or an object that holds one such list and else no list. A position is the place in the list, from 1. */
export async function* readJson(file: NamedFile, choice: ColumnChoice, context: ReadContext): Reader {
  yield* readParsed(file, batchesOf(file, context), choice);
}

export const peekJson = (file: NamedFile, rowsMax: number, context: ReadContext): Promise<Peek> =>
  peekParsed(batchesOf(file, context), rowsMax);

async function* batchesOf(file: NamedFile, context: ReadContext): AsyncGenerator<readonly Parsed[]> {
  const list = await listIn(file, context);
  const name = path.basename(file.name);
  for (let i = 0; i < list.length; i += batchRows) {
    checkCancelled(context.signal);
    yield list.slice(i, i + batchRows).map((value, k): Parsed => {
      const at = { file: name, row: i + k + 1 };
      return isObject(value) ? { at, object: value } : { at, reason: "not_an_object" };
    });
    await new Promise<void>((resolve) => void setImmediate(resolve)); // lets a server answer between batches
  }
}

async function listIn(file: NamedFile, context: ReadContext): Promise<readonly unknown[]> {
  const { name } = file;
  const { size } = await statFile(file);
  if (size > limits.importJsonBytesMax) {
    throw new Refusal("too_large", `${name} has ${size} bytes of JSON; ${limits.importJsonBytesMax} are the limit.`, {
      param: name,
      hint: "Give JSON lines, one object a line, which may be of any size: jq -c '.[]'",
    });
  }
  const { bomBytes } = await sniff(file);
  const bytes = await readFile(file.path);
  context.onBytes(bytes.length);
  const text = decodeUtf8(bytes.subarray(bomBytes));
  if (text === undefined) throw refuse(name, "is not valid UTF-8", "Save it again as UTF-8.");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse(name, "is not JSON", "Check it with a JSON tool; a file with one object a line ends in .jsonl.");
  }
  const lists = Array.isArray(value) ? [value] : isObject(value) ? Object.values(value).filter(Array.isArray) : [];
  const [list, another] = lists as readonly (readonly unknown[])[];
  if (list && !another) return list;
  throw refuse(name, `holds ${lists.length === 0 ? "no list" : "several lists"}`, "Give one list of objects.");
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

const refuse = (name: string, what: string, hint: string): Refusal =>
  new Refusal("invalid_data", `${name} ${what}.`, { param: name, hint });
