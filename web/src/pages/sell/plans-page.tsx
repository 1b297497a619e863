import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMemo } from "react";
import { useMay } from "../../api/auth.ts";
import { useGet } from "../../api/queries.ts";
import { useRows } from "../../api/rows.ts";
import type { Plan } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import type { Column } from "../../ui/data-table.tsx";
import { ListTable } from "../../ui/list-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState } from "../../ui/states.tsx";
import { When } from "../../ui/values.tsx";
import { NewPlan } from "./new-plan.tsx";

/** How products are priced. */
export function PlansPage() {
  const { t, word, format } = useText();
  const may = useMay();
  const list = useRows("GET /admin/v1/plans", {});
  const products = useGet("GET /admin/v1/products", { query: { limit: 100 } });
  const names = useMemo(() => new Map(products.data?.data.map(({ id, name }) => [id, name])), [products.data]);
  const [opened, { open, close }] = useDisclosure(false);
  const columns: readonly Column<Plan>[] = [
    { key: "name", title: t("field.name"), cell: ({ name }) => name },
    { key: "product", title: t("sell.product"), cell: ({ product }) => names.get(product) ?? product },
    { key: "currency", title: t("sell.currency"), cell: ({ currency }) => currency.toUpperCase(), priority: 3 },
    {
      key: "cycle",
      title: t("sell.cycle"),
      cell: ({ cycle }) => `${format.number(cycle.every)} × ${word("unit", cycle.unit)}`,
      priority: 2,
    },
    {
      key: "offered",
      title: t("sell.offered"),
      cell: ({ offered }) => t(offered ? "answer.yes" : "answer.no"),
      priority: 2,
    },
    { key: "created", title: t("field.created"), cell: (row) => <When ms={row.created_at_ms} />, priority: 3 },
  ];
  return (
    <>
      <PageHeader title={t("sell.plans")} text={t("sell.plans_text")}>
        {may("sell", "write") && <Button onClick={open}>{t("sell.new_plan")}</Button>}
      </PageHeader>
      <ListTable
        label={t("sell.plans")}
        list={list}
        columns={columns}
        empty={<EmptyState icon="sell" title={t("sell.no_plans")} text={t("sell.no_plans_hint")} />}
      />
      {opened && <NewPlan products={products.data?.data ?? []} onClose={close} />}
    </>
  );
}
