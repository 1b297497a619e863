import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import type { ReadContext } from "./read.ts";

/** Where a file is, and how it is called where it is told of: what was sent here lies under a name of our own. */
export interface NamedFile {
  readonly path: string;
  readonly name: string;
}

/** The first bytes of a text file, after every reason to refuse the whole file has been looked for in them. */
export async function sniff(file: NamedFile): Promise<{ head: Buffer; bomBytes: number }> {
  const { name } = file;
  const { size } = await statFile(file);
  if (size === 0)
    throw new Refusal("invalid_data", `${name} is empty.`, { param: name, hint: "Give a file with rows." });
  if (size > limits.importFileBytesMax) {
    throw new Refusal("too_large", `${name} has ${size} bytes; ${limits.importFileBytesMax} are the limit.`, {
      param: name,
      hint: "Split it and import the parts one after the other.",
    });
  }
  const head = await readHead(file, sniffBytes);
  const encoding = utf16Bom(head);
  if (encoding) {
    throw new Refusal("invalid_data", `${name} is encoded as ${encoding}, not as UTF-8.`, {
      param: name,
      hint: 'Save it again as UTF-8 (in Excel: "CSV UTF-8").',
    });
  }
  if (head.includes(0)) {
    throw new Refusal("invalid_data", `${name} is a binary file: it contains NUL bytes.`, {
      param: name,
      hint: "Give CSV, TSV, JSONL or Parquet, or a folder of text files.",
    });
  }
  return { head, bomBytes: head.subarray(0, 3).equals(utf8Bom) ? 3 : 0 };
}

const sniffBytes = 65_536;
const utf8Bom = Buffer.from([0xef, 0xbb, 0xbf]);

function utf16Bom(head: Buffer): string | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return "UTF-16 (little endian)";
  if (head[0] === 0xfe && head[1] === 0xff) return "UTF-16 (big endian)";
  return undefined;
}

export async function statFile({ path, name }: NamedFile): Promise<{ size: number; isFolder: boolean }> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "does not exist" : `cannot be read (${error.code ?? error.message})`;
    throw new Refusal("invalid_data", `${name} ${why}.`, { param: name, hint: "Check the path." });
  });
  return { size: found.size, isFolder: found.isDirectory() };
}

async function readHead({ path, name }: NamedFile, bytes: number): Promise<Buffer> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    throw new Refusal("invalid_data", `${name} cannot be read (${error.code ?? error.message}).`, { param: name });
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** A file from `start` on, a piece at a time, telling how far it got. */
export async function* readBytes(path: string, start: number, context: ReadContext): AsyncGenerator<Buffer> {
  const stream = createReadStream(path, { start, highWaterMark: 256 * 1024 });
  try {
    for await (const chunk of stream) {
      checkCancelled(context.signal);
      context.onBytes((chunk as Buffer).length);
      yield chunk as Buffer;
    }
  } finally {
    stream.destroy();
  }
}

export function checkCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new Refusal("cancelled", "Cancelled; nothing was changed.");
}
