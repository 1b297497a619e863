import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import { useGet } from "../../api/queries.ts";
import type { Retention } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { RetentionDialog } from "./retention-dialog.tsx";

type Kept = Retention["kept"][number];

const dayMs = 86_400_000;

/** What is kept how long; an owner opens what can be changed. */
export function RetentionPage() {
  const { t, word } = useText();
  const may = useMay();
  const [opened, open] = useState<Kept>();
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
      key: "by",
      title: t("settings.kept_by"),
      cell: ({ change }) =>
        t(change ? (change.changed ? "settings.kept_by_owner" : "settings.kept_by_default") : "settings.kept_by_rule"),
      priority: 2,
    },
  ];
  const canChange = may("settings", "write");
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
          {...(canChange ? { onOpen: (row: Kept) => open(row.change ? row : undefined) } : {})}
        />
      )}
      {opened?.change && <RetentionDialog kind={opened.kind} change={opened.change} onClose={() => open(undefined)} />}
    </>
  );
}
