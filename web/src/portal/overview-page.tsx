import { lazy } from "react";
import { useGet } from "../api/queries.ts";
import { type Speech, useText } from "../i18n/text.ts";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { Figure, Figures } from "../ui/figure.tsx";
import { Grants } from "../ui/grants.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { Panel, Stack } from "../ui/panel.tsx";
import { EmptyState, ErrorState, Loading } from "../ui/states.tsx";
import { Money, Quantity, StateBadge, When } from "../ui/values.tsx";
import type { Answer } from "../api/client.ts";

const TimeChart = lazy(async () => ({ default: (await import("../ui/time-chart.tsx")).TimeChart }));

type Period = Answer<"GET /portal/v1/usage">["periods"][number];
type Failure = Answer<"GET /portal/v1/failures">["data"][number];

/** What may be spent, what was used. */
export function OverviewPage() {
  const { t } = useText();
  const balance = useGet("GET /portal/v1/balance", {});
  const usage = useGet("GET /portal/v1/usage", {});
  const credits = useGet("GET /portal/v1/credits", {});
  const error = balance.error ?? usage.error;
  if (error) return <ErrorState error={error} onRetry={() => void Promise.all([balance.refetch(), usage.refetch()])} />;
  if (!balance.data || !usage.data) return <Loading />;
  const { days, periods } = usage.data;
  const grants = credits.data?.data.filter(({ remaining }) => remaining.amount_nanos !== "0") ?? [];
  const { kept } = balance.data;
  return (
    <Stack>
      <PageHeader title={t("portal.overview")} />
      <Figures>
        <Figure label={t("portal.available")} value={<Money of={balance.data.available} />} />
        <Figure label={t("portal.balance")} value={<Money of={balance.data.balance} />} />
        {kept.amount_nanos !== "0" && <Figure label={t("portal.kept")} value={<Money of={kept} />} />}
        <Figure label={t("portal.held")} value={<Money of={balance.data.held} />} />
        <Figure label={t("portal.due")} value={<Money of={balance.data.due} />} to="/portal/invoices" />
      </Figures>
      {grants.length > 0 && (
        <Panel title={t("portal.credits")}>
          <Grants grants={grants} />
        </Panel>
      )}
      {days.length > 0 && (
        <Panel title={t("portal.usage_by_day")}>
          <TimeChart
            label={t("portal.usage_by_day")}
            xs={days.map(({ day }) => Date.parse(day))}
            series={[{ name: t("portal.answers"), values: days.map(({ units }) => units) }]}
          />
        </Panel>
      )}
      <Panel title={t("portal.periods")}>
        <Periods periods={periods} />
      </Panel>
      <Failures />
    </Stack>
  );
}

function Periods({ periods }: { readonly periods: readonly Period[] }) {
  const { t } = useText();
  return (
    <DataTable
      label={t("portal.periods")}
      columns={periodColumns(t)}
      rows={periods}
      rowKey={(row) => `${row.subscription} ${row.start_ms}`}
      empty={<EmptyState icon="endpoints" title={t("portal.no_usage")} text={t("portal.no_usage_hint")} />}
    />
  );
}

/** What the customer's own requests failed for; nothing where none did. */
function Failures() {
  const { t, word } = useText();
  const { data } = useGet("GET /portal/v1/failures", {});
  if (!data || data.data.length === 0) return null;
  return (
    <Panel title={t("portal.failures")}>
      <p>{t("portal.failures_hint")}</p>
      <DataTable
        label={t("portal.failures")}
        columns={failureColumns(t, word)}
        rows={data.data}
        rowKey={({ endpoint, code }) => `${endpoint} ${code}`}
      />
    </Panel>
  );
}

const failureColumns = (t: Speech["t"], word: Speech["word"]): readonly Column<Failure>[] => [
  { key: "code", title: t("portal.failure_reason"), cell: ({ code }) => word("failure", code) },
  {
    key: "endpoint",
    title: t("portal.failure_endpoint"),
    cell: ({ endpoint }) => endpoint ?? t("portal.failure_unplaced"),
    priority: 2,
  },
  {
    key: "requests",
    title: t("portal.failure_requests"),
    cell: ({ requests }) => <Quantity value={requests} />,
    align: "right",
  },
  { key: "last", title: t("portal.failure_last"), cell: (row) => <When ms={row.last_at_ms} />, align: "right" },
];

const periodColumns = (t: Speech["t"]): readonly Column<Period>[] => [
  { key: "period", title: t("portal.period"), cell: (row) => <When ms={row.start_ms} exact /> },
  { key: "state", title: t("portal.state"), cell: (row) => <StateBadge state={row.state} />, priority: 2 },
  { key: "units", title: t("portal.answers"), cell: (row) => <Quantity value={row.units} />, align: "right" },
  { key: "amount", title: t("portal.amount"), cell: (row) => <Money of={row.amount} />, align: "right" },
];
