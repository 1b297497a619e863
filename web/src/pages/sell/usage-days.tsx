import { useMemo } from "react";
import type { Answer } from "../../api/client.ts";
import { useText } from "../../i18n/text.ts";
import { Figure, Figures } from "../../ui/figure.tsx";
import { Stack } from "../../ui/panel.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { TimeChart } from "../../ui/time-chart.tsx";
import { Money } from "../../ui/values.tsx";
import { seriesOf } from "./usage-filter.ts";

type Day = Answer<"GET /admin/v1/usage-days">["data"][number];

interface DaysProps {
  readonly of: {
    readonly data: Answer<"GET /admin/v1/usage-days"> | undefined;
    readonly error: unknown;
    readonly refetch: () => unknown;
  };
  readonly time: { readonly fromMs: number; readonly toMs: number };
  readonly unit: string | undefined;
}

/** Totals, and a line over the days for each currency. */
export function UsageDays({ of: { data, error, refetch }, time, unit }: DaysProps) {
  const { t, word, format } = useText();
  const { xs, series } = useMemo(() => {
    const rows = (data?.data ?? []).map((day) => ({ ...day, value: Number(day.amount.amount_nanos) / 1e9 }));
    return seriesOf(rows, time);
  }, [data, time]);
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  const total = (count: (day: Day) => number): number => data.data.reduce((sum, day) => sum + count(day), 0);
  return (
    <Stack>
      <Figures>
        <Figure label={t("usage.events")} value={format.number(total(({ events }) => events))} />
        <Figure
          label={unit ? word("unit", unit) : t("usage.answers")}
          value={format.number(total(({ units }) => units))}
        />
        {sumsOf(data.data).map((amount) => (
          <Figure key={amount.currency} label={t("usage.charged")} value={<Money of={amount} short />} />
        ))}
      </Figures>
      {series.length > 0 && (
        <TimeChart
          label={t("usage.days")}
          xs={xs}
          series={series.map(({ name, values }) => ({ name: name.toUpperCase(), values }))}
        />
      )}
    </Stack>
  );
}

/** Exact sums, each currency apart. */
function sumsOf(days: readonly Day[]): Day["amount"][] {
  const sums = new Map<Day["currency"], bigint>();
  for (const { currency, amount } of days) sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(amount.amount_nanos));
  return [...sums].map(([currency, nanos]) => ({ currency, amount_nanos: nanos.toString() }));
}
