import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import path from "node:path";
import { invariant, must } from "../kernel/errors.ts";

/** Texts set aside in a file while an import runs, so that its memory does not grow with them. Gone when closed. */
export interface Spill {
  readonly count: number;
  /** The index of the text. */
  append(text: string): Promise<number>;
  read(index: number): Promise<string>;
  close(): Promise<void>;
}

const bufferBytes = 1 << 20;

export async function openSpill(folder: string): Promise<Spill> {
  await mkdir(folder, { recursive: true });
  const name = path.join(folder, `import-${randomUUID()}.tmp`);
  const file = await open(name, "wx+", 0o600);
  await rm(name); // the file lives on while it is open, and is gone however this process ends
  return spillOver(file);
}

function spillOver(file: FileHandle): Spill {
  const ends: number[] = [0]; // ends[i + 1] is where text i ends
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let written = 0;
  const flush = async (): Promise<void> => {
    const bytes = Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    await file.write(bytes, 0, bytes.length, written);
    written += bytes.length;
  };
  return {
    get count() {
      return ends.length - 1;
    },
    async append(text) {
      const bytes = Buffer.from(text);
      pending.push(bytes);
      pendingBytes += bytes.length;
      ends.push(must(ends.at(-1), "an end") + bytes.length);
      if (pendingBytes >= bufferBytes) await flush();
      return ends.length - 2;
    },
    async read(index) {
      const start = must(ends[index], "a text that was set aside");
      const end = must(ends[index + 1], "a text that was set aside");
      if (end > written) await flush();
      const bytes = Buffer.alloc(end - start);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
      invariant(bytesRead === bytes.length, "a text is read whole");
      return bytes.toString("utf8");
    },
    close: () => file.close(),
  };
}
