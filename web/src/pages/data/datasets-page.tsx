import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import type { Item } from "../../api/client.ts";
import { useList, usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState, ErrorState } from "../../ui/states.tsx";
import { When } from "../../ui/values.tsx";

type Dataset = Item<"GET /admin/v1/datasets">;
const kinds = ["text", "table", "image", "text-pairs", "text-spans"] as const;

export function DatasetsPage() {
  const { t, word, format } = useText();
  const may = useMay();
  const navigate = useNavigate();
  const { items, error, isLoading, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useList(
    "GET /admin/v1/datasets",
    {},
  );
  const columns: readonly Column<Dataset>[] = [
    { key: "name", title: t("data.name"), room: 3, cell: ({ name }) => name },
    { key: "kind", title: t("data.kind"), cell: ({ kind }) => word("kind", kind) },
    { key: "versions", title: t("data.versions"), align: "right", cell: ({ versions }) => format.number(versions) },
    { key: "when", title: t("data.created"), priority: 2, cell: sinceCell },
  ];
  const create = may("data", "write") ? (
    <>
      <Button onClick={() => void navigate({ to: "/data/import" })}>{t("import.title")}</Button>
      <NewDataset />
    </>
  ) : null;
  return (
    <>
      <PageHeader title={t("nav.data")} text={t("data.text")}>
        {create}
      </PageHeader>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <DataTable
          label={t("data.datasets")}
          columns={columns}
          rows={items}
          rowKey={({ id }) => id}
          isLoading={isLoading}
          hasMore={hasNextPage}
          isLoadingMore={isFetchingNextPage}
          onMore={() => void fetchNextPage()}
          onOpen={({ id }) => void navigate({ to: "/data/$id", params: { id } })}
          empty={<EmptyState icon="data" title={t("data.none")} text={t("data.none_text")} />}
        />
      )}
    </>
  );
}

function NewDataset() {
  const { t, word } = useText();
  const navigate = useNavigate();
  const [opened, { open, close }] = useDisclosure(false);
  const [name, setName] = useState("");
  const [kind, setKind] = useState<(typeof kinds)[number]>("text");
  const create = usePost("POST /admin/v1/datasets", {
    touches: ["GET /admin/v1/datasets"],
    onDone: ({ id }) => {
      close();
      void navigate({ to: "/data/$id", params: { id } });
    },
  });
  return (
    <>
      <Button variant="default" onClick={open}>
        {t("data.new")}
      </Button>
      <FormDialog
        title={t("data.new")}
        opened={opened}
        onClose={close}
        submit={t("data.create")}
        work={create}
        onSubmit={() => create.mutate({ body: { name, kind } })}
      >
        <TextInput
          label={t("data.name")}
          description={t("data.name_hint")}
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <NativeSelect
          label={t("data.kind")}
          data={kinds.map((value) => ({ value, label: word("kind", value) }))}
          value={kind}
          onChange={(event) => setKind(kinds.find((each) => each === event.currentTarget.value) ?? "text")}
        />
      </FormDialog>
    </>
  );
}

const sinceCell = ({ created_at_ms }: { readonly created_at_ms: number }) => <When ms={created_at_ms} />;
