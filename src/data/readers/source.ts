import path from "node:path";
import { Refusal } from "../../kernel/errors.ts";
import { type NamedFile, statFile } from "./bytes.ts";
import { type Kind, nounsOf } from "../kinds.ts";
import type { ColumnChoice } from "./columns.ts";
import { readArchive } from "./archive.ts";
import { readBook } from "./book.ts";
import { peekCsv, readCsv } from "./csv.ts";
import type { DocumentKind } from "./documents.ts";
import { type LabelMapping, readFolder } from "./folder.ts";
import { peekJson, readJson } from "./json.ts";
import { peekJsonl, readJsonl } from "./jsonl.ts";
import { readMbox } from "./mbox.ts";
import { peekParquet, readParquet } from "./parquet.ts";
import type { Peek, ReadContext, Reader } from "./read.ts";

/** Formats of rows, or of one file. */
const singleFormats = ["csv", "jsonl", "json", "parquet", "book", "mbox"] as const;
/** Formats of a folder with one per class, or a tar archive of it. */
export const folderFormats = ["text", "mail", "image"] as const satisfies readonly DocumentKind[];
export const formats = [...singleFormats, ...folderFormats] as const;

/** `csv` finds its delimiter itself, so it reads TSV too; `book` is one plain text in passages; `mbox` holds mails. */
export type Format = (typeof formats)[number];

/** What to import: a file, or a folder with one folder per class. */
export interface Source extends ColumnChoice {
  readonly path: string;
  /** How it is called in reports and refusals; its path when left out. */
  readonly name?: string | undefined;
  /** Told by the extension when left out; a folder holds images in an image dataset, else texts, unless told `mail`. */
  readonly format?: Format | undefined;
  /** From the name of a folder, or the value in the label column, to the label. What it does not name is rejected. */
  readonly labels?: LabelMapping | undefined;
}

export const nameOf = ({ name, path: at }: Pick<Source, "name" | "path">): string => name ?? at;
const fileOf = (source: Source): NamedFile => ({ path: source.path, name: nameOf(source) });

const readers: { readonly [F in Format]: (source: Source, context: ReadContext) => Reader } = {
  csv: (source, context) => readCsv(fileOf(source), source, context),
  jsonl: (source, context) => readJsonl(fileOf(source), source, context),
  parquet: (source, context) => readParquet(fileOf(source), source, context),
  book: (source, context) => readBook(fileOf(source), context),
  json: (source, context) => readJson(fileOf(source), source, context),
  mbox: (source, context) => readMbox(fileOf(source), context),
  text: (source, context) => readDocuments(source, "text", context),
  mail: (source, context) => readDocuments(source, "mail", context),
  image: (source, context) => readDocuments(source, "image", context),
};

const isArchive = (source: Source): boolean => path.extname(nameOf(source)).toLowerCase() === ".tar";

const readDocuments = (source: Source, kind: DocumentKind, context: ReadContext): Reader =>
  isArchive(source)
    ? readArchive(fileOf(source), kind, source.labels, context)
    : readFolder(source.path, kind, source.labels, context);

/** A plain text and a folder have no columns to choose from. */
const peekers: { readonly [F in Format]?: (file: NamedFile, rowsMax: number, context: ReadContext) => Promise<Peek> } =
  {
    csv: peekCsv,
    jsonl: peekJsonl,
    json: peekJson,
    parquet: peekParquet,
  };

/** Which formats hold what. */
const formatsOf: { readonly [K in Kind]: readonly Format[] } = {
  text: ["csv", "jsonl", "json", "parquet", "book", "mbox", "text", "mail"],
  table: ["csv", "jsonl", "json", "parquet"],
  image: ["csv", "jsonl", "json", "parquet", "image"],
  "text-pairs": ["csv", "jsonl", "json", "parquet"],
  "text-spans": ["csv", "jsonl", "json", "parquet", "book"],
};

const formatsByExtension: Readonly<Record<string, Format>> = {
  ".csv": "csv",
  ".tsv": "csv",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".json": "json",
  ".parquet": "parquet",
  ".mbox": "mbox",
  ".txt": "book",
};

export interface OpenSource {
  readonly format: Format;
  /** Its size where it is known beforehand. */
  readonly bytes: number | undefined;
  /** From the start, each time. */
  read(context: ReadContext): Reader;
  /** Its columns and first rows; no columns where the format knows none. */
  peek(rowsMax: number, context: ReadContext): Promise<Peek>;
}

export async function openSource(source: Source): Promise<OpenSource> {
  const { size, isFolder } = await statFile(fileOf(source));
  const name = nameOf(source);
  const kind = source.kind ?? "text";
  const holdsDocuments = isFolder || isArchive(source);
  const format = source.format ?? guessFormat(name, holdsDocuments, kind);
  if (!formatsOf[kind].includes(format)) {
    throw new Refusal("invalid_data", `${name} was given as ${format}, which holds no ${nounsOf[kind]}.`, {
      param: name,
      hint: `For a dataset of ${nounsOf[kind]} the formats are ${formatsOf[kind].join(", ")}.`,
    });
  }
  const wantsFolder = folderFormats.some((each) => each === format);
  if (wantsFolder !== holdsDocuments) {
    const hint = holdsDocuments
      ? "For a folder or a tar archive the formats are text, mail and image."
      : "Give the folder that holds a folder for each class, or a tar archive of it.";
    const found = isFolder ? "folder" : holdsDocuments ? "tar archive" : "file";
    throw new Refusal("invalid_data", `${name} is a ${found}, which "${format}" is not.`, {
      param: name,
      hint,
    });
  }
  return {
    format,
    bytes: isFolder ? undefined : size,
    read: (context) => readers[format](source, context),
    peek: async (rowsMax, context) => (await peekers[format]?.(fileOf(source), rowsMax, context)) ?? noColumns,
  };
}

const noColumns: Peek = { columns: [], rows: [] };

function guessFormat(file: string, holdsDocuments: boolean, kind: Kind): Format {
  if (holdsDocuments) return kind === "image" ? "image" : "text";
  const format = formatsByExtension[path.extname(file).toLowerCase()];
  if (format) return format;
  throw new Refusal("invalid_data", `${file} does not say by its extension what format it has.`, {
    param: file,
    hint: `Say it with --format: ${formats.join(", ")}.`,
  });
}
