import type { Answer } from "../api/client.ts";
import { useGet } from "../api/queries.ts";
import { type Speech, useText } from "../i18n/text.ts";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { Figure, Figures } from "../ui/figure.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { Stack } from "../ui/panel.tsx";
import { EmptyState, ErrorState, Loading } from "../ui/states.tsx";
import { Money, When } from "../ui/values.tsx";

type Line = Answer<"GET /partner/v1/statement">["lines"][number];

/** What a partner earned, document by document. */
export function EarningsPage() {
  const { t, word, format } = useText();
  const terms = useGet("GET /partner/v1/partner", {});
  const statement = useGet("GET /partner/v1/statement", {});
  const error = terms.error ?? statement.error;
  if (error)
    return <ErrorState error={error} onRetry={() => void Promise.all([terms.refetch(), statement.refetch()])} />;
  if (!terms.data || !statement.data) return <Loading />;
  return (
    <Stack>
      <PageHeader title={terms.data.name} />
      <Figures>
        <Figure label={t("partner.share")} value={format.percent(terms.data.commission_basis_points / 10_000, 2)} />
        <Figure label={t("partner.channel")} value={word("channel", terms.data.channel)} />
        {statement.data.totals.map(({ amount }) => (
          <Figure key={amount.currency} label={t("partner.earned")} value={<Money of={amount} />} />
        ))}
      </Figures>
      <DataTable
        label={t("partner.overview")}
        columns={lineColumns(t)}
        rows={statement.data.lines.toReversed()}
        rowKey={({ id }) => id}
        empty={<EmptyState icon="channels" title={t("partner.nothing")} text={t("partner.nothing_hint")} />}
      />
    </Stack>
  );
}

const lineColumns = (t: Speech["t"]): readonly Column<Line>[] => [
  { key: "document", title: t("partner.document"), cell: (line) => line.title },
  { key: "customer", title: t("partner.customer"), cell: (line) => line.customer_name, room: 2, priority: 2 },
  { key: "when", title: t("partner.when"), cell: (line) => <When ms={line.earned_at_ms} exact />, priority: 3 },
  { key: "base", title: t("partner.base"), cell: (line) => <Money of={line.base} />, align: "right", priority: 2 },
  { key: "amount", title: t("partner.commission"), cell: (line) => <Money of={line.amount} />, align: "right" },
];
