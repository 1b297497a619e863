import { Link } from "@tanstack/react-router";
import type { Evaluation } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { Interval } from "../../ui/interval.tsx";
import { Columns, Panel } from "../../ui/panel.tsx";
import { Calibration } from "./calibration.tsx";
import { Confusion } from "./confusion.tsx";
import { type Baseline, type Estimate, baselinesOf, classifierMetrics, figureMetrics, slicesOf } from "./evaluation.ts";
import styles from "./models.module.css";

interface EvaluationProps {
  readonly model: string;
  readonly evaluation: Evaluation;
}

/** Figures with intervals beside the baselines', the confusion, the calibration, the slices. */
export function EvaluationView({ model, evaluation }: EvaluationProps) {
  const { t } = useText();
  const metrics = classifierMetrics(evaluation);
  if (!metrics) return <OtherFigures evaluation={evaluation} />;
  const figures: readonly (readonly [string, Estimate, boolean])[] = [
    [t("metric.accuracy"), metrics.accuracy, true],
    [t("metric.macro_f1"), metrics.macroF1, true],
    ...(metrics.areaUnderCurve ? [[t("metric.area"), metrics.areaUnderCurve, true] as const] : []),
    [t("metric.calibration_error"), metrics.calibrationError, true],
    [t("metric.cross_entropy"), metrics.crossEntropy, false],
  ];
  return (
    <>
      <Columns min={440}>
        <Panel title={t("model.figures", { n: metrics.examples })}>
          <Rows
            rows={[
              ...figures.map(([name, of, percent]) => ({ name, of, percent })),
              ...baselinesOf(evaluation).flatMap(({ name, accuracy }) =>
                accuracy ? [{ name: t("model.baseline", { name }), of: accuracy, percent: true }] : [],
              ),
            ]}
          />
        </Panel>
        <Panel
          title={t("model.confusion")}
          actions={
            <Link
              to="/models/$id/examples"
              params={{ id: model }}
              search={{ evaluation: evaluation.id, right: "false" }}
            >
              {t("model.mistakes")}
            </Link>
          }
        >
          <Confusion model={model} evaluation={evaluation.id} metrics={metrics} />
        </Panel>
      </Columns>
      <Columns min={440}>
        <Panel title={t("model.calibration")}>
          <Calibration metrics={metrics} />
        </Panel>
        <Panel title={t("model.slices")}>
          <Slices evaluation={evaluation} />
        </Panel>
      </Columns>
    </>
  );
}

interface Row {
  readonly name: string;
  readonly of: Estimate;
  readonly percent: boolean;
}

function Rows({ rows }: { readonly rows: readonly Row[] }) {
  return (
    <dl className={styles["figures"]}>
      {rows.map(({ name, of, percent }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <Interval of={of} percent={percent} to={percent ? 1 : Math.max(1, of.high)} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function OtherFigures({ evaluation }: { readonly evaluation: Evaluation }) {
  const { t } = useText();
  const { figures, examples } = figureMetrics(evaluation);
  const row = ({ name, estimate }: (typeof figures)[number], of?: Baseline): Row => ({
    name: of ? `${name}, ${t("model.baseline", { name: of.name })}` : name,
    of: estimate,
    percent: false,
  });
  const rows = [
    ...figures.map((figure) => row(figure)),
    ...baselinesOf(evaluation).flatMap((baseline) =>
      (baseline.figures ?? []).slice(0, 1).map((one) => row(one, baseline)),
    ),
  ];
  const to = Math.max(...rows.map(({ of }) => of.high));
  return (
    <Panel title={t("model.figures", { n: examples })}>
      <dl className={styles["figures"]}>
        {rows.map(({ name, of }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Interval of={of} percent={false} to={to} />
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

/** Weak ones first: there the next examples teach most. */
function Slices({ evaluation }: { readonly evaluation: Evaluation }) {
  const { t, format } = useText();
  const slices = slicesOf(evaluation).toSorted(
    (a, b) => Number(b.isWeak) - Number(a.isWeak) || a.accuracy.value - b.accuracy.value,
  );
  if (slices.length === 0) return <p className={styles["dim"]}>{t("model.no_slices")}</p>;
  return (
    <ul className={styles["slices"]} tabIndex={0} aria-label={t("model.slices")}>
      {slices.map((slice) => (
        <li key={slice.name} data-weak={slice.isWeak}>
          <span>
            {slice.name} <small>{t("model.slice_examples", { n: slice.examples })}</small>
            {slice.isWeak && <em>{t("model.weak")}</em>}
            {slice.confidence !== undefined && slice.confidence > slice.accuracy.high && (
              <em>{t("model.too_sure", { share: format.percent(slice.confidence, 0) })}</em>
            )}
          </span>
          <Interval of={slice.accuracy} />
        </li>
      ))}
    </ul>
  );
}
