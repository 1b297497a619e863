import type { ReactNode } from "react";
import { useText } from "../../i18n/text.ts";
import { ExampleInput } from "../../ui/example-input.tsx";
import { useLabelText } from "./label-text.ts";
import type { Review } from "./workbench.ts";
import styles from "./review.module.css";

interface ReviewCardProps {
  readonly review: Review;
  readonly large?: boolean;
  /** In place of the input, where it is worked on. */
  readonly children?: ReactNode;
}

/** The item, what the model said, what users or the dataset say, and why it is asked. */
export function ReviewCard({ review, large = false, children }: ReviewCardProps) {
  const { t, format } = useText();
  const labelText = useLabelText();
  const { answer, proposals, stance, disagreeing, queue, kind, input } = review;
  const why = disagreeing ? "disagreeing" : stance === "disputed" ? "disputed" : answer ? "uncertain" : "example";
  const said = [...new Set(proposals.map(({ label }) => labelText(review, label)))].join(", ");
  return (
    <article className={styles["card"]} aria-live="polite" data-review={review.id}>
      <header>
        <span className={styles["why"]} data-why={why}>
          {t(`review.why_${why}`)}
        </span>
        <span>{queue}</span>
      </header>
      <div className={styles["input"]}>
        {children ?? <ExampleInput input={input} kind={kind} large={kind === "image" ? large : true} />}
      </div>
      <footer>
        {answer && (
          <span>{t("review.model_says", { label: answer.label, share: format.percent(answer.probability, 0) })}</span>
        )}
        {said && <span>{t(answer ? "review.users_say" : "review.dataset_says", { label: said })}</span>}
      </footer>
    </article>
  );
}
