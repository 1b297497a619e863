import { useGet } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { Panel } from "../../ui/panel.tsx";
import styles from "./review.module.css";

export type KeyLine = readonly [key: string, what: string];

interface BesideProps {
  readonly queue: string;
  readonly keys: readonly KeyLine[];
}

/** Beside the item: what its reviewers are told, and the keys. */
export function Beside({ queue, keys }: BesideProps) {
  const { t } = useText();
  const { data } = useGet("GET /admin/v1/review-guides/{queue}", { params: { queue } });
  return (
    <aside className={styles["beside"]} aria-label={t("review.instructions")}>
      <Panel title={t("review.instructions")}>
        <p className={styles["instructions"]}>{data?.instructions || t("review.no_instructions")}</p>
        {data && <p className={styles["dim"]}>{t("review.reviewers_needed", { n: data.reviewers })}</p>}
      </Panel>
      <Panel title={t("shell.shortcuts")}>
        <dl className={styles["keys"]}>
          {keys.map(([key, what]) => (
            <div key={key}>
              <dt>
                <kbd className={styles["key"]}>{key}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </Panel>
    </aside>
  );
}
