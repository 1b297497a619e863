import { findPersonalData } from "../text/personal.ts";

/**
 * A text in which spans have their places: every character that other texts would lose, or have in another form, is one
 * space, and nothing is joined or trimmed, so that an offset means the same before and after.
 */
export const prepareSpannedText = (text: string): string =>
  text.replaceAll(/\p{Surrogate}/gu, "\ufffd").replaceAll(spoiled, " ");

/** Controls but the line feed, marks that turn the direction of writing or are never seen, and spaces of odd widths. */
const spoiledSet = String.raw`[\0-\x09\x0b-\x1f\x7f-\xa0\u00ad\u061c\u1680\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u2069\u3000\ufeff\ufff9-\ufffb\ufffe\uffff]`;
const spoiled = new RegExp(spoiledSet, "g");

/** Each character of personal data becomes a block: a token would move what comes after. */
export function blockPersonalData(text: string): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end } of findPersonalData(text)) {
    parts.push(text.slice(at, start), "█".repeat(Array.from(text.slice(start, end)).length));
    at = end;
  }
  return parts.join("") + text.slice(at);
}
