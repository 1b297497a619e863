import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import { useList } from "../../api/queries.ts";
import type { Search } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState, ErrorState } from "../../ui/states.tsx";
import { StateBadge, When } from "../../ui/values.tsx";
import { StartSearch } from "./start-search.tsx";

/** Trainings that look for something before a model is made. */
export function SearchesPage() {
  const { t, format, word } = useText();
  const may = useMay();
  const navigate = useNavigate();
  const [starting, setStarting] = useState(false);
  const list = useList("GET /admin/v1/searches", {}, { everyMs: 3_000 });
  const columns: readonly Column<Search>[] = [
    { key: "kind", title: t("search.kind"), room: 1.5, cell: ({ kind }) => word("kind", kind) },
    { key: "state", title: t("train.state"), cell: ({ state }) => <StateBadge state={state} /> },
    {
      key: "share",
      title: t("search.progress"),
      align: "right",
      priority: 2,
      cell: ({ progress }) => (progress ? format.percent(progress.share, 0) : ""),
    },
    {
      key: "eta",
      title: t("train.eta"),
      align: "right",
      priority: 3,
      cell: ({ progress }) => (progress?.eta_ms ? format.duration(progress.eta_ms) : ""),
    },
    { key: "when", title: t("train.begun"), align: "right", cell: ({ created_at_ms }) => <When ms={created_at_ms} /> },
  ];
  return (
    <>
      <PageHeader title={t("nav.searches")} text={t("search.text")}>
        {may("train", "write") && <Button onClick={() => setStarting(true)}>{t("search.start")}</Button>}
      </PageHeader>
      {list.error && !list.data ? (
        <ErrorState error={list.error} onRetry={() => void list.refetch()} />
      ) : (
        <DataTable
          label={t("nav.searches")}
          columns={columns}
          rows={list.items}
          rowKey={({ id }) => id}
          onOpen={({ id }) => void navigate({ to: "/train/searches/$id", params: { id } })}
          hasMore={list.hasNextPage}
          isLoadingMore={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
          isLoading={list.isLoading}
          empty={<EmptyState icon="search" title={t("search.none")} text={t("search.none_hint")} />}
        />
      )}
      <StartSearch opened={starting} onClose={() => setStarting(false)} />
    </>
  );
}
