import { useMemo, useState } from "react";
import { type Span, labelOf, spansOf } from "../../ui/spans.ts";
import type { Review } from "./workbench.ts";

/** A stretch of the text in code points. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

const touch = (a: Stretch, b: Stretch): boolean => a.start < b.end && b.start < a.end;

/** Words of any script, in code points. */
function wordsOf(text: string): readonly Stretch[] {
  const words: Stretch[] = [];
  let at = 0;
  for (const { segment, isWordLike } of new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)) {
    const end = at + Array.from(segment).length;
    if (isWordLike) words.push({ start: at, end });
    at = end;
  }
  return words;
}

/**
 * The spans that a reviewer puts on a text: where the hand is, what is marked, and every state before. What is proposed is there
 * at first.
 */
export function useSpanEditing({ input, labels, proposals }: Review) {
  const chars = useMemo(() => Array.from(input), [input]);
  const words = useMemo(() => wordsOf(input), [input]);
  const [history, setHistory] = useState<readonly (readonly Span[])[]>(() => [spansOf(proposals[0]?.label ?? "[]")]);
  const [hand, setHand] = useState<{ readonly anchor: Stretch; readonly focus: Stretch }>();
  const spans = history.at(-1) ?? [];
  const selection: Stretch | undefined = hand && {
    start: Math.min(hand.anchor.start, hand.focus.start),
    end: Math.max(hand.anchor.end, hand.focus.end),
  };
  const change = (next: readonly Span[]): void =>
    setHistory((states) => [...states, next.toSorted((a, b) => a.start - b.start)]);
  const apartFrom = (stretch: Stretch): readonly Span[] => spans.filter((span) => !touch(span, stretch));
  return {
    chars,
    spans,
    selection,
    isChanged: history.length > 1,
    label: labelOf(spans),
    select: (stretch: Stretch) => setHand({ anchor: stretch, focus: stretch }),
    /** To the next word or the one before; with `extends` from where the hand was. */
    move(step: 1 | -1, extend: boolean): void {
      const from = hand?.focus ?? { start: 0, end: 0 };
      const next =
        step === 1 ? words.find(({ start }) => start >= from.end) : words.findLast(({ end }) => end <= from.start);
      const focus = next ?? (hand ? hand.focus : words[0]);
      if (focus) setHand({ anchor: extend && hand ? hand.anchor : focus, focus });
    },
    /** What was marked in this place gives way. */
    mark(i: number): void {
      const label = labels[i];
      if (label !== undefined && selection) change([...apartFrom(selection), { ...selection, label }]);
    },
    /** What is marked where the hand is. */
    unmark(): void {
      if (selection && spans.some((span) => touch(span, selection))) change(apartFrom(selection));
    },
    remove: (span: Span) => change(spans.filter((each) => each !== span)),
    undo: () => setHistory((states) => (states.length > 1 ? states.slice(0, -1) : states)),
  };
}

export type SpanEditing = ReturnType<typeof useSpanEditing>;
