import { Checkbox } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Item } from "../../api/client.ts";
import { useList } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { EmptyState, ErrorState } from "../../ui/states.tsx";
import type { Version } from "./version-page.tsx";
import styles from "./data.module.css";

type Group = Item<"GET /admin/v1/dataset-versions/{id}/near-duplicates">;

/** Groups of texts that are nearly the same; a row opens its members. */
export function NearDuplicates({ version }: { readonly version: Version }) {
  const { t, format } = useText();
  const navigate = useNavigate();
  const [mixed, setMixed] = useState(false);
  const { items, error, isLoading, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useList(
    "GET /admin/v1/dataset-versions/{id}/near-duplicates",
    { params: { id: version.id }, query: { mixed: mixed ? "true" : undefined } },
  );
  const columns: readonly Column<Group>[] = [
    { key: "input", title: t("data.input"), room: 5, cell: ({ input }) => input },
    { key: "examples", title: t("data.examples"), align: "right", cell: (each) => format.number(each.examples) },
    { key: "labels", title: t("data.labels"), align: "right", cell: ({ labels }) => format.number(labels) },
  ];
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <div className={styles["one"]}>
      <p className={styles["dim"]}>{t("data.near_text")}</p>
      <Checkbox
        label={t("data.mixed_only")}
        checked={mixed}
        onChange={(event) => setMixed(event.currentTarget.checked)}
      />
      <DataTable
        label={t("data.near")}
        columns={columns}
        rows={items}
        rowKey={({ group }) => group}
        isLoading={isLoading}
        hasMore={hasNextPage}
        isLoadingMore={isFetchingNextPage}
        onMore={() => void fetchNextPage()}
        onOpen={({ group }) =>
          void navigate({ to: "/data/versions/$id", params: { id: version.id }, search: { group } })
        }
        empty={<EmptyState icon="check" title={t("data.no_near")} />}
      />
    </div>
  );
}
