import { canonicalJson } from "../../kernel/hash.ts";
import { limits } from "../../kernel/limits.ts";
import type { RejectionReason } from "../readers/read.ts";
import { cleanLabel } from "../text/clean.ts";

/** A stretch of a text and what it is. Offsets count code points, as Python does: from `start` to before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

export type ParsedSpans =
  | { readonly ok: true; readonly spans: readonly Span[] }
  | { readonly ok: false; readonly reason: RejectionReason };

/**
 * Spans of a text from JSON: a list of `{"start", "end", "label"}`, or of `[start, end, label]`; with `"text"` they must say
 * what stands there, which finds offsets that count something else. They come back in order; two never share a character.
 */
export function parseSpans(text: string, raw: string): ParsedSpans {
  const values = listOf(raw);
  if (!values) return { ok: false, reason: "spans_not_a_list" };
  if (values.length > limits.spansMax) return { ok: false, reason: "too_many_spans" };
  const chars = Array.from(text);
  const spans: Span[] = [];
  for (const value of values) {
    const span = readSpan(value, chars);
    if (typeof span === "string") return { ok: false, reason: span };
    spans.push(span);
  }
  spans.sort((a, b) => a.start - b.start);
  const overlaps = spans.some(({ start }, i) => start < (spans[i - 1]?.end ?? 0));
  return overlaps ? { ok: false, reason: "spans_overlap" } : { ok: true, spans };
}

/** The one text that equal spans have, as which they are an example's label. */
export const labelOfSpans = (spans: readonly Span[]): string =>
  canonicalJson(spans.map(({ start, end, label }) => ({ start, end, label })));

/** The spans of a label that was stored. */
export const spansOfLabel = (label: string): readonly Span[] => JSON.parse(label) as Span[];

function listOf(raw: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(raw);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function readSpan(value: unknown, chars: readonly string[]): Span | RejectionReason {
  if (value === null || typeof value !== "object") return "broken_span";
  const [start, end, named, text] = Array.isArray(value)
    ? (value as readonly unknown[])
    : (["start", "end", "label", "text"] as const).map((key) => (value as Readonly<Record<string, unknown>>)[key]);
  if (!isOffset(start) || !isOffset(end) || typeof named !== "string") return "broken_span";
  if (start >= end || end > chars.length) return "span_outside";
  if (text !== undefined && text !== chars.slice(start, end).join("")) return "span_text_differs";
  const label = cleanLabel(named);
  if (label === "") return "missing_label";
  return label.length > limits.labelCharsMax ? "label_too_long" : { start, end, label };
}

const isOffset = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
