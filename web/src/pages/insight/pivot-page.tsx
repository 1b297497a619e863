import { Button, NativeSelect } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { call } from "../../api/client.ts";
import { useGet } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { Chart } from "../../ui/chart.tsx";
import { saveCsv } from "../../ui/csv.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Figure, Figures } from "../../ui/figure.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel, Stack } from "../../ui/panel.tsx";
import { EmptyState, ErrorState, Loading, useErrorText } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { useModelName } from "../endpoints/model-name.tsx";
import {
  type Dimension,
  type Group,
  type Measure,
  dimensions,
  groupsOf,
  heightOf,
  measures,
  pivotCsv,
  placeOf,
  shown,
  sumsOf,
} from "./pivot.ts";
import type { Item } from "./types.ts";
import styles from "./insight.module.css";

const dayMs = 86_400_000;
const spans = {
  month: { days: 31, step: "day" },
  quarter: { days: 92, step: "week" },
  year: { days: 365, step: "month" },
} as const;
type Span = keyof typeof spans;

/** Model version × customer × partner × time: what was earned, spent and passed on, and how good the answers were. */
export function PivotPage() {
  const { t, format } = useText();
  const toast = useToast();
  const errorText = useErrorText();
  const [span, setSpan] = useState<Span>("month");
  const [by, setBy] = useState<Dimension>("model");
  const [beside, setBeside] = useState<Dimension | "">("");
  const [measure, setMeasure] = useState<Measure>("revenue");
  const [today] = useState(() => Math.floor(Date.now() / dayMs + 1) * dayMs);
  const { days, step } = spans[span];
  const range = { from_ms: today - days * dayMs, to_ms: today, step };
  const apart = beside === "" || beside === by ? by : `${by},${beside}`;
  const { data, error, refetch } = useGet("GET /admin/v1/reports/pivot", { query: { ...range, by: apart } });
  const saveAll = useMutation({
    mutationFn: () => call("GET /admin/v1/reports/pivot", { query: range }),
    onSuccess: (whole) => saveCsv(pivotCsv(whole.rows), `millrace-${span}.csv`),
    onError: (failed) => toast(errorText(failed), "bad"),
  });
  const nameOf = useModelName();
  const names = useMemo(
    () => ({ time: format.date, model: nameOf, noModel: t("insight.no_model"), direct: t("insight.direct") }),
    [format, nameOf, t],
  );
  const rows = useMemo(() => data?.rows ?? [], [data]);
  const groups = useMemo(() => groupsOf(rows, by, names), [rows, by, names]);
  const total = useMemo(() => sumsOf(rows), [rows]);
  const select = <T extends string>(
    label: string,
    value: T,
    all: readonly (readonly [T, string])[],
    set: (value: T) => void,
  ) => (
    <NativeSelect
      label={label}
      data={all.map(([of, text]) => ({ value: of, label: text }))}
      value={value}
      onChange={(event) => set(event.currentTarget.value as T)}
    />
  );
  const named = dimensions.map((dimension) => [dimension, t(`insight.${dimension}`)] as const);
  return (
    <>
      <PageHeader title={t("nav.insight")} text={t("insight.text")}>
        <Button
          variant="default"
          disabled={rows.length === 0}
          loading={saveAll.isPending}
          onClick={() => saveAll.mutate()}
        >
          {t("insight.csv")}
        </Button>
      </PageHeader>
      <div className={styles["filters"]}>
        {select(
          t("insight.span"),
          span,
          (Object.keys(spans) as Span[]).map((of) => [of, t(`insight.span_${of}`)] as const),
          setSpan,
        )}
        {select(t("insight.by"), by, named, setBy)}
        {select<Dimension | "">(
          t("insight.beside"),
          beside === by ? "" : beside,
          [["", t("insight.nothing")] as const, ...named.filter(([dimension]) => dimension !== by)],
          setBeside,
        )}
        {select(
          t("insight.measure"),
          measure,
          measures.map((of) => [of, t(`insight.${of}`)] as const),
          setMeasure,
        )}
      </div>
      {!data && (error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />)}
      {data && rows.length === 0 && (
        <EmptyState icon="insight" title={t("insight.none")} text={t("insight.none_hint")} />
      )}
      {data && rows.length > 0 && (
        <Stack>
          <Figures>
            {measures.map((of) => (
              <Figure key={of} label={t(`insight.${of}`)} value={shown(total, of, format)} />
            ))}
          </Figures>
          <Panel title={t("insight.chart", { measure: t(`insight.${measure}`), by: t(`insight.${by}`) })}>
            <PivotChart
              rows={rows}
              groups={groups}
              by={by}
              beside={beside === by ? "" : beside}
              measure={measure}
              names={names}
            />
          </Panel>
          <Table groups={groups} title={t(`insight.${by}`)} />
        </Stack>
      )}
    </>
  );
}

interface ChartProps {
  readonly rows: readonly Item[];
  readonly groups: readonly Group[];
  readonly by: Dimension;
  readonly beside: Dimension | "";
  readonly measure: Measure;
  readonly names: Parameters<typeof placeOf>[2];
}

const barsMax = 30;
const stacksMax = 8;

/** Bars of the rows' dimension, stacked by the second one. Amounts are those of the most used currency. */
function PivotChart({ rows, groups, by, beside, measure, names }: ChartProps) {
  const { t, format } = useText();
  const option = useMemo(() => {
    const bars = by === "time" ? groups.slice(-barsMax) : groups.slice(0, barsMax);
    const currency = currencyOf(rows);
    const stacks = beside === "" ? [] : groupsOf(rows, beside, names).slice(0, stacksMax);
    const height = (of: readonly Item[]): number => heightOf(sumsOf(of), measure, currency);
    const inBar = (bar: Group): Item[] => rows.filter((row) => placeOf(row, by, names).key === bar.key);
    const label = (value: number): string => {
      if (measure === "accuracy") return format.percent(value, 0);
      if (measure === "predictions") return format.compact(value);
      return format.moneyShort({ amount_nanos: `${Math.round(value * 100_000)}0000`, currency });
    };
    const stackOf = { type: "bar" as const, barMaxWidth: 36, ...(measure === "accuracy" ? {} : { stack: "all" }) };
    const series =
      beside === ""
        ? [{ ...stackOf, data: bars.map((bar) => heightOf(bar.sums, measure, currency)) }]
        : stacks.map((stack) => ({
            ...stackOf,
            name: stack.name,
            data: bars.map((bar) => height(inBar(bar).filter((row) => placeOf(row, beside, names).key === stack.key))),
          }));
    return {
      grid: { left: 8, right: 8, top: beside === "" ? 16 : 48, bottom: 8, containLabel: true },
      legend: { show: beside !== "", type: "plain" as const, top: 0 },
      tooltip: {
        trigger: "axis" as const,
        renderMode: "richText" as const,
        valueFormatter: (value: unknown) => label(Number(value)),
      },
      xAxis: { type: "category" as const, data: bars.map(({ name }) => name), axisLabel: { hideOverlap: true } },
      yAxis: { type: "value" as const, axisLabel: { formatter: label } },
      series,
    };
  }, [rows, groups, by, beside, measure, names, format]);
  return (
    <Chart label={t("insight.chart", { measure: t(`insight.${measure}`), by: t(`insight.${by}`) })} option={option} />
  );
}

function currencyOf(rows: readonly Item[]): string {
  const counts = new Map<string, number>();
  for (const { revenue } of rows) counts.set(revenue.currency, (counts.get(revenue.currency) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? "usd";
}

function Table({ groups, title }: { readonly groups: readonly Group[]; readonly title: string }) {
  const { t, format } = useText();
  const columns: readonly Column<Group>[] = [
    { key: "name", title, room: 1.6, cell: ({ name }) => name },
    ...measures.map((measure): Column<Group> => ({
      key: measure,
      title: t(`insight.${measure}`),
      align: "right",
      priority:
        measure === "revenue" || measure === "margin" ? 1 : measure === "accuracy" || measure === "predictions" ? 2 : 3,
      cell: ({ sums }) => shown(sums, measure, format),
    })),
  ];
  return <DataTable label={title} columns={columns} rows={groups} rowKey={({ key }) => key || "none"} />;
}
