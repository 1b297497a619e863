import { useText } from "../../i18n/text.ts";
import styles from "./review.module.css";

interface LabelChoiceProps {
  readonly labels: readonly string[];
  /** What each one is called. */
  readonly nameOf?: (label: string) => string;
  /** The one that Enter decides for. */
  readonly at?: number;
  /** What the model answered. */
  readonly answer?: string | undefined;
  /** Whether labels are told apart by their colours, as in the text above. */
  readonly hasTones?: boolean;
  readonly onDecide: (i: number) => void;
}

export function LabelChoice({ labels, nameOf, at, answer, hasTones = false, onDecide }: LabelChoiceProps) {
  const { t } = useText();
  return (
    <ul className={styles["labels"]} aria-label={t("review.labels")}>
      {labels.map((label, i) => (
        <li key={label}>
          <button
            type="button"
            className={styles["label"]}
            data-chosen={i === at}
            data-tone={hasTones ? toneOf(i) : undefined}
            aria-keyshortcuts={i < 9 ? String(i + 1) : undefined}
            onClick={(event) => {
              event.currentTarget.blur();
              onDecide(i);
            }}
          >
            <kbd className={styles["key"]}>{i < 9 ? i + 1 : "·"}</kbd>
            <span>{nameOf ? nameOf(label) : label}</span>
            {label === answer && <small>{t("review.models_answer")}</small>}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** One of the colours of `review.module.css`; they come round. */
export const toneOf = (i: number): number => i % 6;
