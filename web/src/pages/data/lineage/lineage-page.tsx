import { useSearch } from "@tanstack/react-router";
import { useGet } from "../../../api/queries.ts";
import { useText } from "../../../i18n/text.ts";
import { PageHeader } from "../../../ui/page-header.tsx";
import { Panel, Stack } from "../../../ui/panel.tsx";
import { EmptyState, ErrorState, Loading } from "../../../ui/states.tsx";
import { AsList } from "./as-list.tsx";
import { NodeLink } from "./node-link.tsx";
import { Picture } from "./picture.tsx";
import styles from "./lineage.module.css";

/** Where a dataset, a version or a model came from, and what came of it. */
export function LineagePage() {
  const { t } = useText();
  const { of = "" } = useSearch({ from: "/team/data/lineage" });
  const { data, error, refetch } = useGet("GET /admin/v1/lineage", { query: { of } });
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  const focus = data.nodes.find(({ id }) => id === data.of);
  return (
    <>
      <PageHeader
        title={t("lineage.title")}
        text={
          focus ? (
            <span className={styles["focus"]}>
              <NodeLink node={focus}>{focus.name}</NodeLink>
            </span>
          ) : (
            t("lineage.text")
          )
        }
      />
      {data.nodes.length === 0 ? (
        <EmptyState icon="data" title={t("lineage.none")} text={t("lineage.none_text")} />
      ) : (
        <Stack>
          <Panel>
            <Picture lineage={data} />
            <p className={styles["dim"]}>{t("lineage.dashed")}</p>
            {data.has_more && <p className={styles["dim"]}>{t("lineage.has_more")}</p>}
          </Panel>
          <Panel>
            <AsList lineage={data} />
          </Panel>
        </Stack>
      )}
    </>
  );
}
