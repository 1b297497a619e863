import { Button, NativeSelect } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import { useGet, usePost } from "../../api/queries.ts";
import { useRows } from "../../api/rows.ts";
import type { Product } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import type { Column } from "../../ui/data-table.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { NameField } from "../../ui/name-field.tsx";
import { ListTable } from "../../ui/list-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState } from "../../ui/states.tsx";
import { When } from "../../ui/values.tsx";

/** What is sold: a product is access to an endpoint. A row opens its public page. */
export function ProductsPage() {
  const { t } = useText();
  const may = useMay();
  const navigate = useNavigate();
  const list = useRows("GET /admin/v1/products", {});
  const [opened, { open, close }] = useDisclosure(false);
  const columns: readonly Column<Product>[] = [
    { key: "name", title: t("field.name"), cell: ({ name }) => name, room: 2 },
    { key: "endpoint", title: t("sell.endpoint"), cell: ({ endpoint }) => <code>{endpoint}</code> },
    { key: "created", title: t("field.created"), cell: (row) => <When ms={row.created_at_ms} />, priority: 2 },
  ];
  return (
    <>
      <PageHeader title={t("sell.products")} text={t("sell.products_text")}>
        {may("sell", "write") && <Button onClick={open}>{t("sell.new_product")}</Button>}
      </PageHeader>
      <ListTable
        label={t("sell.products")}
        list={list}
        columns={columns}
        onOpen={({ id }) => void navigate({ to: "/sell/products/$id", params: { id } })}
        empty={<EmptyState icon="sell" title={t("sell.no_products")} text={t("sell.no_products_hint")} />}
      />
      {opened && <NewProduct onClose={close} />}
    </>
  );
}

function NewProduct({ onClose }: { readonly onClose: () => void }) {
  const { t } = useText();
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState("");
  const endpoints = useGet("GET /admin/v1/endpoints", { query: { limit: 100 } });
  const names = (endpoints.data?.data ?? []).map((endpoint) => endpoint.name);
  const endpoint = chosen || names[0] || "";
  const create = usePost("POST /admin/v1/products", { touches: ["GET /admin/v1/products"], onDone: onClose });
  return (
    <FormDialog
      title={t("sell.new_product")}
      onClose={onClose}
      onSubmit={() => create.mutate({ body: { name, endpoint } })}
      work={create}
    >
      <NameField value={name} onChange={setName} />
      <NativeSelect
        label={t("sell.endpoint")}
        description={t("sell.endpoint_hint")}
        data={names}
        value={endpoint}
        onChange={(event) => setChosen(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
