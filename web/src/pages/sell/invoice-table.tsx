import { useNavigate } from "@tanstack/react-router";
import type { ComponentProps } from "react";
import type { Invoice } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import type { Column } from "../../ui/data-table.tsx";
import { ListTable } from "../../ui/list-table.tsx";
import { EmptyState } from "../../ui/states.tsx";
import { Money, When } from "../../ui/values.tsx";

type List = ComponentProps<typeof ListTable<Invoice>>["list"];

/** Invoices and credit notes, of a customer or of all; a row opens the document. */
export function InvoiceTable({ list }: { readonly list: List }) {
  const { t, word } = useText();
  const navigate = useNavigate();
  const columns: readonly Column<Invoice>[] = [
    { key: "number", title: t("sell.number"), cell: ({ number }) => number },
    { key: "kind", title: t("sell.kind"), cell: ({ object }) => word("kind", object), priority: 2 },
    { key: "total", title: t("sell.total"), cell: ({ total }) => <Money of={total} />, align: "right" },
    { key: "due", title: t("sell.due"), cell: ({ due }) => <Money of={due} />, align: "right", priority: 2 },
    { key: "issued", title: t("sell.issued"), cell: (row) => <When ms={row.issued_at_ms} />, priority: 2 },
  ];
  return (
    <ListTable
      label={t("sell.invoices")}
      list={list}
      columns={columns}
      onOpen={({ id }) => void navigate({ to: "/sell/invoices/$id", params: { id } })}
      empty={<EmptyState icon="sell" title={t("sell.no_invoices")} text={t("sell.no_invoices_hint")} />}
    />
  );
}
