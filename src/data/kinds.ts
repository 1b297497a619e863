import { limits } from "../kernel/limits.ts";
import { prepareImage } from "./image/prepare.ts";
import { sketchOf } from "./near/minhash.ts";
import { shinglesOf } from "./near/shingles.ts";
import { inputOfPair, mapPair, parsePair, preparePair, textOfPair } from "./pairs/pair.ts";
import type { RejectionReason } from "./readers/read.ts";
import { blockPersonalData, prepareSpannedText } from "./spans/prepare.ts";
import { labelOfSpans, parseSpans, spansOfLabel } from "./spans/spans.ts";
import { prepareRow, redactRow, textCellsOf, textOfRow } from "./table/row.ts";
import type { TableShape } from "./table/shape.ts";
import { cleanLabel, cleanText } from "./text/clean.ts";
import { type PersonalCounts, countPersonalData, noPersonalData, redactPersonalData } from "./text/personal.ts";

/**
 * What the examples of a dataset are. An input is one string in each: the text, the row or the pair as JSON, the image as
 * data URL. A label is one too: a class, a number, or all spans of a text as JSON.
 */
export const kinds = ["text", "table", "image", "text-pairs", "text-spans"] as const;
export type Kind = (typeof kinds)[number];

/** What a dataset of each kind holds, in words. */
export const nounsOf: { readonly [K in Kind]: string } = {
  text: "texts",
  table: "rows of a table",
  image: "images",
  "text-pairs": "pairs of texts",
  "text-spans": "texts with spans",
};

/** Kinds whose near-duplicates are found by what they say; of others, rows with one key belong together. */
export const isCompared = (kind: Kind): boolean => kind === "text" || kind === "text-spans";

/** Kinds that are made here to be labelled and handed over; no recipe learns from them. */
export const isForLabelling = (kind: Kind): boolean => kind === "text-pairs" || kind === "text-spans";

/** An input in the one form in which it is stored, or why it is none. `wasShrunk` of an image that was larger. */
export type Prepared =
  | { readonly ok: true; readonly input: string; readonly wasShrunk?: boolean }
  | { readonly ok: false; readonly reason: RejectionReason; readonly column?: string };

export type PreparedLabel =
  | { readonly ok: true; readonly label: string }
  | { readonly ok: false; readonly reason: RejectionReason };

export interface InputRules {
  /** Preparing twice changes nothing, so what was exported comes back as the same example. */
  prepare(raw: string): Prepared;
  /** A prepared input with its personal data replaced by tokens, prepared again. */
  redact(input: string): string;
  countPersonal(input: string): PersonalCounts;
  /** Band keys of what near-duplicates are found by, written to `room`; nothing where only exact duplicates count. */
  sketch(input: string, room?: Uint32Array): Uint32Array;
  /** What a person is searched in. */
  searchable(input: string): string;
  /** A label of a prepared input in the one form in which it is stored. */
  prepareLabel(raw: string, input: string): PreparedLabel;
  /** What is counted as labels of an example: one class, or the labels of its spans. */
  namesIn(label: string): readonly string[];
}

const oneLabel: Pick<InputRules, "prepareLabel" | "namesIn"> = {
  prepareLabel(raw) {
    const label = cleanLabel(raw);
    if (label === "") return { ok: false, reason: "missing_label" };
    return label.length > limits.labelCharsMax ? { ok: false, reason: "label_too_long" } : { ok: true, label };
  },
  namesIn: (label) => [label],
};

export function rulesOf(kind: Kind, table: TableShape | undefined): InputRules {
  return makers[kind](table ?? noColumns);
}

const noColumns: TableShape = { columns: [], label: undefined, target: "class", group: undefined };
const noSketch = new Uint32Array(0);

const makers: { readonly [K in Kind]: (table: TableShape) => InputRules } = {
  text: () => ({
    ...oneLabel,
    prepare(raw) {
      const input = cleanText(raw);
      if (input === "") return { ok: false, reason: "missing_input" };
      return input.length > limits.exampleCharsMax ? { ok: false, reason: "input_too_long" } : { ok: true, input };
    },
    redact: (input) => cleanText(redactPersonalData(input).text),
    countPersonal: countPersonalData,
    sketch: (input, room) => sketchOf(shinglesOf(input), room),
    searchable: (input) => input,
  }),
  table: (shape) => ({
    ...oneLabel,
    prepare: (raw) => prepareRow(raw, shape),
    redact: redactRow,
    countPersonal: (input) => countPersonalData(textCellsOf(input).join("\n")),
    sketch: () => noSketch,
    searchable: textOfRow,
  }),
  image: () => ({
    ...oneLabel,
    prepare: (raw) => prepareImage(raw),
    redact: (input) => input,
    countPersonal: () => noPersonalData,
    sketch: () => noSketch,
    searchable: () => "",
  }),
  "text-pairs": () => ({
    ...oneLabel,
    prepare: preparePair,
    redact: (input) =>
      inputOfPair(mapPair(parsePair(input) ?? { a: "", b: "" }, (text) => cleanText(redactPersonalData(text).text))),
    countPersonal: (input) => countPersonalData(textOfPair(input)),
    sketch: () => noSketch,
    searchable: textOfPair,
  }),
  "text-spans": () => ({
    prepare(raw) {
      const input = prepareSpannedText(raw);
      if (input.trim() === "") return { ok: false, reason: "missing_input" };
      return input.length > limits.exampleCharsMax ? { ok: false, reason: "input_too_long" } : { ok: true, input };
    },
    redact: blockPersonalData,
    countPersonal: countPersonalData,
    sketch: (input, room) => sketchOf(shinglesOf(input), room),
    searchable: (input) => input,
    prepareLabel(raw, input) {
      const parsed = parseSpans(input, raw);
      return parsed.ok ? { ok: true, label: labelOfSpans(parsed.spans) } : parsed;
    },
    namesIn: (label) => [...new Set(spansOfLabel(label).map((span) => span.label))],
  }),
};
