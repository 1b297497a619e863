import { decodeEntities } from "./entities.ts";

/**
 * What a reader would see of an HTML page, as lines of text. One pass, linear in the length, no matter how broken the
 * markup: an unclosed tag or comment ends at the end of the page.
 */
export function htmlToText(html: string): string {
  const out: string[] = [];
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf("<", at);
    if (open < 0) {
      out.push(textBetween(html, at, html.length));
      break;
    }
    if (open > at) out.push(textBetween(html, at, open));
    const tag = readTag(html, open);
    out.push(tag.text);
    at = tag.end;
  }
  return out
    .join("")
    .replaceAll(/[ \t\u00a0]+/g, " ")
    .replaceAll(softBreaks, "\n")
    .replaceAll(/ ?\n ?/g, "\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
}

const textBetween = (html: string, from: number, to: number): string =>
  decodeEntities(html.slice(from, to).replaceAll(/\s+/g, " "));

/** The tag at `open`: what stands in its place, and where the text goes on. */
function readTag(html: string, open: number): { text: string; end: number } {
  if (html.startsWith("<!--", open)) return { text: "", end: after(html, "-->", open + 4) };
  const match = tagName.exec(html.slice(open, open + 40));
  if (!match) {
    const isMarkup = html[open + 1] === "!" || html[open + 1] === "?";
    return isMarkup ? { text: "", end: after(html, ">", open) } : { text: "<", end: open + 1 };
  }
  const [, slash = "", rawName = ""] = match;
  const name = rawName.toLowerCase();
  const end = tagEnd(html, open + match[0].length);
  if (slash === "" && hiddenContent.has(name)) return { text: "", end: closingOf(html, name, end) };
  if (name === "img") return { text: altText(html.slice(open, end)), end };
  if (name === "li" && slash === "") return { text: "\n- ", end };
  if (cells.has(name)) return { text: " ", end };
  return { text: paragraphs.has(name) ? "\n\n" : name === "br" ? "\n" : lines.has(name) ? softBreak : "", end };
}

/** Several in a row are one line end: where one block closes and the next one opens. */
const softBreak = "\ue000"; // private use: text that has it is none the worse
const softBreaks = / ?\ue000[ \ue000]*/g;

const tagName = /^<(\/?)([a-z][a-z0-9]*)/i;
const hiddenContent: ReadonlySet<string> = new Set(["script", "style", "title", "noscript", "template"]);
const paragraphs: ReadonlySet<string> = new Set([
  "p",
  "h1",
  "h2",
  "h3",
  "h4",
  "h5",
  "h6",
  "table",
  "blockquote",
  "pre",
]);
const lines: ReadonlySet<string> = new Set(
  "div tr ul ol dl dt dd hr center form section article header footer address fieldset option body".split(" "),
);
const cells: ReadonlySet<string> = new Set(["td", "th"]);

function after(html: string, mark: string, from: number): number {
  const found = html.indexOf(mark, from);
  return found < 0 ? html.length : found + mark.length;
}

/** The `>` that ends a tag is not one inside a quoted attribute; a quote that never closes does not count. */
function tagEnd(html: string, from: number): number {
  const plain = html.indexOf(">", from);
  if (plain < 0) return html.length;
  const quoted = /^[^>"']*(?:(?:"[^"]*"|'[^']*')[^>"']*)*>/.exec(html.slice(from, from + tagCharsMax));
  return quoted ? from + quoted[0].length : plain + 1;
}

const tagCharsMax = 4_000;

/** Behind `</name>`. */
function closingOf(html: string, name: string, from: number): number {
  const closing = new RegExp(`</${name}`, "gi");
  closing.lastIndex = from;
  const found = closing.exec(html);
  return found ? after(html, ">", found.index) : html.length;
}

function altText(tag: string): string {
  const match = /\salt\s*=\s*(?:"([^"]*)"|'([^']*)')/i.exec(tag);
  const text = decodeEntities(match?.[1] ?? match?.[2] ?? "").trim();
  return text === "" ? "" : ` ${text} `;
}
