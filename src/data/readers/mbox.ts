import path from "node:path";
import { limits } from "../../kernel/limits.ts";
import { type NamedFile, readBytes } from "./bytes.ts";
import { readDocumentBytes } from "./documents.ts";
import { linesOf } from "./lines.ts";
import type { Read, ReadContext, Reader } from "./read.ts";

const beginning = Buffer.from("From ");
const escaped = /^>+From /;

/**
 * Mails one after the other in a file, each behind a line that begins with `From ` after an empty one (RFC 4155); `>From ` within
 * a mail loses its sign. They have no labels. A position is the line where a mail begins.
 */
export async function* readMbox(file: NamedFile, context: ReadContext): Reader {
  const name = path.basename(file.name);
  let lines: Buffer[] = [];
  let [bytes, start, row, wasBlank] = [0, 1, 0, true];
  const take = (): Read[] => {
    const at = { file: name, row: start };
    const mail = lines;
    const isTooLarge = bytes > limits.importDocumentBytesMax;
    lines = [];
    bytes = 0;
    if (isTooLarge) return [{ kind: "rejected", at, reason: "file_too_large" }];
    return mail.length === 0 ? [] : [readDocumentBytes("mail", Buffer.concat(mail), at, undefined, context)];
  };
  for await (const some of linesOf(readBytes(file.path, 0, context), limits.importDocumentBytesMax)) {
    const reads: Read[] = [];
    for (const line of some) {
      row++;
      if (line !== "too_long" && wasBlank && line.subarray(0, beginning.length).equals(beginning)) {
        reads.push(...take());
        start = row;
      } else if (line === "too_long") bytes = Infinity;
      else if (bytes + line.length <= limits.importDocumentBytesMax) {
        lines.push(unescaped(line), lineFeed);
        bytes += line.length + 1;
      } else bytes = Infinity;
      wasBlank = line.length === 0;
    }
    yield reads;
  }
  yield take();
}

const lineFeed = Buffer.from("\n");

const unescaped = (line: Buffer): Buffer =>
  line[0] === 0x3e && escaped.test(line.toString("latin1", 0, 80)) ? line.subarray(1) : line;
