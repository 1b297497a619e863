import { useGet } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { Facts } from "../../ui/facts.tsx";
import { Panel, Stack } from "../../ui/panel.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { Money, When } from "../../ui/values.tsx";

interface ExplainedProps {
  readonly id: string;
  readonly names: (id: string) => string;
}

/** Why an event cost what it cost: each unit at its place in the period. */
export function UsageExplained({ id, names }: ExplainedProps) {
  const { t, word, format, language } = useText();
  const { data, error, refetch } = useGet("GET /admin/v1/usage-events/{id}/explain", {
    params: { id },
    query: { language },
  });
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  const { event, units, is_exact } = data;
  return (
    <Stack>
      <Facts
        rows={[
          [t("usage.amount"), <Money key="amount" of={event.amount} />],
          [t("usage.when"), <time key="when">{format.dateTime(event.at_ms)}</time>],
          [t("usage.customer"), names(event.customer)],
          [t("sell.product"), names(event.product)],
          [t("usage.model"), event.model ? names(event.model) : "–"],
          [t("usage.end_user"), event.end_user ?? "–"],
          [
            t("usage.period"),
            <span key="period">
              <When ms={data.period_start_ms} exact /> – <When ms={data.period_end_ms} exact />
            </span>,
          ],
          [t("usage.prediction"), <code key="prediction">{event.prediction}</code>],
          [t("usage.entry"), event.entry ? <code key="entry">{event.entry}</code> : t("usage.no_entry")],
        ]}
      />
      {units.map(({ unit, count, before, steps, amount }) => (
        <Panel key={unit} title={`${format.number(count)} ${word("unit", unit)}`}>
          <Facts
            rows={[
              [t("usage.before"), before === null ? t("usage.too_many") : format.number(before)],
              [t("usage.costs"), amount ? <Money key="costs" of={amount} /> : "–"],
              ...steps.map((step) => [t("usage.up_to_here"), step] as const),
            ]}
          />
        </Panel>
      ))}
      {!is_exact && <p>{t("usage.not_exact")}</p>}
    </Stack>
  );
}
