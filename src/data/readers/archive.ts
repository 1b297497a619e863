import path from "node:path";
import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import { type NamedFile, readBytes } from "./bytes.ts";
import { type DocumentKind, isDocument, readDocumentBytes } from "./documents.ts";
import type { LabelMapping } from "./folder.ts";
import { type Read, type ReadContext, type Reader, count } from "./read.ts";
import { type TarEntry, readTar } from "./tar.ts";

const filesAtOnce = 32;

/** A tar archive of what `readFolder` reads, by the same rules, in the order of the archive: `spam/0001.txt` is of the class spam. */
export async function* readArchive(
  file: NamedFile,
  kind: DocumentKind,
  labels: LabelMapping | undefined,
  context: ReadContext,
): Reader {
  let batch: Read[] = [];
  let hasFolders = false;
  for await (const entry of readTar(file.name, readBytes(file.path, 0, context), limits.importDocumentBytesMax)) {
    const steps = entry.path.split("/").filter((step) => step !== "" && step !== ".");
    if (steps.some((step) => step.startsWith("."))) continue;
    hasFolders ||= steps.length > 1;
    const read = readEntry(entry, steps, kind, labels, context);
    if (read) batch.push(read);
    if (batch.length < filesAtOnce) continue;
    yield batch;
    batch = [];
    await new Promise<void>((resolve) => void setImmediate(resolve)); // lets a server answer between batches
  }
  if (!hasFolders) {
    throw new Refusal("invalid_data", `${file.name} has no folders in it; each class needs one.`, {
      param: file.name,
      hint: "Put the files of each class into a folder named like the class.",
    });
  }
  yield batch;
}

function readEntry(
  { bytes }: TarEntry,
  steps: readonly string[],
  kind: DocumentKind,
  labels: LabelMapping | undefined,
  context: ReadContext,
): Read | undefined {
  const [folder = "", ...rest] = steps;
  const extension = path.extname(steps.at(-1) ?? "").toLowerCase();
  if (rest.length === 0 || !isDocument(kind, extension)) {
    count(context.notes.skippedFiles, extension || "(none)");
    return undefined;
  }
  const at = { file: steps.join("/"), row: undefined };
  if (labels !== undefined && labels[folder] === undefined) return { kind: "rejected", at, reason: "unmapped_label" };
  if (!bytes) return { kind: "rejected", at, reason: "file_too_large" };
  return readDocumentBytes(kind, bytes, at, folder, context);
}
