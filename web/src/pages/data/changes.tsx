import { useGet } from "../../api/queries.ts";
import type { TextKey } from "../../i18n/language.ts";
import { useText } from "../../i18n/text.ts";
import { ErrorState, Loading } from "../../ui/states.tsx";
import type { Version } from "./version-page.tsx";
import styles from "./data.module.css";

/** What this version added, removed, relabelled and moved since the one before. */
export function Changes({ version }: { readonly version: Version }) {
  const { t, format } = useText();
  const isFirst = version.number === 1;
  const { data, error, refetch } = useGet(
    "GET /admin/v1/dataset-versions/{id}/diff",
    { params: { id: version.id } },
    { enabled: !isFirst },
  );
  if (isFirst) return <p className={styles["dim"]}>{t("data.first_version")}</p>;
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  const parts = Object.keys(data.added);
  const partName = (part: string): string => t(`data.part_${part}` as TextKey);
  return (
    <div className={styles["one"]}>
      <table className={styles["table"]}>
        <thead>
          <tr>
            <th scope="col">{t("data.part")}</th>
            <th scope="col">{t("data.added")}</th>
            <th scope="col">{t("data.removed")}</th>
          </tr>
        </thead>
        <tbody>
          {parts.map((part) => (
            <tr key={part}>
              <th scope="row">{partName(part)}</th>
              <td>{format.number(data.added[part] ?? 0)}</td>
              <td>{format.number(data.removed[part] ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>{t("data.relabelled", { n: data.relabelled })}</p>
      {data.moved.map(({ from, to, examples }) => (
        <p key={`${from} ${to}`}>{t("data.moved", { n: examples, from: partName(from), to: partName(to) })}</p>
      ))}
      <p className={styles["dim"]}>{t(data.same_test ? "data.same_test" : "data.other_test")}</p>
    </div>
  );
}
