/** A stretch of a text and what it is; offsets count code points, as the server does. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/** The spans of a label that is all spans of a text. */
export const spansOf = (label: string): readonly Span[] => JSON.parse(label) as Span[];

export const labelOf = (spans: readonly Span[]): string =>
  JSON.stringify(spans.toSorted((a, b) => a.start - b.start).map(({ end, label, start }) => ({ end, label, start })));

/** What a span covers. */
export const coveredBy = (chars: readonly string[], { start, end }: Pick<Span, "start" | "end">): string =>
  chars.slice(start, end).join("");

/** The same as stretches in UTF-16 units, named. */
export function marksOf(text: string, label: string): readonly { name: string; start: number; end: number }[] {
  const chars = Array.from(text);
  const unitsBefore = (offset: number): number => chars.slice(0, offset).join("").length;
  return spansOf(label).map(({ start, end, label: name }) => ({
    name,
    start: unitsBefore(start),
    end: unitsBefore(end),
  }));
}

/** `person: Ada · place: Ulm`. */
export function saySpans(text: string, label: string): string {
  const chars = Array.from(text);
  return spansOf(label)
    .map((span) => `${span.label}: ${coveredBy(chars, span)}`)
    .join(" · ");
}
