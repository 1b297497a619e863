import { gzipSync } from "node:zlib";
import type { Store } from "../store/index.ts";
import { exportedFiles } from "./export-folder.ts";
import { getModel, loadBundle } from "./registry.ts";

/** The folder that `exportModel` writes, as a `.tar.gz` with the model's id as its name: the same bytes each time. */
export async function modelArchive(
  store: Store,
  id: string,
): Promise<{ readonly name: string; readonly bytes: Buffer }> {
  const model = await getModel(store, id);
  const files = Object.entries(await exportedFiles(await loadBundle(store, model.id), model.id));
  const parts = files.flatMap(([name, content]) => entry(`${model.id}/${name}`, Buffer.from(content)));
  return { name: `${model.id}.tar.gz`, bytes: gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * block)])) };
}

const block = 512;

/** A file in the ustar form (POSIX.1-1988): a header of 512 bytes, then its bytes filled up to whole blocks. */
function entry(name: string, content: Buffer): Buffer[] {
  const header = Buffer.alloc(block);
  const put = (text: string, at: number): void => void header.write(text, at, "latin1");
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  put(name, 0); // ids and our own file names: far below 100 characters of ASCII
  put(octal(0o644, 7), 100);
  put(octal(0, 7), 108);
  put(octal(0, 7), 116);
  put(octal(content.length, 11), 124);
  put(octal(0, 11), 136);
  put("        ", 148); // the sum is taken over blanks
  put("0", 156);
  put("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return [header, content, Buffer.alloc((block - (content.length % block)) % block)];
}
