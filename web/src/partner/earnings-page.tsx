import { useGet } from "../api/queries.ts";
import { useText } from "../i18n/text.ts";
import { Figure, Figures } from "../ui/figure.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { Stack } from "../ui/panel.tsx";
import { ErrorState, Loading } from "../ui/states.tsx";
import { StatementView, useRange } from "../ui/statement.tsx";

/** A partner's terms, and what it earned, document by document. */
export function EarningsPage() {
  const { t, word, format } = useText();
  const { query, field } = useRange();
  const terms = useGet("GET /partner/v1/partner", {});
  const statement = useGet("GET /partner/v1/statement", { query });
  const error = terms.error ?? statement.error;
  if (error)
    return <ErrorState error={error} onRetry={() => void Promise.all([terms.refetch(), statement.refetch()])} />;
  if (!terms.data || !statement.data) return <Loading />;
  const { name, channel, commission_basis_points: points } = terms.data;
  return (
    <Stack>
      <PageHeader title={name} />
      <Figures>
        <Figure label={t("partner.share")} value={format.percent(points / 10_000, 2)} />
        <Figure label={t("partner.channel")} value={word("channel", channel)} />
      </Figures>
      <StatementView statement={statement.data} name={name} range={field} />
    </Stack>
  );
}
