import { decodeUtf8 } from "../text/utf8.ts";
import { windows1252Char } from "../text/windows1252.ts";

/**
 * Bytes of a mail to text: by the charset it declares; where that is missing, unknown or a lie, UTF-8 if the bytes are
 * well-formed UTF-8, and windows-1252, which every byte is valid in, if they are not.
 */
export function decodeBytes(bytes: Buffer, declared: string | undefined): string {
  const label = normalizeLabel(declared);
  if (!label) return decodeUndeclared(bytes);
  if (latin1Labels.has(label)) return decodeWindows1252(bytes);
  if (utf8Labels.has(label)) return decodeUndeclared(bytes);
  const decoder = openDecoder(label);
  if (!decoder) return decodeUndeclared(bytes);
  const text = decoder.decode(bytes);
  return countReplacements(text) * replacedShareMax > text.length ? decodeUndeclared(bytes) : text;
}

function decodeUndeclared(bytes: Buffer): string {
  const latin1 = bytes.toString("latin1");
  if (!/[\x80-\xff]/.test(latin1)) return latin1;
  return decodeUtf8(bytes) ?? decodeWindows1252(bytes);
}

const decodeWindows1252 = (bytes: Buffer): string =>
  bytes.toString("latin1").replaceAll(/[\x80-\x9f]/g, (c) => windows1252Char(c.charCodeAt(0)));

const latin1Labels: ReadonlySet<string> = new Set([
  "iso-8859-1",
  "latin1",
  "l1",
  "windows-1252",
  "cp1252",
  "iso8859-1",
]);
const utf8Labels: ReadonlySet<string> = new Set(["utf-8", "utf8", "us-ascii", "ascii", "ansi_x3.4-1968"]);

/** One replacement character in this many characters is damage; more is the wrong charset. */
const replacedShareMax = 20;

function countReplacements(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\ufffd"); at >= 0; at = text.indexOf("\ufffd", at + 1)) count++;
  return count;
}

/** `3D"GB2312_CHARSET"` to `gb2312`: what careless senders write around a name. */
function normalizeLabel(declared: string | undefined): string {
  const label = (declared ?? "")
    .toLowerCase()
    .replace(/^3d/, "")
    .replaceAll(/["'<>]|=22/g, "")
    .replace(/_charset$/, "")
    .trim();
  return label === "chinesebig5" ? "big5" : label;
}

function openDecoder(label: string) {
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}
