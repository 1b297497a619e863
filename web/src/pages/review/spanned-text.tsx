import { Fragment, useRef } from "react";
import { useText } from "../../i18n/text.ts";
import { toneOf } from "./label-choice.tsx";
import type { SpanEditing, Stretch } from "./span-editing.ts";
import styles from "./review.module.css";

interface SpannedTextProps {
  readonly editing: SpanEditing;
  readonly labels: readonly string[];
}

/** The text with its spans and the selection in it. It is one run of text, so that places in it can be counted. */
export function SpannedText({ editing, labels }: SpannedTextProps) {
  const { t } = useText();
  const text = useRef<HTMLParagraphElement>(null);
  const { chars, spans, selection } = editing;
  const chosen = (): void => {
    const stretch = text.current && selectedIn(text.current);
    if (stretch) editing.select(stretch);
  };
  const piece = (stretch: Stretch) => <Piece chars={chars} of={stretch} selection={selection} />;
  return (
    <p
      className={styles["spanned"]}
      ref={text}
      dir="auto"
      onPointerUp={chosen}
      aria-label={t("review.text")}
      role="group"
    >
      {spans.map((span, i) => (
        <Fragment key={span.start}>
          {piece({ start: spans[i - 1]?.end ?? 0, end: span.start })}
          <mark data-tone={toneOf(labels.indexOf(span.label))} data-label={span.label}>
            {piece(span)}
          </mark>
        </Fragment>
      ))}
      {piece({ start: spans.at(-1)?.end ?? 0, end: chars.length })}
    </p>
  );
}

interface PieceProps {
  readonly chars: readonly string[];
  readonly of: Stretch;
  readonly selection: Stretch | undefined;
}

function Piece({ chars, of: { start, end }, selection }: PieceProps) {
  const said = (from: number, to: number): string => chars.slice(from, to).join("");
  const from = Math.min(end, Math.max(start, selection?.start ?? end));
  const to = Math.max(from, Math.min(end, selection?.end ?? from));
  return (
    <>
      {said(start, from)}
      {to > from && <span className={styles["selected"]}>{said(from, to)}</span>}
      {said(to, end)}
    </>
  );
}

/** What is selected by hand within an element, in code points of its text; nothing where nothing is. */
function selectedIn(element: HTMLElement): Stretch | undefined {
  const selection = window.getSelection();
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return undefined;
  const range = selection.getRangeAt(0);
  if (!element.contains(range.commonAncestorContainer)) return undefined;
  const before = document.createRange();
  before.selectNodeContents(element);
  before.setEnd(range.startContainer, range.startOffset);
  const start = Array.from(before.toString()).length;
  const end = start + Array.from(range.toString()).length;
  selection.removeAllRanges();
  return end > start ? { start, end } : undefined;
}
