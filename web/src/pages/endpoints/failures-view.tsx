import { useMemo } from "react";
import type { Answer } from "../../api/client.ts";
import { useGet } from "../../api/queries.ts";
import { type Speech, useText } from "../../i18n/text.ts";
import { Panel } from "../../ui/panel.tsx";
import { type Series, TimeChart } from "../../ui/time-chart.tsx";
import styles from "./endpoints.module.css";

type Failures = Answer<"GET /admin/v1/endpoints/{name}/failures">;

interface FailuresViewProps {
  readonly endpoint: string;
  readonly query: { readonly from_ms: number; readonly to_ms: number; readonly step_ms: number };
  /** Requests of the same time that were answered. */
  readonly answers: number;
}

/** Requests that ended without an answer, by why; and those that were refused before an endpoint was known. */
export function FailuresView({ endpoint, query, answers }: FailuresViewProps) {
  const { t, word, format } = useText();
  const often = { everyMs: 10_000 };
  const { data } = useGet("GET /admin/v1/endpoints/{name}/failures", { params: { name: endpoint }, query }, often);
  const { data: unplaced } = useGet("GET /admin/v1/unplaced-failures", { query }, often);
  const lines = useMemo(() => (data ? linesOf(data, word) : undefined), [data, word]);
  const failed = sumOf(data);
  const label = t("endpoint.failures");
  return (
    <Panel title={label}>
      {lines && failed > 0 ? (
        <>
          <p className={styles["dim"]}>
            {t("endpoint.failures_share", { n: failed, share: format.percent(failed / (failed + answers)) })}
          </p>
          <TimeChart label={label} xs={lines.xs} series={lines.series} height={190} />
        </>
      ) : (
        <p className={styles["dim"]}>{t("endpoint.no_failures")}</p>
      )}
      {unplaced && unplaced.data.length > 0 && (
        <p className={styles["dim"]}>
          {t("endpoint.unplaced", { n: sumOf(unplaced) })} {reasonsOf(unplaced, word, format)}
        </p>
      )}
    </Panel>
  );
}

const sumOf = (failures: Failures | undefined): number =>
  (failures?.data ?? []).reduce((sum, { requests }) => sum + requests, 0);

/** `Wrong key 12, Not subscribed 3`, the most frequent first. */
function reasonsOf(failures: Failures, word: Speech["word"], format: Speech["format"]): string {
  const sums = new Map<string, number>();
  for (const { code, requests } of failures.data) sums.set(code, (sums.get(code) ?? 0) + requests);
  return [...sums]
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, n]) => `${word("failure", code)} ${format.number(n)}`)
    .join(", ");
}

/** A line for each code, zero where there was none. */
function linesOf(failures: Failures, word: Speech["word"]): { xs: readonly number[]; series: readonly Series[] } {
  const xs: number[] = [];
  for (let at = failures.from_ms; at < failures.to_ms; at += failures.step_ms) xs.push(at);
  const codes = [...new Set(failures.data.map(({ code }) => code))];
  const series = codes.map((code) => {
    const rows = new Map(failures.data.flatMap((row) => (row.code === code ? [[row.from_ms, row.requests]] : [])));
    return { name: word("failure", code), values: xs.map((at) => rows.get(at) ?? 0) };
  });
  return { xs, series };
}
