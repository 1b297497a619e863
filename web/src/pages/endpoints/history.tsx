import { useList } from "../../api/queries.ts";
import type { Release } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Panel } from "../../ui/panel.tsx";
import { StateBadge, When } from "../../ui/values.tsx";
import { ModelName } from "./model-name.tsx";

/** Everything that ever stood behind the endpoint. */
export function History({ endpoint }: { readonly endpoint: string }) {
  const { t, format } = useText();
  const list = useList("GET /admin/v1/endpoints/{name}/releases", { params: { name: endpoint } });
  const columns: readonly Column<Release>[] = [
    { key: "state", title: t("endpoint.role"), cell: ({ state }) => <StateBadge state={state} /> },
    { key: "model", title: t("train.model"), room: 2, cell: ({ model }) => <ModelName id={model} /> },
    {
      key: "share",
      title: t("endpoint.share"),
      align: "right",
      priority: 2,
      cell: ({ share }) => format.percent(share, 0),
    },
    { key: "reason", title: t("endpoint.reason"), priority: 3, room: 2, cell: ({ reason }) => reason },
    {
      key: "since",
      title: t("endpoint.since"),
      align: "right",
      cell: ({ deployed_at_ms }) => <When ms={deployed_at_ms} />,
    },
  ];
  return (
    <Panel title={t("endpoint.history")}>
      <DataTable
        label={t("endpoint.history")}
        columns={columns}
        rows={list.items}
        rowKey={({ id }) => id}
        hasMore={list.hasNextPage}
        isLoadingMore={list.isFetchingNextPage}
        onMore={() => void list.fetchNextPage()}
        isLoading={list.isLoading}
      />
    </Panel>
  );
}
