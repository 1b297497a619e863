import { useRows } from "../../api/rows.ts";
import type { AuditEvent } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import type { Column } from "../../ui/data-table.tsx";
import { ListTable } from "../../ui/list-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState } from "../../ui/states.tsx";
import { When } from "../../ui/values.tsx";

/** Who did what, on which object, when, from where, and how it ended. */
export function AuditPage() {
  const { t, word } = useText();
  const list = useRows("GET /admin/v1/audit-events", {});
  const columns: readonly Column<AuditEvent>[] = [
    { key: "at", title: t("settings.when"), cell: ({ at_ms }) => <When ms={at_ms} /> },
    {
      key: "who",
      title: t("settings.who"),
      cell: ({ actor }) => actor.name ?? actor.id ?? word("kind", actor.kind),
    },
    { key: "what", title: t("settings.what"), cell: ({ action }) => <code>{action}</code>, room: 2 },
    { key: "object", title: t("settings.object"), cell: ({ object_id }) => object_id ?? "–", priority: 3, room: 2 },
    { key: "from", title: t("settings.from"), cell: ({ address }) => address, priority: 3 },
    {
      key: "status",
      title: t("settings.outcome"),
      cell: ({ status }) => status ?? "–",
      align: "right",
      priority: 2,
    },
  ];
  return (
    <>
      <PageHeader title={t("settings.audit")} text={t("settings.audit_text")} />
      <ListTable
        label={t("settings.audit")}
        list={list}
        columns={columns}
        empty={<EmptyState icon="key" title={t("settings.no_audit")} />}
      />
    </>
  );
}
