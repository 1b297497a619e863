import { useText } from "../../i18n/text.ts";
import { ExampleInput } from "../../ui/example-input.tsx";
import type { Review } from "./workbench.ts";
import styles from "./review.module.css";

/** The item, what the model said, what users say, and why it is asked. */
export function ReviewCard({ review }: { readonly review: Review }) {
  const { t, format } = useText();
  const { answer, proposals, stance, disagreeing, endpoint, input } = review;
  const why = disagreeing
    ? "review.why_disagreeing"
    : stance === "disputed"
      ? "review.why_disputed"
      : "review.why_uncertain";
  const said = [...new Set(proposals.map(({ label }) => label))].join(", ");
  return (
    <article className={styles["card"]} aria-live="polite" data-review={review.id}>
      <header>
        <span className={styles["why"]} data-why={disagreeing ? "disagreeing" : stance}>
          {t(why)}
        </span>
        <span>{endpoint}</span>
      </header>
      <div className={styles["input"]}>
        <ExampleInput input={input} large />
      </div>
      <footer>
        <span>{t("review.model_says", { label: answer.label, share: format.percent(answer.probability, 0) })}</span>
        {said && <span>{t("review.users_say", { label: said })}</span>}
      </footer>
    </article>
  );
}
