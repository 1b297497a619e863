/** A file of a folder, by its path below that folder. */
export interface FolderFile {
  readonly path: string;
  readonly file: Blob;
}

const block = 512;
/** What a header of POSIX ustar has room for; a longer path has a pax header of its own. */
const pathBytes = 100;

/**
 * A folder as one file to be sent: a tar archive that is put together while it is read, so that no file is held. Its time and
 * owner are left out: the same folder gives the same bytes.
 */
export function packFolder(name: string, files: readonly FolderFile[]): File {
  const parts = files.flatMap(({ path, file }) => [...headersOf(path, file.size), file, padding(file.size)]);
  return new File([...parts, new Uint8Array(2 * block)], `${name}.tar`);
}

const encoder = new TextEncoder();

function headersOf(path: string, size: number): (Blob | Uint8Array<ArrayBuffer>)[] {
  const bytes = encoder.encode(path);
  if (bytes.length <= pathBytes) return [header(bytes, size, "0")];
  const record = paxRecord(path);
  return [
    header(encoder.encode("path"), record.length, "x"),
    record,
    padding(record.length),
    header(bytes.slice(0, pathBytes), size, "0"),
  ];
}

/** `27 path=a/long/path\n`: the number is the record's length, its own digits included. */
function paxRecord(path: string): Uint8Array<ArrayBuffer> {
  const rest = ` path=${path}\n`;
  const bytes = encoder.encode(rest).length;
  let length = bytes + 1;
  while (length !== bytes + String(length).length) length = bytes + String(length).length;
  return encoder.encode(`${length}${rest}`);
}

function header(path: Uint8Array, size: number, type: "0" | "x"): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(block);
  const write = (at: number, text: string): void => bytes.set(encoder.encode(text), at);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
  bytes.set(path.subarray(0, pathBytes));
  write(100, "0000644\0");
  write(108, "0000000\0");
  write(116, "0000000\0");
  write(124, `${octal(size, 11)}\0`);
  write(136, "00000000000\0");
  write(148, "        ");
  write(156, type);
  write(257, "ustar\u000000");
  write(
    148,
    `${octal(
      bytes.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
  );
  return bytes;
}

const padding = (size: number): Uint8Array<ArrayBuffer> => new Uint8Array((block - (size % block)) % block);
