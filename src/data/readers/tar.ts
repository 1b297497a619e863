import { Refusal } from "../../kernel/errors.ts";

/** A file in an archive. Its path is a text: nothing is ever written to it. */
export interface TarEntry {
  readonly path: string;
  /** Undefined where it is larger than wanted. */
  readonly bytes: Buffer | undefined;
}

const block = 512;
/** Of a long path in a header of its own. */
const pathBytesMax = 64_000;

/**
 * The files of a tar archive (POSIX ustar and pax, GNU's long names) in their order, one held at a time. Links, devices and folders are
 * passed over. Refusal `invalid_data` for what is no archive or breaks off.
 */
export async function* readTar(
  name: string,
  chunks: AsyncIterable<Buffer>,
  entryBytesMax: number,
): AsyncGenerator<TarEntry> {
  const take = takerOf(name, chunks);
  let longPath: string | undefined;
  for (;;) {
    const header = await take(block, block);
    if (!header || header.every((byte) => byte === 0)) return;
    const { path, size, type } = readHeader(name, header);
    const isPath = type === "x" || type === "L";
    const padded = Math.ceil(size / block) * block;
    const bytes = await take(padded, isPath ? pathBytesMax : type === "file" ? entryBytesMax : 0);
    const content = bytes?.subarray(0, size);
    if (isPath) longPath = content ? (type === "L" ? textOf(content) : paxPath(content)) : undefined;
    else if (type === "file") yield { path: longPath ?? path, bytes: content };
    if (!isPath && type !== "g") longPath = undefined;
  }
}

/** The next so many bytes; undefined at the end, or where they are more than are wanted and so are let go by. */
function takerOf(name: string, chunks: AsyncIterable<Buffer>) {
  const source = chunks[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  return async (count: number, wanted: number): Promise<Buffer | undefined> => {
    const pieces: Buffer[] = [];
    let missing = count;
    const isKept = count <= Math.ceil(wanted / block) * block;
    while (missing > 0) {
      if (held.length === 0) {
        const next = await source.next();
        if (next.done) {
          if (missing === count && count === block) return undefined;
          throw broken(name, "breaks off");
        }
        held = next.value;
      }
      const piece = held.subarray(0, missing);
      held = held.subarray(piece.length);
      missing -= piece.length;
      if (isKept) pieces.push(piece);
    }
    return isKept ? Buffer.concat(pieces) : undefined;
  };
}

interface Header {
  readonly path: string;
  readonly size: number;
  /** `x`, `g` and `L` tell of what follows. */
  readonly type: "file" | "x" | "g" | "L" | "other";
}

function readHeader(name: string, header: Buffer): Header {
  const field = (start: number, length: number): string => textOf(header.subarray(start, start + length));
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  const size = octal(field(124, 12));
  if (octal(field(148, 8)) !== sum || size === undefined) throw broken(name, "is not a tar archive, or is damaged");
  const type = String.fromCharCode(header[156] ?? 0);
  const prefix = field(257, 5) === "ustar" ? field(345, 155) : "";
  const path = prefix === "" ? field(0, 100) : `${prefix}/${field(0, 100)}`;
  if (type === "x" || type === "g" || type === "L") return { path, size, type };
  return { path, size, type: type === "0" || type === "\0" ? "file" : "other" };
}

/** Up to the first NUL. */
function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
}

function octal(text: string): number | undefined {
  const trimmed = text.trim();
  return /^[0-7]{1,12}$/.test(trimmed) ? Number.parseInt(trimmed, 8) : undefined;
}

/** Of records like `27 path=a/long/path\n`, whose number is their length in bytes. */
function paxPath(content: Buffer): string | undefined {
  for (let at = 0; at < content.length;) {
    const [all, digits = ""] = /^(\d{1,6}) /.exec(content.toString("latin1", at, at + 8)) ?? [];
    const length = Number(digits);
    if (all === undefined || length <= all.length) return undefined;
    const record = content.toString("utf8", at + all.length, at + length - 1);
    if (record.startsWith("path=")) return record.slice("path=".length);
    at += length;
  }
  return undefined;
}

const broken = (name: string, what: string): Refusal =>
  new Refusal("invalid_data", `${name} ${what}.`, {
    param: name,
    hint: "Make it again: tar -cf FILE.tar -C FOLDER . (not compressed)",
  });
