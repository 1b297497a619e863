import { useGet } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { Facts } from "../../ui/facts.tsx";
import { Loading } from "../../ui/states.tsx";
import styles from "./models.module.css";

/** What the model says of itself: plain facts as a list, the rest as it is. */
export function Card({ model }: { readonly model: string }) {
  const { t } = useText();
  const { data } = useGet("GET /admin/v1/models/{id}/card", { params: { id: model } });
  if (!data) return <Loading />;
  const plain = Object.entries(data).filter(([, value]) => typeof value === "string" || typeof value === "number");
  return (
    <>
      <Facts rows={plain.map(([name, value]) => [name.replaceAll("_", " "), String(value)])} />
      <details className={styles["details"]}>
        <summary>{t("model.card_whole")}</summary>
        <pre className={styles["code"]} tabIndex={0}>
          {JSON.stringify(data, null, 2)}
        </pre>
      </details>
    </>
  );
}
