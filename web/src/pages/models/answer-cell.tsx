import type { AnsweredExample } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { Icon } from "../../ui/icon.tsx";
import styles from "./models.module.css";

/** A label with its probability; a mark and a word say whether it is right, not the colour alone. */
export function AnswerCell({ of }: { readonly of: AnsweredExample["answer"] }) {
  const { t, format } = useText();
  return (
    <span className={styles["cell"]} data-right={of.right}>
      <Icon name={of.right ? "check" : "close"} size={14} />
      <span className={styles["hidden"]}>{t(of.right ? "model.right" : "model.wrong")}</span>
      {of.label} <small>{format.percent(of.probability, 0)}</small>
    </span>
  );
}

/** A text, a row, or the picture itself. */
export function InputCell({ input }: { readonly input: string | null }) {
  const { t } = useText();
  if (input === null) return <em>{t("model.erased")}</em>;
  if (input.startsWith("data:image/"))
    return <img src={input} alt={t("model.picture")} className={styles["picture"]} />;
  return <span title={input.slice(0, 2_000)}>{input.slice(0, 400)}</span>;
}
