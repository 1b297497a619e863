import { limits } from "../../kernel/limits.ts";

/** A line without its end, or the fact that it was too long to keep. */
export type Line = Buffer | "too_long";

const lineFeed = 10;
const carriageReturn = 13;

/** Cuts bytes into lines. A line over the limit is dropped as it flows by, never held. */
export async function* linesOf(
  chunks: AsyncIterable<Buffer>,
  lineBytesMax: number = limits.importLineBytesMax,
): AsyncGenerator<readonly Line[]> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let tooLong = false;
  const keep = (piece: Buffer): void => {
    heldBytes += piece.length;
    if (heldBytes > lineBytesMax) {
      tooLong = true;
      held = [];
    } else if (piece.length > 0) held.push(piece);
  };
  const take = (): Line => {
    const line = tooLong ? "too_long" : withoutReturn(held.length === 1 && held[0] ? held[0] : Buffer.concat(held));
    held = [];
    heldBytes = 0;
    tooLong = false;
    return line;
  };
  for await (const chunk of chunks) {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      keep(chunk.subarray(start, end));
      lines.push(take());
      start = end + 1;
    }
    keep(chunk.subarray(start));
    yield lines;
  }
  if (heldBytes > 0) yield [take()];
}

const withoutReturn = (line: Buffer): Buffer => (line.at(-1) === carriageReturn ? line.subarray(0, -1) : line);
