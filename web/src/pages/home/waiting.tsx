import type { Wheel } from "../../api/schema.gen.ts";
import type { TextKey } from "../../i18n/language.ts";
import { useText } from "../../i18n/text.ts";
import { Icon, type IconName } from "../../ui/icon.tsx";
import styles from "./home.module.css";

/** What only a person can move on, the most urgent first; nothing is a good answer too. */
export function Waiting({ wheel }: { readonly wheel: Wheel }) {
  const { t } = useText();
  const all: readonly { readonly n: number; readonly text: TextKey; readonly icon: IconName }[] = [
    { n: wheel.runs?.failed ?? 0, text: "home.runs_failed", icon: "train" },
    { n: wheel.failed_turns ?? 0, text: "home.turns_failed", icon: "wheel" },
    { n: wheel.overdue_invoices ?? 0, text: "home.invoices_overdue", icon: "sell" },
    { n: wheel.queue ?? 0, text: "home.reviews_open", icon: "review" },
  ];
  const waiting = all.filter(({ n }) => n > 0);
  if (waiting.length === 0) return <p className={styles["dim"]}>{t("home.nothing_waits")}</p>;
  return (
    <ul className={styles["waiting"]}>
      {waiting.map(({ n, text, icon }) => (
        <li key={text}>
          <Icon name={icon} />
          {t(text, { n })}
        </li>
      ))}
    </ul>
  );
}
