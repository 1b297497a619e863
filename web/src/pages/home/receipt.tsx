import type { Verdict } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { StateBadge, When } from "../../ui/values.tsx";
import styles from "./home.module.css";

/** The last promotion with its evidence: who replaced whom, by how much, on how many examples. */
export function Receipt({ verdict }: { readonly verdict: Verdict | null }) {
  const { t, format } = useText();
  if (!verdict) return <p className={styles["dim"]}>{t("home.no_promotion")}</p>;
  const { value, low, high } = verdict.difference;
  const points = (share: number): string =>
    verdict.measure === "accuracy" ? format.number(share * 100, 2) : format.number(share, 4);
  const rows: readonly [string, string][] = [
    [t("home.receipt_difference", { measure: verdict.measure }), `${points(value)}  [${points(low)}, ${points(high)}]`],
    [t("home.receipt_examples"), format.number(verdict.examples)],
    ...(verdict.mcnemar_p === null
      ? []
      : [[t("home.receipt_p"), format.number(verdict.mcnemar_p, 4)] satisfies [string, string]]),
    [t("home.receipt_champion"), verdict.champion],
    [t("home.receipt_candidate"), verdict.candidate],
  ];
  return (
    <div className={styles["receipt"]}>
      <p>
        <strong>{verdict.endpoint}</strong> <StateBadge state={verdict.decision} /> <When ms={verdict.created_at_ms} />
      </p>
      <p className={styles["dim"]}>{verdict.reason}</p>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
