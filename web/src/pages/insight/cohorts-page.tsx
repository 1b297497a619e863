import { useMemo } from "react";
import { useGet } from "../../api/queries.ts";
import type { Revenue } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { Chart } from "../../ui/chart.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel, Stack } from "../../ui/panel.tsx";
import { EmptyState, ErrorState, Loading } from "../../ui/states.tsx";
import styles from "./insight.module.css";

/** Customers by the month in which they first paid, and what they paid in each month after; recurring revenue by month. */
export function CohortsPage() {
  const { t } = useText();
  const { data, error, refetch } = useGet("GET /admin/v1/reports/revenue", {});
  return (
    <>
      <PageHeader title={t("nav.cohorts")} text={t("cohort.text")} />
      {!data && (error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />)}
      {data && data.cohorts.length === 0 && (
        <EmptyState icon="insight" title={t("cohort.none")} text={t("cohort.none_hint")} />
      )}
      {data && data.cohorts.length > 0 && (
        <Stack>
          <Panel title={t("cohort.months")}>
            <Months months={data.months} />
          </Panel>
          <Panel title={t("cohort.title")}>
            <Cohorts cohorts={data.cohorts} />
          </Panel>
        </Stack>
      )}
    </>
  );
}

const parts = ["usage", "fees", "services"] as const;

function Months({ months }: { readonly months: Revenue["months"] }) {
  const { t, format } = useText();
  const currency = months.at(-1)?.currency ?? "usd";
  const option = useMemo(() => {
    const shown = months.filter((month) => month.currency === currency).slice(-24);
    const units = (nanos: string): number => Number(BigInt(nanos) / 10_000n) / 100_000;
    const label = (value: number): string =>
      format.moneyShort({ amount_nanos: `${Math.round(value * 100_000)}0000`, currency });
    return {
      grid: { left: 8, right: 8, top: 40, bottom: 8, containLabel: true },
      legend: { top: 0 },
      tooltip: {
        trigger: "axis" as const,
        renderMode: "richText" as const,
        valueFormatter: (value: unknown) => label(Number(value)),
      },
      xAxis: { type: "category" as const, data: shown.map(({ month }) => month) },
      yAxis: { type: "value" as const, axisLabel: { formatter: label } },
      series: parts.map((part) => ({
        name: t(`cohort.${part}`),
        type: "bar" as const,
        stack: "all",
        barMaxWidth: 36,
        data: shown.map((month) => units(month[part].amount_nanos)),
      })),
    };
  }, [months, currency, format, t]);
  return <Chart label={t("cohort.months")} option={option} height={240} />;
}

function Cohorts({ cohorts }: { readonly cohorts: Revenue["cohorts"] }) {
  const { t, format } = useText();
  const most = Math.max(...cohorts.map(({ revenue }) => revenue.length));
  return (
    <div className={styles["scroll"]} tabIndex={0} role="region" aria-label={t("cohort.title")}>
      <table className={styles["cohorts"]}>
        <thead>
          <tr>
            <th scope="col">{t("cohort.month")}</th>
            <th scope="col">{t("cohort.customers")}</th>
            {Array.from({ length: most }, (_, i) => (
              <th key={i} scope="col">
                {t("cohort.after", { n: i })}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cohorts.map(({ month, currency, customers, revenue }) => {
            const first = BigInt(revenue[0]?.amount_nanos ?? "0");
            return (
              <tr key={`${month} ${currency}`}>
                <th scope="row">{month}</th>
                <td>{format.number(customers)}</td>
                {Array.from({ length: most }, (_, i) => {
                  const amount = revenue[i];
                  if (!amount) return <td key={i}>–</td>;
                  const share = first === 0n ? 0 : Number((BigInt(amount.amount_nanos) * 5n) / first);
                  return (
                    <td key={i} data-strength={Math.max(0, Math.min(5, share))}>
                      {format.moneyShort(amount)}
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
