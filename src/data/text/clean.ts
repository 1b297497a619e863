/**
 * One form for text that means the same, in every script: NFC, no control or invisible formatting characters, one
 * kind of space and line end. Cleaning twice changes nothing, so a text that was exported comes back as the same example.
 */
export function cleanText(text: string): string {
  let out = text.replaceAll(/\p{Surrogate}/gu, "\ufffd"); // halves of pairs; a whole pair is one character here
  if (lineEnds.test(out)) out = out.replaceAll(lineEnds, "\n");
  if (unwanted.test(out)) out = out.replaceAll(allUnwanted, "");
  if (oddSpace.test(out)) out = out.replaceAll(allOddSpaces, " ");
  return out
    .normalize("NFC")
    .replaceAll(/ {2,}/g, " ")
    .replaceAll(/ ?\n ?/g, "\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
}

/** A label is one short line. */
export function cleanLabel(text: string): string {
  return cleanText(text).replaceAll("\n", " ");
}

const lineEnds = /\r\n?|[\u0085\u2028\u2029\v\f]/g;

// C0 and C1 controls but tab and line feed; soft hyphen, zero-width space, directional marks and overrides, word joiner
// and its neighbours, byte order mark, interlinear marks, noncharacters. The joiners U+200C and U+200D stay: Persian,
// Indic scripts and emoji need them.
const unwantedSet = String.raw`[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff]`;
const unwanted = new RegExp(unwantedSet);
const allUnwanted = new RegExp(unwantedSet, "g");

const oddSpaceSet = String.raw`[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]`;
const oddSpace = new RegExp(oddSpaceSet);
const allOddSpaces = new RegExp(oddSpaceSet, "g");
