import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Refusal } from "../../kernel/errors.ts";

/** Where a run keeps its latest checkpoint. */
export interface CheckpointStore {
  load(): Promise<Uint8Array | undefined>;
  save(parts: readonly Uint8Array[]): Promise<void>;
}

/** A file that is replaced as a whole: a kill at any moment leaves the old content or the new one. */
export function fileCheckpoint(path: string): CheckpointStore & { remove(): Promise<void> } {
  return {
    async load() {
      try {
        return await readFile(path);
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
        throw error;
      }
    },
    async save(parts) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.new`, parts);
      await rename(`${path}.new`, path);
    },
    async remove() {
      await rm(path, { force: true });
      await rm(`${path}.new`, { force: true });
    },
  };
}

const magic = "MRCKPT01";

/** Facts as JSON, then arrays: magic (8), length of the JSON (4, little-endian), JSON, array bytes one after another. */
export function encodeCheckpoint(facts: object, arrays: readonly Float32Array[]): Uint8Array[] {
  const json = Buffer.from(JSON.stringify({ facts, lengths: arrays.map((array) => array.length) }));
  const head = Buffer.alloc(12);
  head.write(magic, "latin1");
  head.writeUInt32LE(json.length, 8);
  return [head, json, ...arrays.map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength))];
}

/** Copies the arrays into `into`, which must have the lengths they were written with, and returns the facts. */
export function decodeCheckpoint(bytes: Uint8Array, read: (facts: unknown) => readonly Float32Array[]): void {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const broken = new Refusal(
    "invalid_data",
    "The checkpoint is damaged or of another version; delete it to start anew.",
  );
  if (file.length < 12 || file.toString("latin1", 0, 8) !== magic) throw broken;
  const end = 12 + file.readUInt32LE(8);
  if (end > file.length) throw broken;
  const { facts, lengths } = JSON.parse(file.toString("utf8", 12, end)) as {
    facts: unknown;
    lengths: readonly number[];
  };
  const arrays = read(facts);
  const size = lengths.reduce((sum, length) => sum + length * 4, end);
  if (
    arrays.length !== lengths.length ||
    arrays.some((array, i) => array.length !== lengths[i]) ||
    size !== file.length
  ) {
    throw broken;
  }
  let at = end;
  for (const array of arrays) {
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(file.subarray(at, at + array.byteLength));
    at += array.byteLength;
  }
}
