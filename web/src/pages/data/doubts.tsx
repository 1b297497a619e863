import { Button } from "@mantine/core";
import { useMay } from "../../api/auth.ts";
import { useGet, usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { FormError } from "../../ui/form-error.tsx";
import { EmptyState, ErrorState, Loading } from "../../ui/states.tsx";
import type { Version } from "./version-page.tsx";
import styles from "./data.module.css";

/** Labels that are likely wrong, the most doubtful first. */
export function Doubts({ version }: { readonly version: Version }) {
  const { t, format } = useText();
  const may = useMay();
  const params = { id: version.id };
  const { data, error, refetch } = useGet("GET /admin/v1/dataset-versions/{id}/label-audit", { params });
  const look = usePost("POST /admin/v1/dataset-versions/{id}/label-audit", {
    touches: ["GET /admin/v1/dataset-versions/{id}/label-audit"],
  });
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  const { audit } = data;
  return (
    <div className={styles["one"]}>
      <p className={styles["dim"]}>{t("data.doubts_text")}</p>
      <FormError error={look.error} />
      {!audit && may("data", "write") && (
        <Button
          className={styles["start"] ?? ""}
          loading={look.isPending}
          onClick={() => look.mutate({ params, body: {} })}
        >
          {t("data.look")}
        </Button>
      )}
      {audit && <p>{t("data.doubts_found", { n: audit.doubts.length, examined: audit.examined })}</p>}
      {audit?.doubts.length === 0 && <EmptyState icon="check" title={t("data.no_doubts")} />}
      {audit && audit.doubts.length > 0 && (
        <ol className={styles["doubts"]}>
          {audit.doubts.map(({ example, suggested, margin }) => (
            <li key={example.id}>
              <p dir="auto">{example.input}</p>
              <span>
                <del>{example.label}</del> → <ins>{suggested}</ins>
                <small>{t("data.margin", { share: format.percent(-margin, 0) })}</small>
              </span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
