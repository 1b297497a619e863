import path from "node:path";
import { Refusal } from "../../kernel/errors.ts";
import { statFile } from "./bytes.ts";
import type { ColumnChoice } from "./columns.ts";
import { readCsv } from "./csv.ts";
import { type LabelMapping, readFolder } from "./folder.ts";
import { readJsonl } from "./jsonl.ts";
import { readParquet } from "./parquet.ts";
import type { ReadContext, Reader } from "./read.ts";

/** `csv` finds its delimiter itself, so it reads TSV too; `text` and `mail` are folders with one folder per class. */
export type Format = "csv" | "jsonl" | "parquet" | "text" | "mail";

/** What to import: a file, or a folder with one folder per class. */
export interface Source extends ColumnChoice {
  readonly path: string;
  /** Told by the extension when left out; a folder is `text` unless it is said to be `mail`. */
  readonly format?: Format | undefined;
  /** From the name of a folder, or the value in the label column, to the label. What it does not name is rejected. */
  readonly labels?: LabelMapping | undefined;
}

const readers: { readonly [F in Format]: (source: Source, context: ReadContext) => Reader } = {
  csv: (source, context) => readCsv(source.path, source, context),
  jsonl: (source, context) => readJsonl(source.path, source, context),
  parquet: (source, context) => readParquet(source.path, source, context),
  text: (source, context) => readFolder(source.path, "text", source.labels, context),
  mail: (source, context) => readFolder(source.path, "mail", source.labels, context),
};

const formatsByExtension: Readonly<Record<string, Format>> = {
  ".csv": "csv",
  ".tsv": "csv",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".parquet": "parquet",
};

export const formats: readonly Format[] = ["csv", "jsonl", "parquet", "text", "mail"];

/** Opens a source; `bytes` is its size where it is known beforehand. */
export async function openSource(
  source: Source,
): Promise<{ format: Format; bytes: number | undefined; read: (context: ReadContext) => Reader }> {
  const { size, isFolder } = await statFile(source.path);
  const format = source.format ?? guessFormat(source.path, isFolder);
  const wantsFolder = format === "text" || format === "mail";
  if (wantsFolder !== isFolder) {
    const hint = isFolder
      ? "For a folder the formats are text and mail."
      : "Give the folder that holds a folder for each class.";
    throw new Refusal(
      "invalid_data",
      `${source.path} is a ${isFolder ? "folder" : "file"}, which "${format}" is not.`,
      {
        param: source.path,
        hint,
      },
    );
  }
  return { format, bytes: isFolder ? undefined : size, read: (context) => readers[format](source, context) };
}

function guessFormat(file: string, isFolder: boolean): Format {
  if (isFolder) return "text";
  const format = formatsByExtension[path.extname(file).toLowerCase()];
  if (format) return format;
  throw new Refusal("invalid_data", `${file} does not say by its extension what format it has.`, {
    param: file,
    hint: `Say it with --format: ${formats.join(", ")}.`,
  });
}
