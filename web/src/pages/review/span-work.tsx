import { Button } from "@mantine/core";
import { useText } from "../../i18n/text.ts";
import { type Span, coveredBy } from "../../ui/spans.ts";
import { Beside, type KeyLine } from "./beside.tsx";
import { LabelChoice, toneOf } from "./label-choice.tsx";
import type { WorkProps } from "./label-work.tsx";
import { ReviewCard } from "./review-card.tsx";
import { useReviewKeys } from "./review-keys.ts";
import { useSpanEditing } from "./span-editing.ts";
import { SpannedText } from "./spanned-text.tsx";
import styles from "./review.module.css";

/** Spans on a text: a stretch is chosen by mouse or by words, a number says what it is, Enter decides for all of them. */
export function SpanWork({ review, bench }: WorkProps) {
  const { t } = useText();
  const editing = useSpanEditing(review);
  const { chars, spans, selection } = editing;
  const decide = (): void => bench.decide(editing.label);
  const undo = (): void => (editing.isChanged ? editing.undo() : void bench.undo());
  useReviewKeys({
    digit: editing.mark,
    on: {
      ArrowRight: () => editing.move(1, false),
      ArrowLeft: () => editing.move(-1, false),
      "Shift+ArrowRight": () => editing.move(1, true),
      "Shift+ArrowLeft": () => editing.move(-1, true),
      Delete: editing.unmark,
      Backspace: editing.unmark,
      u: undo,
      s: () => bench.decide(null),
      Enter: decide,
    },
  });
  const keys: readonly KeyLine[] = [
    ["← →", t("review.key_word")],
    ["⇧ ← →", t("review.key_extend")],
    ["1 – 9", t("review.key_mark")],
    ["⌫", t("review.key_unmark")],
    ["U", t("review.key_undo_step")],
    ["↵", t("review.key_decide_spans")],
    ["S", t("review.key_skip")],
  ];
  return (
    <div className={styles["bench"]}>
      <div className={styles["left"]}>
        <ReviewCard review={review}>
          <SpannedText editing={editing} labels={review.labels} />
        </ReviewCard>
        <p role="status" className={styles["hand"]}>
          {selection ? t("review.selected", { text: coveredBy(chars, selection) }) : t("review.select_first")}
        </p>
        <LabelChoice labels={review.labels} hasTones onDecide={editing.mark} />
        <SpanList spans={spans} labels={review.labels} chars={chars} onRemove={editing.remove} />
        <div className={styles["row"]}>
          <Button onClick={decide}>
            {t("review.decide_spans", { n: spans.length })} <kbd className={styles["key"]}>↵</kbd>
          </Button>
          <Button variant="default" disabled={!editing.isChanged && bench.done === 0} onClick={undo}>
            <kbd className={styles["key"]}>U</kbd> {t("review.undo")}
          </Button>
          <Button variant="default" onClick={() => bench.decide(null)}>
            <kbd className={styles["key"]}>S</kbd> {t("review.skip")}
          </Button>
          <span className={styles["done"]}>{t("review.done", { n: bench.done })}</span>
        </div>
      </div>
      <Beside queue={review.queue} keys={keys} />
    </div>
  );
}

interface SpanListProps {
  readonly spans: readonly Span[];
  readonly labels: readonly string[];
  readonly chars: readonly string[];
  readonly onRemove: (span: Span) => void;
}

/** What is marked, as text: nothing is told by colours alone. */
function SpanList({ spans, labels, chars, onRemove }: SpanListProps) {
  const { t } = useText();
  if (spans.length === 0) return <p className={styles["dim"]}>{t("review.no_spans")}</p>;
  return (
    <ul className={styles["spans"]} aria-label={t("review.spans")}>
      {spans.map((span) => {
        const text = coveredBy(chars, span);
        return (
          <li key={span.start}>
            <b data-tone={toneOf(labels.indexOf(span.label))}>{span.label}</b>
            <span dir="auto">{text}</span>
            <button
              type="button"
              aria-label={t("review.remove_span", { label: span.label, text })}
              onClick={() => onRemove(span)}
            >
              ×
            </button>
          </li>
        );
      })}
    </ul>
  );
}
