import { useMemo } from "react";
import type { Answer } from "../../api/client.ts";
import { useGet } from "../../api/queries.ts";
import type { Endpoint } from "../../api/schema.gen.ts";
import { type Speech, useText } from "../../i18n/text.ts";
import { Panel } from "../../ui/panel.tsx";
import { type Series, TimeChart } from "../../ui/time-chart.tsx";
import { useModelName } from "./model-name.tsx";
import styles from "./endpoints.module.css";

type Experiment = Answer<"GET /admin/v1/endpoints/{name}/experiments">["data"][number];

/** What live feedback says of each challenger; nothing where there is none. */
export function Experiments({ endpoint }: { readonly endpoint: Endpoint }) {
  const input = { params: { name: endpoint.name } };
  const enabled = endpoint.challengers.length > 0;
  const { data } = useGet("GET /admin/v1/endpoints/{name}/experiments", input, { enabled, everyMs: 30_000 });
  if (!enabled || !data) return null;
  return data.data.map((experiment) => <OneExperiment key={experiment.challenger.model} of={experiment} />);
}

function OneExperiment({ of }: { readonly of: Experiment }) {
  const { t, format } = useText();
  const nameOf = useModelName();
  const chart = useMemo(() => chartOf(of, t), [of, t]);
  const points = useMemo(() => (value: number) => format.number(value, 1), [format]);
  const isKnown = of.champion.labels > 0 && of.challenger.labels > 0;
  return (
    <Panel title={t("endpoint.experiment")}>
      <p>
        <strong>{isKnown ? sentenceOf(of, t, points) : t("endpoint.experiment_none")}</strong>
      </p>
      <ul className={styles["quality"]}>
        {[of.champion, of.challenger].map(({ model, right, labels }) => (
          <li key={model}>{t("endpoint.experiment_counts", { model: nameOf(model), right, labels })}</li>
        ))}
      </ul>
      {isKnown && <TimeChart label={t("endpoint.experiment")} {...chart} height={190} format={points} mark={0} />}
      <p className={styles["dim"]}>{t("endpoint.experiment_bias")}</p>
      {of.cut && <p className={styles["dim"]}>{t("endpoint.experiment_cut")}</p>}
    </Panel>
  );
}

function sentenceOf({ verdict, difference }: Experiment, t: Speech["t"], points: (value: number) => string): string {
  const [low, high] = [points(100 * difference.low), points(100 * difference.high)];
  if (verdict === "challenger_better") return t("endpoint.experiment_better", { points: low });
  if (verdict === "challenger_worse") return t("endpoint.experiment_worse", { points: points(-100 * difference.high) });
  return t("endpoint.experiment_not_proven", { low, high });
}

/** In points of a hundred, over time. */
function chartOf({ points }: Experiment, t: Speech["t"]): { xs: readonly number[]; series: readonly Series[] } {
  const values = (of: (point: Experiment["points"][number]) => number): number[] => points.map((p) => 100 * of(p));
  return {
    xs: points.map(({ at_ms }) => at_ms),
    series: [
      { name: t("endpoint.experiment_difference"), values: values(({ value }) => value) },
      { name: t("endpoint.experiment_upper"), values: values(({ high }) => high), edge: "upper" },
      { name: t("endpoint.experiment_lower"), values: values(({ low }) => low), edge: "lower" },
    ],
  };
}
