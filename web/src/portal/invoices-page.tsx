import { Anchor } from "@mantine/core";
import { type Item, addressOf } from "../api/client.ts";
import { useList } from "../api/queries.ts";
import { type Speech, useText } from "../i18n/text.ts";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { Stack } from "../ui/panel.tsx";
import { EmptyState, ErrorState } from "../ui/states.tsx";
import { Money, When } from "../ui/values.tsx";

type Invoice = Item<"GET /portal/v1/invoices">;

/** Invoices and credit notes, each as a document in the language that is spoken. */
export function InvoicesPage() {
  const { t, language } = useText();
  const invoices = useList("GET /portal/v1/invoices", {});
  if (invoices.error) return <ErrorState error={invoices.error} onRetry={() => void invoices.refetch()} />;
  const document = ({ id }: Invoice): string =>
    addressOf("GET /portal/v1/invoices/{id}/document", { params: { id }, query: { format: "pdf", language } });
  return (
    <Stack>
      <PageHeader title={t("portal.invoices")} />
      <DataTable
        label={t("portal.invoices")}
        columns={invoiceColumns(t, document)}
        rows={invoices.items}
        rowKey={({ id }) => id}
        isLoading={invoices.isLoading}
        hasMore={invoices.hasNextPage}
        isLoadingMore={invoices.isFetchingNextPage}
        onMore={() => void invoices.fetchNextPage()}
        empty={<EmptyState icon="sell" title={t("portal.no_invoices")} text={t("portal.no_invoices_hint")} />}
      />
    </Stack>
  );
}

const invoiceColumns = (t: Speech["t"], document: (invoice: Invoice) => string): readonly Column<Invoice>[] => [
  { key: "number", title: t("portal.number"), cell: (invoice) => invoice.number },
  {
    key: "issued",
    title: t("portal.issued"),
    cell: (invoice) => <When ms={invoice.issued_at_ms} exact />,
    priority: 2,
  },
  { key: "total", title: t("portal.total"), cell: (invoice) => <Money of={invoice.total} />, align: "right" },
  {
    key: "document",
    title: t("portal.column_document"),
    cell: (invoice) => (
      <Anchor href={document(invoice)} target="_blank" rel="noreferrer">
        {t("portal.document")}
      </Anchor>
    ),
  },
];
