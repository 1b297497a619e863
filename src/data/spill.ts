import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import path from "node:path";
import { invariant, must } from "../kernel/errors.ts";

/** Texts set aside while an import runs: few in memory, many in a file, so that memory does not grow with them. */
export interface Spill {
  /** The index of the text. */
  append(text: string): Promise<number>;
  /** Cheap in the order of writing. */
  read(index: number): Promise<string>;
  close(): Promise<void>;
}

const keptBytesMax = 32 << 20;
const windowBytes = 1 << 20;

export function openSpill(folder: string, keptMax = keptBytesMax): Spill {
  let kept: string[] = [];
  let keptBytes = 0;
  let file: SpillFile | undefined;
  return {
    async append(text) {
      if (file) return await file.append(text);
      kept.push(text);
      keptBytes += text.length * 2;
      if (keptBytes > keptMax) {
        file = await openSpillFile(folder);
        for (const one of kept) await file.append(one);
        kept = [];
        return file.count() - 1;
      }
      return kept.length - 1;
    },
    async read(index) {
      return file ? await file.read(index) : must(kept[index], "a text that was set aside");
    },
    async close() {
      kept = [];
      await file?.close();
    },
  };
}

interface SpillFile extends Spill {
  count(): number;
}

async function openSpillFile(folder: string): Promise<SpillFile> {
  await mkdir(folder, { recursive: true });
  const name = path.join(folder, `import-${randomUUID()}.tmp`);
  const file = await open(name, "wx+", 0o600);
  await rm(name); // the file lives on while it is open, and is gone however this process ends
  const ends: number[] = [0]; // ends[i + 1] is where text i ends
  const writing = bufferedWriter(file);
  let window = { start: 0, bytes: Buffer.alloc(0) };
  return {
    count: () => ends.length - 1,
    async append(text) {
      const bytes = Buffer.from(text);
      ends.push(must(ends.at(-1), "an end") + bytes.length);
      await writing.write(bytes);
      return ends.length - 2;
    },
    async read(index) {
      const start = must(ends[index], "a text that was set aside");
      const end = must(ends[index + 1], "a text that was set aside");
      if (start < window.start || end > window.start + window.bytes.length) {
        await writing.flush();
        const bytes = Buffer.alloc(Math.max(windowBytes, end - start));
        const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
        window = { start, bytes: bytes.subarray(0, bytesRead) };
      }
      invariant(end <= window.start + window.bytes.length, "a text is read whole");
      return window.bytes.toString("utf8", start - window.start, end - window.start);
    },
    close: () => file.close(),
  };
}

function bufferedWriter(file: FileHandle): { write(bytes: Buffer): Promise<void>; flush(): Promise<void> } {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let written = 0;
  const flush = async (): Promise<void> => {
    if (pendingBytes === 0) return;
    const bytes = Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    await file.write(bytes, 0, bytes.length, written);
    written += bytes.length;
  };
  return {
    flush,
    async write(bytes) {
      pending.push(bytes);
      pendingBytes += bytes.length;
      if (pendingBytes >= windowBytes) await flush();
    },
  };
}
