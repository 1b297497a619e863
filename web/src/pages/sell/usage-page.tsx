import { Button, Drawer } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { type Item, addressOf } from "../../api/client.ts";
import { useGet } from "../../api/queries.ts";
import { useRows } from "../../api/rows.ts";
import type { UsageSearch } from "../../app/routes/sell.ts";
import { useText } from "../../i18n/text.ts";
import type { Column } from "../../ui/data-table.tsx";
import { ListTable } from "../../ui/list-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel, Stack } from "../../ui/panel.tsx";
import { EmptyState } from "../../ui/states.tsx";
import { Money, When, useNow } from "../../ui/values.tsx";
import { UsageDays } from "./usage-days.tsx";
import { UsageExplained } from "./usage-explained.tsx";
import { spanOf, timeOf } from "./usage-filter.ts";
import { UsageFilters, useNames } from "./usage-filters.tsx";

type Event = Item<"GET /admin/v1/usage-events">;
const units = [
  "requests",
  "predictions",
  "input_tokens",
  "cached_input_tokens",
  "output_tokens",
  "seconds",
  "images",
  "characters",
  "rows",
] as const;

/** What was used: by whom, of what, when, what it cost, and why it cost that. */
export function UsagePage() {
  const { t, word, format } = useText();
  const navigate = useNavigate();
  const wanted = useSearch({ from: "/team/sell/usage" });
  const today = Math.floor(useNow() / 86_400_000);
  const time = useMemo(() => timeOf(spanOf(wanted), today * 86_400_000), [wanted, today]);
  const names = useNames();
  const [open, setOpen] = useState<Event>();
  const unit = units.find((each) => each === wanted.unit);
  const { customer, key, product, model } = wanted;
  const query = { from_ms: time.fromMs, to_ms: time.toMs, customer, key, product, model, unit };
  const list = useRows("GET /admin/v1/usage-events", { query });
  const days = useGet("GET /admin/v1/usage-days", { query });
  const change = (next: UsageSearch): void => {
    const all = Object.entries({ ...wanted, ...next }).filter(([, value]) => value);
    void navigate({ to: "/sell/usage", search: Object.fromEntries(all), replace: true });
  };
  const counted = ({ quantities }: Event): string =>
    units
      .flatMap((each) => (quantities[each] ? `${format.number(quantities[each])} ${word("unit", each)}` : []))
      .join(", ");
  const columns: readonly Column<Event>[] = [
    { key: "when", title: t("usage.when"), room: 1.4, cell: ({ at_ms }) => <When ms={at_ms} /> },
    { key: "customer", title: t("usage.customer"), room: 2, cell: (event) => names(event.customer) },
    { key: "product", title: t("sell.product"), room: 2, priority: 2, cell: (event) => names(event.product) },
    { key: "counted", title: t("usage.counted"), room: 2, priority: 2, cell: counted },
    {
      key: "model",
      title: t("usage.model"),
      room: 2,
      priority: 3,
      cell: (event) => (event.model ? names(event.model) : "–"),
    },
    { key: "amount", title: t("usage.amount"), align: "right", cell: ({ amount }) => <Money of={amount} /> },
  ];
  return (
    <>
      <PageHeader title={t("usage.title")} text={t("usage.text")}>
        <Button
          component="a"
          variant="default"
          href={addressOf("GET /admin/v1/usage-events/export", { query })}
          download
        >
          {t("usage.csv")}
        </Button>
      </PageHeader>
      <Stack>
        <UsageFilters wanted={wanted} units={units} onChange={change} />
        <Panel title={t("usage.days")}>
          <UsageDays of={days} time={time} unit={unit} />
        </Panel>
        <ListTable
          label={t("usage.title")}
          list={list}
          columns={columns}
          onOpen={setOpen}
          empty={<EmptyState icon="sell" title={t("usage.none")} text={t("usage.none_text")} />}
        />
      </Stack>
      <Drawer
        opened={open !== undefined}
        onClose={() => setOpen(undefined)}
        position="right"
        size="lg"
        title={t("usage.explained")}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        {open && <UsageExplained id={open.id} names={names} />}
      </Drawer>
    </>
  );
}
