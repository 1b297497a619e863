import { SegmentedControl } from "@mantine/core";
import { useMemo, useState } from "react";
import type { Run } from "../../api/schema.gen.ts";
import type { Format } from "../../i18n/format.ts";
import { useText } from "../../i18n/text.ts";
import { Panel } from "../../ui/panel.tsx";
import { TimeChart } from "../../ui/time-chart.tsx";
import styles from "./train.module.css";

type Figures = Readonly<Record<string, number>>;
type Told = Pick<Run, "id" | "name" | "curves">;

const trainOf = (point: Run["curves"][number]): Figures => point.train;
const validationOf = (point: Run["curves"][number]): Figures => point.validation ?? {};

/** What the curves of these runs measure, the loss first. */
function measuresOf(runs: readonly Told[]): readonly string[] {
  const names = runs.flatMap(({ curves }) =>
    curves.flatMap((point) => Object.keys({ ...validationOf(point), ...trainOf(point) })),
  );
  return [...new Set(["loss", ...names])];
}

/** The newest validation figure of a run: its accuracy where there is one. */
export function lastFigure({ curves }: Told, format: Format): string {
  const last = curves.findLast(({ validation }) => validation !== null);
  if (!last) return "";
  const { accuracy, loss } = validationOf(last);
  return accuracy === undefined ? format.number(loss ?? 0, 4) : format.percent(accuracy);
}

/** Curves of one run (training and validation) or of several (validation, one line each), by epoch. */
export function Curves({ runs }: { readonly runs: readonly Told[] }) {
  const { t, format } = useText();
  const measures = measuresOf(runs);
  const [wanted, want] = useState("loss");
  const measure = measures.includes(wanted) ? wanted : "loss";
  const { xs, series } = useMemo(
    () => linesOf(runs, measure, t("train.training"), t("train.validation")),
    [runs, measure, t],
  );
  const written = useMemo(
    () => (value: number) => (measure === "accuracy" ? format.percent(value) : format.number(value, 3)),
    [measure, format],
  );
  return (
    <Panel
      title={t("train.curves")}
      actions={
        measures.length > 1 && (
          <SegmentedControl
            size="xs"
            aria-label={t("train.measure")}
            data={measures.map((value) => ({ value, label: value.replaceAll("_", " ") }))}
            value={measure}
            onChange={want}
          />
        )
      }
    >
      {xs.length === 0 ? (
        <p className={styles["dim"]}>{t("train.no_curves")}</p>
      ) : (
        <TimeChart
          label={t("train.curves_of", { measure })}
          xs={xs}
          series={series}
          numbers
          xName={t("train.epoch")}
          height={280}
          format={written}
        />
      )}
    </Panel>
  );
}

function linesOf(runs: readonly Told[], measure: string, training: string, validation: string) {
  const xs = [...new Set(runs.flatMap(({ curves }) => curves.map(({ epoch }) => epoch)))].sort((a, b) => a - b);
  const line = ({ curves }: Told, of: (point: Run["curves"][number]) => Figures): (number | null)[] => {
    const byEpoch = new Map(curves.map((point) => [point.epoch, of(point)[measure] ?? null]));
    return xs.map((epoch) => byEpoch.get(epoch) ?? null);
  };
  const [only] = runs;
  if (runs.length === 1 && only) {
    const series = [
      { name: training, values: line(only, trainOf) },
      { name: validation, values: line(only, validationOf) },
    ];
    return { xs, series };
  }
  return { xs, series: runs.map((run) => ({ name: run.name, values: line(run, validationOf) })) };
}
