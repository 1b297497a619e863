import { Button } from "@mantine/core";
import { useState } from "react";
import { useText } from "../../i18n/text.ts";
import { Beside, type KeyLine } from "./beside.tsx";
import { LabelChoice } from "./label-choice.tsx";
import { useLabelText } from "./label-text.ts";
import { ReviewCard } from "./review-card.tsx";
import { useReviewKeys } from "./review-keys.ts";
import type { Review, Workbench } from "./workbench.ts";
import styles from "./review.module.css";

export interface WorkProps {
  readonly review: Review;
  readonly bench: Workbench;
}

/** One label for a text, a row, an image or a pair. */
export function LabelWork({ review, bench }: WorkProps) {
  const { t } = useText();
  const labelText = useLabelText();
  const { labels, answer, proposals, kind } = review;
  const [at, setAt] = useState(() => Math.max(0, labels.indexOf(proposals[0]?.label ?? answer?.label ?? "")));
  const [large, setLarge] = useState(false);
  const choose = (to: number): void => setAt((to + labels.length) % labels.length);
  const decide = (i: number): void => {
    const label = labels[i];
    if (label !== undefined) bench.decide(label);
  };
  useReviewKeys({
    digit: decide,
    on: {
      0: () => decide(labels.length - 1),
      Enter: () => decide(at),
      ArrowDown: () => choose(at + 1),
      ArrowUp: () => choose(at - 1),
      ArrowLeft: () => void bench.undo(),
      Backspace: () => void bench.undo(),
      ArrowRight: () => bench.decide(null),
      ...(kind === "image" && { z: () => setLarge(!large) }),
    },
  });
  const keys: readonly KeyLine[] = [
    ["1 – 9", t("review.key_number")],
    ["0", t("review.key_last")],
    ["↑ ↓", t("review.key_choose")],
    ["↵", t("review.key_decide")],
    ["←", t("review.key_undo")],
    ["→", t("review.key_skip")],
    ...(kind === "image" ? [["Z", t("review.key_zoom")] as const] : []),
  ];
  return (
    <div className={styles["bench"]}>
      <div className={styles["left"]}>
        <ReviewCard review={review} large={large} />
        <LabelChoice
          labels={labels}
          nameOf={(label) => labelText(review, label)}
          at={at}
          answer={answer?.label}
          onDecide={decide}
        />
        <div className={styles["row"]}>
          <Button variant="default" disabled={bench.done === 0} onClick={() => void bench.undo()}>
            <kbd className={styles["key"]}>←</kbd> {t("review.undo")}
          </Button>
          <Button variant="default" onClick={() => bench.decide(null)}>
            {t("review.skip")} <kbd className={styles["key"]}>→</kbd>
          </Button>
          {kind === "image" && (
            <Button variant="default" aria-pressed={large} onClick={() => setLarge(!large)}>
              <kbd className={styles["key"]}>Z</kbd> {t("review.zoom")}
            </Button>
          )}
          <span className={styles["done"]}>{t("review.done", { n: bench.done })}</span>
        </div>
      </div>
      <Beside queue={review.queue} keys={keys} />
    </div>
  );
}
