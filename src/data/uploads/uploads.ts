import { type FileHandle, mkdir, open, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { Refusal } from "../../kernel/errors.ts";
import { type Id, isId, newId } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import type { DataDeps } from "../tables.ts";

/** A file on its way in, piece by piece; what has arrived is the beginning of it. */
export interface Upload {
  readonly id: Id<"upload">;
  /** As its owner calls it: a text to show, never a path. */
  readonly name: string;
  readonly bytes: number;
  readonly received: number;
  readonly createdAtMs: number;
}

/** What is written beside the bytes. */
type Facts = Pick<Upload, "name" | "bytes" | "createdAtMs">;

type Uploading = { readonly store: Pick<DataDeps["store"], "folder">; readonly clock: DataDeps["clock"] };

export async function createUpload({ store, clock }: Uploading, wanted: Pick<Upload, "name" | "bytes">) {
  const { name, bytes } = wanted;
  if (bytes > limits.uploadBytesMax) {
    throw new Refusal("too_large", `${name} has ${bytes} bytes; ${limits.uploadBytesMax} are the limit.`, {
      param: "bytes",
      hint: "Split it, or import it on the server: millrace dataset import FILE",
    });
  }
  const folder = folderOf(store);
  await mkdir(folder, { recursive: true });
  const lying = await idsIn(folder);
  if (lying.length >= limits.uploadsMax) {
    throw new Refusal("conflict", `${limits.uploadsMax} files wait to be imported already.`, {
      hint: "Import or discard one of them; what is left alone is removed after a day.",
    });
  }
  const createdAtMs = clock.now();
  const id = newId("upload", createdAtMs);
  const facts: Facts = { name, bytes, createdAtMs };
  await writeFile(path.join(folder, id), "", { flag: "wx", mode: 0o600 });
  await writeFile(path.join(folder, `${id}.json`), JSON.stringify(facts), { flag: "wx", mode: 0o600 });
  return { id, ...facts, received: 0 } satisfies Upload;
}

export async function findUpload({ store }: Pick<Uploading, "store">, id: string): Promise<Upload> {
  const found = isId("upload", id) ? await readUpload(folderOf(store), id) : undefined;
  if (found) return found;
  throw new Refusal("not_found", `There is no upload "${id}", or it was removed.`, {
    param: "upload",
    hint: "Choose the file again: an upload is kept for a day, until it was imported.",
  });
}

/** Where its bytes are, once they are all there. */
export async function wholeUpload(deps: Pick<Uploading, "store">, id: string): Promise<Upload & { path: string }> {
  const upload = await findUpload(deps, id);
  if (upload.received < upload.bytes) {
    const arrived = `Of ${upload.name} ${upload.received} of ${upload.bytes} bytes have arrived.`;
    throw new Refusal("conflict", arrived, { param: "upload", hint: "Send the rest first." });
  }
  return { ...upload, path: path.join(folderOf(deps.store), upload.id) };
}

/**
 * Writes a piece at its place. What was sent before may be sent again; a piece that breaks off leaves what arrived of it, and
 * the next one goes on from there.
 */
export async function appendToUpload(
  deps: Pick<Uploading, "store">,
  id: string,
  { at, pieces }: { readonly at: number; readonly pieces: AsyncIterable<Buffer> },
): Promise<Upload> {
  const upload = await findUpload(deps, id);
  if (at > upload.received) {
    throw new Refusal("conflict", `${upload.received} bytes have arrived; a piece at ${at} would leave a hole.`, {
      param: "at",
      hint: `Send the piece at ${upload.received}.`,
    });
  }
  const file = await open(path.join(folderOf(deps.store), upload.id), "r+");
  try {
    await writePieces(file, upload, at, pieces);
  } finally {
    await file.close();
  }
  return findUpload(deps, id);
}

async function writePieces(file: FileHandle, { bytes }: Upload, at: number, pieces: AsyncIterable<Buffer>) {
  let end = at;
  for await (const piece of arriving(pieces)) {
    if (end + piece.length - at > limits.uploadPartBytesMax) {
      throw new Refusal("too_large", `One piece has at most ${limits.uploadPartBytesMax} bytes.`, {
        hint: "Send the file in smaller pieces.",
      });
    }
    if (end + piece.length > bytes) {
      throw new Refusal("invalid_request", `The file was announced with ${bytes} bytes, and more are coming.`, {
        param: "at",
        hint: "Discard the upload and begin again: the file has changed.",
      });
    }
    for (let from = 0; from < piece.length;) {
      const { bytesWritten } = await file.write(piece, from, piece.length - from, end + from);
      from += bytesWritten;
    }
    end += piece.length;
  }
}

/** A connection that breaks is the sender's, not a bug. */
async function* arriving(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* pieces;
  } catch {
    throw new Refusal("cancelled", "The connection broke off; what arrived is kept.");
  }
}

export async function discardUpload({ store }: Pick<Uploading, "store">, id: string): Promise<void> {
  if (isId("upload", id)) await remove(folderOf(store), id);
}

/** Removes what nobody finished: what is older than a day, and halves of which nothing comes any more. */
export async function sweepUploads({ store, clock }: Uploading): Promise<number> {
  const folder = folderOf(store);
  const now = clock.now();
  let removed = 0;
  for (const id of await idsIn(folder)) {
    const upload = await readUpload(folder, id);
    const isOld = !upload || upload.createdAtMs < now - limits.uploadKeptMs;
    const isHalf = upload && upload.received < upload.bytes;
    if (!isOld && !(isHalf && (await touchedAtMs(folder, id)) < now - limits.uploadSilenceMsMax)) continue;
    await remove(folder, id);
    removed++;
  }
  return removed;
}

const folderOf = ({ folder }: Uploading["store"]): string => path.join(folder, "uploads");

async function idsIn(folder: string): Promise<Id<"upload">[]> {
  const names = await readdir(folder).catch(ifMissing([]));
  return [...new Set(names.map((name) => name.replace(/\.json$/, "")))].filter((name) => isId("upload", name));
}

async function readUpload(folder: string, id: Id<"upload">): Promise<Upload | undefined> {
  const text = await readFile(path.join(folder, `${id}.json`), "utf8").catch(ifMissing(undefined));
  const found = await stat(path.join(folder, id)).catch(ifMissing(undefined));
  if (!text || !found) return undefined;
  const facts = JSON.parse(text) as Facts;
  return { id, ...facts, received: found.size };
}

const touchedAtMs = async (folder: string, id: string): Promise<number> =>
  (await stat(path.join(folder, id)).catch(ifMissing(undefined)))?.mtimeMs ?? 0;

async function remove(folder: string, id: Id<"upload">): Promise<void> {
  await rm(path.join(folder, `${id}.json`), { force: true });
  await rm(path.join(folder, id), { force: true });
}

/** Somebody else may remove a file at any time. */
const ifMissing =
  <T>(instead: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code === "ENOENT") return instead;
    throw error;
  };
