import { useGet } from "../../api/queries.ts";
import type { Retention } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";

type Kept = Retention["kept"][number];

const dayMs = 86_400_000;

/** What is kept how long, and the setting of the server that says so. */
export function RetentionPage() {
  const { t, word } = useText();
  const { data, error, refetch } = useGet("GET /admin/v1/retention", {});
  const columns: readonly Column<Kept>[] = [
    { key: "kind", title: t("settings.kept_what"), cell: ({ kind }) => word("kept", kind), room: 3 },
    {
      key: "time",
      title: t("settings.kept_time"),
      cell: ({ keep_ms: ms }) =>
        ms === null ? t("settings.kept_stays") : t("settings.kept_days", { n: Math.round(ms / dayMs) }),
      room: 2,
    },
    {
      key: "setting",
      title: t("settings.kept_setting"),
      cell: ({ setting }) => (setting ? <code>{setting}</code> : "–"),
      room: 2,
      priority: 2,
    },
  ];
  return (
    <>
      <PageHeader title={t("settings.retention")} text={t("settings.retention_text")} />
      {!data && (error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />)}
      {data && (
        <DataTable
          label={t("settings.retention")}
          columns={columns}
          rows={data.kept}
          rowKey={({ kind }) => kind}
          empty={null}
        />
      )}
    </>
  );
}
