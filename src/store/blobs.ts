import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { Refusal } from "../kernel/errors.ts";
import { type Sha256, sha256 } from "../kernel/hash.ts";

/** Content-addressed files: the name is the SHA-256 of the bytes, so a blob never changes and is stored once. */
export interface Blobs {
  /** Durable when it returns. */
  put(bytes: Uint8Array | string): Promise<Sha256>;
  /** The bytes, checked against their name. */
  get(digest: Sha256): Promise<Buffer>;
  stream(digest: Sha256): NodeJS.ReadableStream;
  /** Where the file lies, for programs that open it themselves. */
  pathOf(digest: Sha256): string;
  has(digest: Sha256): Promise<boolean>;
}

export function openBlobs(folder: string): Blobs {
  const pathOf = (digest: Sha256): string => path.join(folder, digest.slice(0, 2), digest);
  const has = async (digest: Sha256): Promise<boolean> =>
    stat(pathOf(digest)).then(
      () => true,
      () => false,
    );
  return {
    pathOf,
    has,
    async put(bytes) {
      const digest = sha256(bytes);
      if (await has(digest)) return digest;
      const target = pathOf(digest);
      await mkdir(path.dirname(target), { recursive: true });
      const temporary = `${target}.${randomUUID()}`;
      const file = await open(temporary, "wx");
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, target).catch(async (error: unknown) => {
        await rm(temporary, { force: true });
        throw error;
      });
      return digest;
    },
    async get(digest) {
      const bytes = await readFile(pathOf(digest)).catch(() => {
        throw new Refusal("not_found", `The file ${digest.slice(0, 12)}… is missing from the data folder.`, {
          hint: "Restore the blobs folder from a backup; `millrace doctor` lists every missing file.",
        });
      });
      if (sha256(bytes) !== digest) {
        throw new Refusal("invalid_data", `The file ${pathOf(digest)} does not match its name: it was damaged.`, {
          hint: "Restore it from a backup.",
        });
      }
      return bytes;
    },
    stream: (digest) => createReadStream(pathOf(digest)),
  };
}
