import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Verdict } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { Facts } from "../../ui/facts.tsx";
import { StateBadge, When } from "../../ui/values.tsx";
import styles from "./home.module.css";

/** The last promotion with its evidence: who replaced whom, by how much, on how many examples. */
export function Receipt({ verdict }: { readonly verdict: Verdict | null }) {
  const { t, format } = useText();
  if (!verdict) return <p className={styles["dim"]}>{t("home.no_promotion")}</p>;
  const { value, low, high } = verdict.difference;
  const points = (share: number): string =>
    verdict.measure === "accuracy" ? format.number(share * 100, 2) : format.number(share, 4);
  const rows: readonly (readonly [string, ReactNode])[] = [
    [t("home.receipt_difference", { measure: verdict.measure }), `${points(value)}  [${points(low)}, ${points(high)}]`],
    [t("home.receipt_examples"), format.number(verdict.examples)],
    ...(verdict.mcnemar_p === null ? [] : [[t("home.receipt_p"), format.number(verdict.mcnemar_p, 4)] as const]),
    [t("home.receipt_champion"), <ModelLink key="champion" id={verdict.champion} />],
    [t("home.receipt_candidate"), <ModelLink key="candidate" id={verdict.candidate} />],
  ];
  return (
    <div className={styles["receipt"]}>
      <p>
        <Link to="/endpoints/$name" params={{ name: verdict.endpoint }}>
          <strong>{verdict.endpoint}</strong>
        </Link>{" "}
        <StateBadge state={verdict.decision} /> <When ms={verdict.created_at_ms} />
      </p>
      <p className={styles["dim"]}>{verdict.reason}</p>
      <Facts rows={rows} />
    </div>
  );
}

function ModelLink({ id }: { readonly id: string }) {
  return (
    <Link to="/models/$id" params={{ id }}>
      {id}
    </Link>
  );
}
