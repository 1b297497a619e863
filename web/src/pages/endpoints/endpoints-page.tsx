import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import type { Item } from "../../api/client.ts";
import { useList } from "../../api/queries.ts";
import { useRows } from "../../api/rows.ts";
import { useText } from "../../i18n/text.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState, ErrorState } from "../../ui/states.tsx";
import { When } from "../../ui/values.tsx";
import { DeployDialog } from "./deploy-dialog.tsx";
import { ListTable } from "../../ui/list-table.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ModelName, useUpstreamModelName } from "./model-name.tsx";

type Endpoint = Item<"GET /admin/v1/endpoints">;
type Route = Item<"GET /admin/v1/routes">;

/** The stable names that customers call, and what stands behind each. */
export function EndpointsPage() {
  const { t, format } = useText();
  const may = useMay();
  const navigate = useNavigate();
  const [making, setMaking] = useState(false);
  const list = useList("GET /admin/v1/endpoints", {});
  const columns: readonly Column<Endpoint>[] = [
    { key: "name", title: t("endpoint.name"), cell: ({ name }) => name },
    { key: "champion", title: t("state.champion"), cell: ({ champion }) => <ModelName id={champion.model} /> },
    {
      key: "challengers",
      title: t("endpoint.challengers"),
      priority: 2,
      cell: ({ challengers }) =>
        challengers.length === 0 ? "–" : challengers.map(({ share }) => format.percent(share, 0)).join(", "),
    },
    {
      key: "shadows",
      title: t("endpoint.shadows"),
      align: "right",
      priority: 3,
      cell: ({ shadows }) => shadows.length || "–",
    },
    {
      key: "since",
      title: t("endpoint.since"),
      align: "right",
      cell: ({ champion }) => <When ms={champion.deployed_at_ms} />,
    },
  ];
  return (
    <>
      <PageHeader title={t("nav.endpoints")} text={t("endpoint.text")}>
        {may("endpoints", "write") && <Button onClick={() => setMaking(true)}>{t("endpoint.make")}</Button>}
      </PageHeader>
      {list.error && !list.data ? (
        <ErrorState error={list.error} onRetry={() => void list.refetch()} />
      ) : (
        <DataTable
          label={t("nav.endpoints")}
          columns={columns}
          rows={list.items}
          rowKey={({ id }) => id}
          onOpen={({ name }) => void navigate({ to: "/endpoints/$name", params: { name } })}
          hasMore={list.hasNextPage}
          isLoadingMore={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
          isLoading={list.isLoading}
          empty={<EmptyState icon="endpoints" title={t("endpoint.none")} text={t("endpoint.none_hint")} />}
        />
      )}
      <Routed />
      <DeployDialog opened={making} onClose={() => setMaking(false)} />
    </>
  );
}

/** Endpoints that upstreams answer; nothing where there are none. */
function Routed() {
  const { t } = useText();
  const navigate = useNavigate();
  const nameOf = useUpstreamModelName();
  const list = useRows("GET /admin/v1/routes", {});
  if (list.count === 0) return null;
  const columns: readonly Column<Route>[] = [
    { key: "name", title: t("endpoint.name"), cell: ({ endpoint }) => endpoint },
    {
      key: "targets",
      title: t("routed.targets"),
      cell: ({ targets }) => targets.map(({ model }) => nameOf(model)).join(", "),
      room: 2,
    },
    { key: "since", title: t("routed.changed"), align: "right", cell: (row) => <When ms={row.updated_at_ms} /> },
  ];
  return (
    <Panel title={t("routed.title")}>
      <ListTable
        label={t("routed.title")}
        list={list}
        columns={columns}
        empty={null}
        onOpen={({ endpoint }) => void navigate({ to: "/endpoints/routed/$endpoint", params: { endpoint } })}
      />
    </Panel>
  );
}
