import { Button } from "@mantine/core";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useMay } from "../../api/auth.ts";
import type { Item } from "../../api/client.ts";
import { useGet, useList } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState, ErrorState, Loading } from "../../ui/states.tsx";
import { When } from "../../ui/values.tsx";

type Version = Item<"GET /admin/v1/datasets/{id}/versions">;

const sizeOf = ({ counts }: Version): number =>
  (counts["train"] ?? 0) + (counts["validation"] ?? 0) + (counts["test"] ?? 0);

/** A dataset's versions, the newest first. */
export function DatasetPage() {
  const { t, word, format } = useText();
  const may = useMay();
  const navigate = useNavigate();
  const { id } = useParams({ from: "/team/data/$id" });
  const dataset = useGet("GET /admin/v1/datasets/{id}", { params: { id } });
  const { items, error, isLoading, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useList(
    "GET /admin/v1/datasets/{id}/versions",
    { params: { id } },
  );
  if (!dataset.data) return dataset.error ? <ErrorState error={dataset.error} /> : <Loading />;
  const columns: readonly Column<Version>[] = [
    { key: "number", title: t("data.version"), cell: ({ number }) => `@${number}` },
    { key: "note", title: t("data.note"), room: 3, cell: ({ note }) => note },
    { key: "size", title: t("data.examples"), align: "right", cell: (each) => format.number(sizeOf(each)) },
    {
      key: "pool",
      title: t("data.part_pool"),
      align: "right",
      priority: 3,
      cell: ({ counts }) => format.number(counts["pool"] ?? 0),
    },
    {
      key: "labels",
      title: t("data.labels"),
      align: "right",
      priority: 3,
      cell: ({ labels }) => format.number(labels.length),
    },
    { key: "when", title: t("data.created"), priority: 2, cell: sinceCell },
  ];
  return (
    <>
      <PageHeader title={dataset.data.name} text={word("kind", dataset.data.kind)}>
        {may("models") && (
          <Button variant="default" onClick={() => void navigate({ to: "/data/lineage", search: { of: id } })}>
            {t("lineage.title")}
          </Button>
        )}
        {may("data", "write") && (
          <Button onClick={() => void navigate({ to: "/data/import", search: { dataset: id } })}>
            {t("import.add")}
          </Button>
        )}
      </PageHeader>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <DataTable
          label={t("data.versions")}
          columns={columns}
          rows={items}
          rowKey={(version) => version.id}
          isLoading={isLoading}
          hasMore={hasNextPage}
          isLoadingMore={isFetchingNextPage}
          onMore={() => void fetchNextPage()}
          onOpen={(version) => void navigate({ to: "/data/versions/$id", params: { id: version.id } })}
          empty={<EmptyState icon="data" title={t("data.no_version")} text={t("data.no_version_text")} />}
        />
      )}
    </>
  );
}

const sinceCell = ({ created_at_ms }: { readonly created_at_ms: number }) => <When ms={created_at_ms} />;
