import { useNavigate } from "@tanstack/react-router";
import type { Item } from "../../api/client.ts";
import { useList } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Interval } from "../../ui/interval.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState, ErrorState } from "../../ui/states.tsx";
import { When } from "../../ui/values.tsx";
import { Encoders } from "./encoders.tsx";

type Model = Item<"GET /admin/v1/models">;

/** Every model, newest first, with what it is worth on its frozen test split. */
export function ModelsPage() {
  const { t, format, word } = useText();
  const navigate = useNavigate();
  const list = useList("GET /admin/v1/models", {});
  const columns: readonly Column<Model>[] = [
    { key: "name", title: t("model.name"), room: 1.6, cell: ({ name }) => name },
    { key: "task", title: t("model.task"), room: 1.2, priority: 3, cell: ({ task }) => word("task", task) },
    { key: "test", title: t("model.test"), room: 1.8, cell: (model) => <Quality model={model} /> },
    {
      key: "size",
      title: t("model.size"),
      align: "right",
      priority: 3,
      room: 0.7,
      cell: ({ onnx_bytes }) => format.bytes(onnx_bytes),
    },
    {
      key: "when",
      title: t("model.made"),
      align: "right",
      priority: 2,
      cell: ({ created_at_ms }) => <When ms={created_at_ms} />,
    },
  ];
  return (
    <>
      <PageHeader title={t("nav.models")} text={t("model.text")} />
      {list.error && !list.data ? (
        <ErrorState error={list.error} onRetry={() => void list.refetch()} />
      ) : (
        <DataTable
          label={t("nav.models")}
          columns={columns}
          rows={list.items}
          rowKey={({ id }) => id}
          onOpen={({ id }) => void navigate({ to: "/models/$id", params: { id } })}
          hasMore={list.hasNextPage}
          isLoadingMore={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
          isLoading={list.isLoading}
          empty={<EmptyState icon="models" title={t("model.none")} text={t("model.none_hint")} />}
        />
      )}
      <Encoders />
    </>
  );
}

function Quality({ model: { test } }: { readonly model: Model }) {
  const { format } = useText();
  if (!test) return <>–</>;
  if ("accuracy" in test) return <Interval of={test.accuracy} />;
  const [first] = test.figures;
  return <>{first ? `${first.name} ${format.number(first.estimate.value, 4)}` : "–"}</>;
}
