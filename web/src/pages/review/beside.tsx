import { useGet } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { Panel } from "../../ui/panel.tsx";
import styles from "./review.module.css";

/** Beside the item: what its reviewers are told, and the keys. */
export function Beside({ endpoint }: { readonly endpoint: string }) {
  const { t } = useText();
  const { data } = useGet("GET /admin/v1/review-guides/{endpoint}", { params: { endpoint } });
  const keys: readonly [string, string][] = [
    ["1 – 9", t("review.key_number")],
    ["↑ ↓", t("review.key_choose")],
    ["↵", t("review.key_decide")],
    ["←", t("review.key_undo")],
    ["→", t("review.key_skip")],
  ];
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
