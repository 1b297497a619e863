import type { Item } from "../api/client.ts";
import { useList } from "../api/queries.ts";
import { type Speech, useText } from "../i18n/text.ts";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { Stack } from "../ui/panel.tsx";
import { EmptyState, ErrorState } from "../ui/states.tsx";
import { When } from "../ui/values.tsx";

type Customer = Item<"GET /partner/v1/customers">;

/** Whom a partner brought. */
export function CustomersPage() {
  const { t } = useText();
  const customers = useList("GET /partner/v1/customers", {});
  if (customers.error) return <ErrorState error={customers.error} onRetry={() => void customers.refetch()} />;
  return (
    <Stack>
      <PageHeader title={t("partner.customers")} />
      <DataTable
        label={t("partner.customers")}
        columns={customerColumns(t)}
        rows={customers.items}
        rowKey={({ id }) => id}
        isLoading={customers.isLoading}
        hasMore={customers.hasNextPage}
        isLoadingMore={customers.isFetchingNextPage}
        onMore={() => void customers.fetchNextPage()}
        empty={<EmptyState icon="channels" title={t("partner.no_customers")} text={t("partner.no_customers_hint")} />}
      />
    </Stack>
  );
}

const customerColumns = (t: Speech["t"]): readonly Column<Customer>[] => [
  { key: "name", title: t("partner.customer"), cell: (customer) => customer.name, room: 2 },
  { key: "since", title: t("partner.since"), cell: (customer) => <When ms={customer.created_at_ms} exact /> },
];
