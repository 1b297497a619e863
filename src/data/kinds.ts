import { limits } from "../kernel/limits.ts";
import { prepareImage } from "./image/prepare.ts";
import { sketchOf } from "./near/minhash.ts";
import { shinglesOf } from "./near/shingles.ts";
import type { RejectionReason } from "./readers/read.ts";
import { prepareRow, redactRow, textCellsOf, textOfRow } from "./table/row.ts";
import type { TableShape } from "./table/shape.ts";
import { cleanText } from "./text/clean.ts";
import { type PersonalCounts, countPersonalData, noPersonalData, redactPersonalData } from "./text/personal.ts";

/** What the examples of a dataset are. An input is one string in each: the text, the row as JSON, the image as data URL. */
export type Kind = "text" | "table" | "image";

export const kinds: readonly Kind[] = ["text", "table", "image"];

/** An input in the one form in which it is stored, or why it is none. `wasShrunk` of an image that was larger. */
export type Prepared =
  | { readonly ok: true; readonly input: string; readonly wasShrunk?: boolean }
  | { readonly ok: false; readonly reason: RejectionReason; readonly column?: string };

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
}

export function rulesOf(kind: Kind, table: TableShape | undefined): InputRules {
  return makers[kind](table ?? noColumns);
}

const noColumns: TableShape = { columns: [], label: undefined, target: "class", group: undefined };
const noSketch = new Uint32Array(0);

const makers: { readonly [K in Kind]: (table: TableShape) => InputRules } = {
  text: () => ({
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
    prepare: (raw) => prepareRow(raw, shape),
    redact: redactRow,
    countPersonal: (input) => countPersonalData(textCellsOf(input).join("\n")),
    sketch: () => noSketch,
    searchable: textOfRow,
  }),
  image: () => ({
    prepare: (raw) => prepareImage(raw),
    redact: (input) => input,
    countPersonal: () => noPersonalData,
    sketch: () => noSketch,
    searchable: () => "",
  }),
};
