import { decodeBytes } from "./charset.ts";
import { type Entity, decodeHeaderText, parseEntity, parseParameters } from "./headers.ts";
import { htmlToText } from "./html-text.ts";
import { decodeTransfer } from "./transfer.ts";

export interface Mail {
  readonly subject: string;
  readonly body: string;
  /** Every header the mail had but `Subject`, in lower case: none of them reaches an example. */
  readonly strippedHeaders: readonly string[];
  readonly attachments: number;
}

/**
 * Reads an RFC 822 mail (MIME, any charset, with or without an mbox `From ` line) down to what a person reads in it.
 * Headers are an allow-list of one: `Received`, `X-Spam-*`, list and delivery headers tell who collected a mail and
 * what a filter thought of it, and a model would learn that instead. `undefined`: this is no mail.
 */
export function readMail(bytes: Buffer): Mail | undefined {
  const raw = bytes.toString("latin1").replace(/^\s*/, "");
  const entity = parseEntity(withoutMboxLine(raw));
  if (![...entity.headers.keys()].some((name) => typicalHeaders.has(name))) return undefined;
  const seen = { attachments: 0 };
  return {
    subject: subjectOf(entity),
    body: textOf(entity, seen, 0),
    strippedHeaders: [...entity.headers.keys()].filter((name) => name !== "subject"),
    attachments: seen.attachments,
  };
}

const subjectOf = (entity: Entity): string =>
  decodeHeaderText(
    entity.headers.get("subject") ?? "",
    parseParameters(entity.headers.get("content-type") ?? "").parameters.get("charset"),
  );

const withoutMboxLine = (raw: string): string =>
  /^>?From [^\n]*\n/.test(raw) ? raw.slice(raw.indexOf("\n") + 1) : raw;

/** A file in which none of these stands at the top is no mail. */
const typicalHeaders: ReadonlySet<string> = new Set(
  "from to subject date received return-path message-id mime-version content-type delivered-to reply-to".split(" "),
);

/** Deeper parts are not read: a mail can nest itself thousands of times to hurt its reader. */
const depthMax = 20;

function textOf(entity: Entity, seen: { attachments: number }, depth: number): string {
  const { value: type, parameters } = parseParameters(entity.headers.get("content-type") ?? "text/plain");
  const boundary = parameters.get("boundary");
  if (depth > depthMax) return "";
  if (type.startsWith("multipart/") && boundary) {
    const parts = splitParts(entity.body, boundary).map(parseEntity);
    if (parts.length > 0) return multipartText(type, parts, seen, depth);
  }
  if (type === "message/rfc822") return forwardedText(entity, seen, depth);
  if (isAttachment(entity, type)) {
    seen.attachments++;
    return "";
  }
  const bytes = decodeTransfer(entity.body, entity.headers.get("content-transfer-encoding") ?? "");
  const text = decodeBytes(bytes, parameters.get("charset"));
  return isHtml(type, text) ? htmlToText(text) : text;
}

/** Of alternatives the plain one, unless it is blank; of anything else all parts in order. */
function multipartText(type: string, parts: readonly Entity[], seen: { attachments: number }, depth: number): string {
  if (type !== "multipart/alternative") {
    return joinTexts(parts.map((part) => textOf(part, seen, depth + 1)));
  }
  const plainFirst = [...parts].sort((a, b) => Number(isPlain(b)) - Number(isPlain(a)));
  for (const part of plainFirst) {
    const text = textOf(part, seen, depth + 1);
    if (text.trim() !== "") return text;
  }
  return "";
}

const isPlain = (part: Entity): boolean => (part.headers.get("content-type") ?? "text/plain").startsWith("text/plain");

function forwardedText(entity: Entity, seen: { attachments: number }, depth: number): string {
  const inner = parseEntity(withoutMboxLine(entity.body.replace(/^\s+/, "")));
  return joinTexts([subjectOf(inner), textOf(inner, seen, depth + 1)]);
}

const joinTexts = (texts: readonly string[]): string => texts.filter((text) => text.trim() !== "").join("\n\n");

function isAttachment(entity: Entity, type: string): boolean {
  if (/^\s*attachment/i.test(entity.headers.get("content-disposition") ?? "")) return true;
  return type !== "" && !readableTypes.test(type);
}

const readableTypes =
  /^(?:text$|text\/(?:plain|html|enriched|richtext|x-)|message\/(?:delivery-status|disposition)|multipart\/)/;

const isHtml = (type: string, text: string): boolean =>
  type === "text/html" || type === "text/enriched" || /^\s*<(?:!doctype html|html|head|body)\b/i.test(text);

/** The parts between `--boundary` lines (RFC 2046, section 5.1.1). A missing last boundary ends at the end. */
function splitParts(body: string, boundary: string): string[] {
  const delimiter = `--${boundary}`;
  const parts: string[] = [];
  let start = -1;
  for (let at = body.indexOf(delimiter); at >= 0; at = body.indexOf(delimiter, at + delimiter.length)) {
    if (at > 0 && body[at - 1] !== "\n") continue;
    if (start >= 0) parts.push(body.slice(start, at));
    if (body.startsWith("--", at + delimiter.length)) return parts;
    const lineEnd = body.indexOf("\n", at);
    if (lineEnd < 0) return parts;
    start = lineEnd + 1;
  }
  if (start >= 0) parts.push(body.slice(start));
  return parts;
}
