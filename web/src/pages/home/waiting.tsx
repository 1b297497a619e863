import { Link } from "@tanstack/react-router";
import type { Wheel } from "../../api/schema.gen.ts";
import type { Path } from "../../app/path.ts";
import type { TextKey } from "../../i18n/language.ts";
import { useText } from "../../i18n/text.ts";
import { Icon, type IconName } from "../../ui/icon.tsx";
import styles from "./home.module.css";

interface Thing {
  readonly n: number;
  readonly text: TextKey;
  readonly icon: IconName;
  readonly to: Path;
}

/** What only a person can move on, the most urgent first; nothing is a good answer too. */
export function Waiting({ wheel }: { readonly wheel: Wheel }) {
  const { t } = useText();
  const all: readonly Thing[] = [
    { n: wheel.runs?.failed ?? 0, text: "home.runs_failed", icon: "train", to: "/train" },
    { n: wheel.failed_turns ?? 0, text: "home.turns_failed", icon: "wheel", to: "/endpoints" },
    { n: wheel.overdue_invoices ?? 0, text: "home.invoices_overdue", icon: "sell", to: "/sell/invoices" },
    { n: wheel.queue ?? 0, text: "home.reviews_open", icon: "review", to: "/review" },
  ];
  const waiting = all.filter(({ n }) => n > 0);
  if (waiting.length === 0) return <p className={styles["dim"]}>{t("home.nothing_waits")}</p>;
  return (
    <ul className={styles["waiting"]}>
      {waiting.map(({ n, text, icon, to }) => (
        <li key={text}>
          <Icon name={icon} />
          <Link to={to}>{t(text, { n })}</Link>
        </li>
      ))}
    </ul>
  );
}
