import { useNavigate } from "@tanstack/react-router";
import { useMay } from "../../api/auth.ts";
import type { Item } from "../../api/client.ts";
import { useRows } from "../../api/rows.ts";
import { useText } from "../../i18n/text.ts";
import type { Column } from "../../ui/data-table.tsx";
import { ListTable } from "../../ui/list-table.tsx";
import { EmptyState } from "../../ui/states.tsx";
import { When } from "../../ui/values.tsx";

type Attribution = Item<"GET /admin/v1/attributions">;

/** Who brought whom, when, and how it is known; of one partner or of all. A row opens the customer. */
export function AttributionTable({ partner }: { readonly partner?: string }) {
  const { t } = useText();
  const may = useMay();
  const navigate = useNavigate();
  const list = useRows("GET /admin/v1/attributions", { query: partner ? { partner } : {} });
  const columns: readonly Column<Attribution>[] = [
    { key: "customer", title: t("statement.customer"), cell: (row) => row.customer_name, room: 2 },
    ...(partner
      ? []
      : [{ key: "partner", title: t("sell.partner"), cell: (row: Attribution) => row.partner_name, room: 2 }]),
    { key: "reason", title: t("channels.reason"), cell: (row) => row.reason, room: 3, priority: 2 },
    {
      key: "when",
      title: t("channels.when"),
      cell: (row) => <When ms={row.attributed_at_ms} exact />,
      room: 2,
      priority: partner ? 1 : 2,
    },
  ];
  const open = ({ customer: id }: Attribution): void => void navigate({ to: "/sell/customers/$id", params: { id } });
  return (
    <ListTable
      label={t("channels.attributions")}
      list={list}
      columns={columns}
      {...(may("sell") ? { onOpen: open } : {})}
      empty={
        <EmptyState icon="channels" title={t("channels.no_attributions")} text={t("channels.no_attributions_hint")} />
      }
    />
  );
}
