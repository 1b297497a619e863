import { type Dirent, closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import { checkCancelled } from "./bytes.ts";
import { type DocumentKind, isDocument, readDocumentBytes } from "./documents.ts";
import { type Read, type ReadContext, type Reader, count } from "./read.ts";

export type LabelMapping = Readonly<Record<string, string>>;

/**
 * One folder per class, one file per example. The label is the folder's name, or what `labels` makes of it; a folder
 * that `labels` does not name is rejected file by file, unread. Hidden files are ignored; files of another kind, and
 * files beside the class folders, are passed over and counted by extension.
 */
export async function* readFolder(
  root: string,
  kind: DocumentKind,
  labels: LabelMapping | undefined,
  context: ReadContext,
): Reader {
  const classes = await listClasses(root, labels, context);
  for (const folder of classes) {
    const isMapped = labels === undefined || labels[folder] !== undefined;
    for (const files of inBatches(await listFiles(path.join(root, folder), kind, context))) {
      checkCancelled(context.signal);
      yield files.map((file): Read => {
        const at = { file: path.join(folder, file), row: undefined };
        if (!isMapped) return { kind: "rejected", at, reason: "unmapped_label" };
        return readDocument(path.join(root, folder, file), at, folder, kind, context);
      });
      await new Promise<void>((resolve) => void setImmediate(resolve)); // lets a server answer between batches
    }
  }
}

async function listClasses(root: string, labels: LabelMapping | undefined, context: ReadContext): Promise<string[]> {
  const entries = (await readdir(root, { withFileTypes: true })).filter((entry) => !entry.name.startsWith("."));
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  for (const entry of entries) {
    if (!entry.isDirectory()) count(context.notes.skippedFiles, path.extname(entry.name).toLowerCase() || "(none)");
  }
  if (folders.length === 0) {
    throw new Refusal("invalid_data", `${root} has no folders in it; each class needs one.`, {
      param: root,
      hint: "Put the files of each class into a folder named like the class.",
    });
  }
  const missing = Object.keys(labels ?? {}).find((name) => !folders.includes(name));
  if (missing !== undefined) {
    throw new Refusal(
      "invalid_data",
      `${root} has no folder "${missing}". Its folders: ${folders.sort().join(", ")}.`,
      {
        param: `labels: ${missing}`,
        hint: "Correct the mapping from folders to labels.",
      },
    );
  }
  return folders.sort();
}

/** Paths below the folder, in the order of their names. */
async function listFiles(folder: string, kind: DocumentKind, context: ReadContext): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files: string[] = [];
  for (const entry of entries) {
    if (!entry.isFile() || entry.name.startsWith(".")) continue;
    const extension = path.extname(entry.name).toLowerCase();
    if (isDocument(kind, extension)) files.push(path.relative(folder, path.join(parentOf(entry), entry.name)));
    else count(context.notes.skippedFiles, extension);
  }
  return files.sort();
}

// `path` became `parentPath` in Node 20.12 and is gone from later type definitions
const parentOf = (entry: Dirent): string => entry.parentPath;

const filesAtOnce = 32;

function* inBatches(files: readonly string[]): Generator<readonly string[]> {
  for (let i = 0; i < files.length; i += filesAtOnce) yield files.slice(i, i + filesAtOnce);
}

/** Synchronous on purpose: for small files promises cost seven times the read itself. */
function readDocument(file: string, at: Read["at"], label: string, kind: DocumentKind, context: ReadContext): Read {
  const handle = openSync(file, "r");
  try {
    const { size } = fstatSync(handle);
    if (size > limits.importDocumentBytesMax) return { kind: "rejected", at, reason: "file_too_large" };
    context.onBytes(size);
    return readDocumentBytes(kind, readFileSync(handle), at, label, context);
  } finally {
    closeSync(handle);
  }
}
