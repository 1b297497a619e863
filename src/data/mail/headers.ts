import { decodeBytes } from "./charset.ts";
import { decodeBase64, decodeQuotedPrintable } from "./transfer.ts";

/** A mail or one part of it. Strings are binary: one character a byte. */
export interface Entity {
  /** Names in lower case; the first value of each counts, unfolded. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Splits header lines from the body. Without an empty line between them, the first line that is no header begins the body. */
export function parseEntity(raw: string): Entity {
  const headers = new Map<string, string>();
  let at = 0;
  let open: string | undefined; // the header whose continuation lines count
  while (at < raw.length) {
    const end = lineEnd(raw, at);
    const line = raw.slice(at, end > at && raw.charCodeAt(end - 1) === carriageReturn ? end - 1 : end);
    if (line === "") return { headers, body: raw.slice(end + 1) };
    const isContinuation = at > 0 && (line.startsWith(" ") || line.startsWith("\t"));
    if (isContinuation && open !== undefined) {
      const value = headers.get(open) ?? "";
      if (value.length < headerValueCharsMax) headers.set(open, `${value} ${line.trim()}`);
    } else if (!isContinuation) {
      const match = headerLine.exec(line);
      if (!match) break;
      const [, rawName = "", value = ""] = match;
      const name = rawName.toLowerCase();
      open = headers.has(name) ? undefined : name; // of a repeated header the first counts
      if (open !== undefined) headers.set(name, value.trim());
    }
    at = end + 1;
  }
  return { headers, body: raw.slice(at) };
}

const carriageReturn = 13;
const headerValueCharsMax = 100_000;
const headerLine = /^([A-Za-z][A-Za-z0-9_-]*)\s*:(.*)$/;

function lineEnd(raw: string, from: number): number {
  const end = raw.indexOf("\n", from);
  return end < 0 ? raw.length : end;
}

/** A header with parameters, like `text/html; charset="utf-8"`: the value in lower case, parameter names too. */
export function parseParameters(header: string): { value: string; parameters: ReadonlyMap<string, string> } {
  const value = (/^[^;]*/.exec(header)?.[0] ?? "").trim().toLowerCase();
  const parameters = new Map<string, string>();
  for (const [, name = "", quoted, bare] of header.matchAll(/;\s*([\w*-]+)\s*=\s*(?:"([^"]*)"|([^;\s]*))/g)) {
    parameters.set(name.toLowerCase().replace(/\*0?\*?$/, ""), quoted ?? bare ?? "");
  }
  return { value, parameters };
}

/** Unstructured header text: RFC 2047 encoded words, and raw bytes, then in the body's charset, where a sender knew no better. */
export function decodeHeaderText(binary: string, bodyCharset?: string): string {
  const decodeRaw = (raw: string): string => decodeBytes(Buffer.from(raw, "latin1"), bodyCharset);
  const joined = binary.replaceAll(/(\?=)\s+(?==\?)/g, "$1"); // space between two encoded words is not text
  let out = "";
  let at = 0;
  for (const match of joined.matchAll(/=\?([^?\s]{1,60})\?([bq])\?([^?]*)\?=/gi)) {
    const [word, charset = "", encoding = "", payload = ""] = match;
    out += decodeRaw(joined.slice(at, match.index));
    const bytes =
      encoding.toLowerCase() === "b" ? decodeBase64(payload) : decodeQuotedPrintable(payload.replaceAll("_", " "));
    out += decodeBytes(bytes, charset.replace(/\*.*$/, "")); // RFC 2231: charset*language
    at = match.index + word.length;
  }
  return out + decodeRaw(joined.slice(at));
}
