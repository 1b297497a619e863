import path from "node:path";
import { decodeUtf8 } from "../text/utf8.ts";
import { type NamedFile, readBytes, sniff } from "./bytes.ts";
import { linesOf } from "./lines.ts";
import type { Read, ReadContext, Reader } from "./read.ts";

/** A passage takes in whole paragraphs until it has so many characters. */
const passageCharsMin = 2_000;

/**
 * A plain text, such as a book, for a language model: passages of one or more paragraphs, which blank lines divide. They
 * have no labels. A position is the line where a passage begins.
 */
export async function* readBook(file: NamedFile, context: ReadContext): Reader {
  const { bomBytes } = await sniff(file);
  const name = path.basename(file.name);
  let passage: string[] = [];
  let [chars, start, row] = [0, 1, 0];
  const take = (): Read[] => {
    const input = passage.join("\n").trim();
    passage = [];
    chars = 0;
    return input === "" ? [] : [{ kind: "row", at: { file: name, row: start }, input, label: undefined }];
  };
  for await (const lines of linesOf(readBytes(file.path, bomBytes, context))) {
    const reads: Read[] = [];
    for (const line of lines) {
      row++;
      const text = line === "too_long" ? undefined : decodeUtf8(line);
      if (text === undefined) {
        const reason = line === "too_long" ? "line_too_long" : "broken_utf8";
        reads.push(...take(), { kind: "rejected", at: { file: name, row }, reason });
        continue;
      }
      const isBlank = text.trim() === "";
      if (isBlank && chars >= passageCharsMin) reads.push(...take());
      if (passage.length === 0) {
        if (isBlank) continue;
        start = row;
      }
      passage.push(text);
      chars += text.length;
    }
    yield reads;
  }
  yield take();
}
