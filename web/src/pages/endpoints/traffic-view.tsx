import { SegmentedControl } from "@mantine/core";
import { type ReactNode, useMemo, useState } from "react";
import { useGet } from "../../api/queries.ts";
import type { Traffic } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { Interval } from "../../ui/interval.tsx";
import { Columns, Panel } from "../../ui/panel.tsx";
import { type Series, TimeChart } from "../../ui/time-chart.tsx";
import { useNow } from "../../ui/values.tsx";
import { FailuresView } from "./failures-view.tsx";
import { useModelName } from "./model-name.tsx";
import styles from "./endpoints.module.css";

const minute = 60_000;
const spans = {
  hour: { rangeMs: 60 * minute, stepMs: minute },
  day: { rangeMs: 24 * 60 * minute, stepMs: 15 * minute },
  week: { rangeMs: 7 * 24 * 60 * minute, stepMs: 120 * minute },
  month: { rangeMs: 30 * 24 * 60 * minute, stepMs: 480 * minute },
} as const;
type Span = keyof typeof spans;

interface TrafficViewProps {
  readonly endpoint: string;
  /** What stands beside the quality. */
  readonly children?: ReactNode;
}

/** What each release answered and how fast, by time; and how often it was right, as far as people settled it. */
export function TrafficView({ endpoint, children }: TrafficViewProps) {
  const { t, format } = useText();
  const [span, setSpan] = useState<Span>("day");
  const { rangeMs, stepMs } = spans[span];
  const now = Math.ceil(useNow() / stepMs) * stepMs;
  const query = { from_ms: now - rangeMs, to_ms: now, step_ms: stepMs };
  const { data } = useGet(
    "GET /admin/v1/endpoints/{name}/traffic",
    { params: { name: endpoint }, query },
    { everyMs: 10_000 },
  );
  const nameOf = useModelName();
  const lines = useMemo(() => (data ? linesOf(data, nameOf, t("state.shadow")) : undefined), [data, nameOf, t]);
  const ms = useMemo(() => (value: number) => format.duration(value), [format]);
  const picker = (
    <SegmentedControl
      size="xs"
      aria-label={t("endpoint.span")}
      data={(Object.keys(spans) as Span[]).map((value) => ({ value, label: t(`endpoint.span_${value}`) }))}
      value={span}
      onChange={(value) => setSpan(value)}
    />
  );
  const empty = <p className={styles["dim"]}>{t("endpoint.no_traffic")}</p>;
  const shown = lines && lines.answers.length > 0 ? lines : undefined;
  return (
    <>
      <Columns min={440}>
        <Panel title={t("endpoint.latency")} actions={picker}>
          {shown ? <TimeChart label={t("endpoint.latency")} xs={shown.xs} series={shown.latency} format={ms} /> : empty}
        </Panel>
        <FailuresView endpoint={endpoint} query={query} answers={answeredOf(data)} />
      </Columns>
      <Columns min={440}>
        <Panel title={t("endpoint.answers")}>
          {shown ? (
            <TimeChart label={t("endpoint.answers")} xs={shown.xs} series={shown.answers} height={160} />
          ) : (
            empty
          )}
        </Panel>
        <Panel title={t("endpoint.cut_off")}>
          {shown ? <TimeChart label={t("endpoint.cut_off")} xs={shown.xs} series={shown.cutOff} height={160} /> : empty}
        </Panel>
      </Columns>
      <Columns min={440}>
        <Panel title={t("endpoint.quality")}>
          {data && data.quality.length > 0 ? (
            <ul className={styles["quality"]}>
              {data.quality.map(({ release, model, accuracy, reviewed }) => (
                <li key={release}>
                  <span>
                    {nameOf(model)} <small className={styles["dim"]}>{t("endpoint.reviewed", { n: reviewed })}</small>
                  </span>
                  <Interval of={accuracy} />
                </li>
              ))}
            </ul>
          ) : (
            <p className={styles["dim"]}>{t("endpoint.no_quality")}</p>
          )}
        </Panel>
        {children}
      </Columns>
    </>
  );
}

/** Answers that customers had: shadows answer nobody. */
const answeredOf = (traffic: Traffic | undefined): number =>
  (traffic?.data ?? []).reduce((sum, { answers, shadow }) => sum + (shadow ? 0 : answers), 0);

interface Lines {
  readonly xs: readonly number[];
  readonly latency: readonly Series[];
  readonly answers: readonly Series[];
  readonly cutOff: readonly Series[];
}

/** A line a release: 95th percentile of latency, answers, and what was broken off. */
function linesOf(traffic: Traffic, nameOf: (id: string) => string, shadow: string): Lines {
  const xs: number[] = [];
  for (let at = traffic.from_ms; at < traffic.to_ms; at += traffic.step_ms) xs.push(at);
  const releases = [...new Map(traffic.data.map((row) => [row.release, row])).values()];
  const series = (of: (row: Traffic["data"][number]) => number, otherwise: number | null): readonly Series[] =>
    releases.map((release) => {
      const rows = new Map(
        traffic.data.flatMap((row) => (row.release === release.release ? [[row.from_ms, of(row)]] : [])),
      );
      const name = `${nameOf(release.model)}${release.shadow ? ` (${shadow})` : ""}`;
      return { name, values: xs.map((at) => rows.get(at) ?? otherwise) };
    });
  return {
    xs,
    latency: series(({ latency_ms_p95 }) => latency_ms_p95, null),
    answers: series(({ answers }) => answers, 0),
    cutOff: series(({ cut_off }) => cut_off, 0),
  };
}
