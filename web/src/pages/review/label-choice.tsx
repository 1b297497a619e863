import { useText } from "../../i18n/text.ts";
import styles from "./review.module.css";

interface LabelChoiceProps {
  readonly labels: readonly string[];
  /** The one that Enter decides for. */
  readonly at: number;
  /** What the model answered. */
  readonly answer: string;
  readonly onDecide: (i: number) => void;
}

export function LabelChoice({ labels, at, answer, onDecide }: LabelChoiceProps) {
  const { t } = useText();
  return (
    <ul className={styles["labels"]} aria-label={t("review.labels")}>
      {labels.map((label, i) => (
        <li key={label}>
          <button
            type="button"
            className={styles["label"]}
            data-chosen={i === at}
            aria-keyshortcuts={i < 9 ? String(i + 1) : undefined}
            onClick={(event) => {
              event.currentTarget.blur();
              onDecide(i);
            }}
          >
            <kbd className={styles["key"]}>{i < 9 ? i + 1 : "·"}</kbd>
            <span>{label}</span>
            {label === answer && <small>{t("review.models_answer")}</small>}
          </button>
        </li>
      ))}
    </ul>
  );
}
