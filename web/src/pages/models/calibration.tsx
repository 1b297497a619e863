import { useText } from "../../i18n/text.ts";
import type { ClassifierMetrics } from "./evaluation.ts";
import styles from "./models.module.css";

const size = 240;
const edge = 44;
const margin = 16;

/** How often answers of each probability are right, with intervals: on the diagonal, probabilities mean what they say. */
export function Calibration({ metrics }: { readonly metrics: ClassifierMetrics }) {
  const { t, format } = useText();
  const { reliability = [], examples } = metrics;
  if (reliability.length === 0) return <p className={styles["dim"]}>{t("model.no_calibration")}</p>;
  const x = (share: number): number => edge + share * (size - edge - margin);
  const y = (share: number): number => size - edge - share * (size - edge - margin);
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  return (
    <figure className={styles["calibration"]}>
      <svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t("model.calibration_label")}>
        {ticks.map((tick) => (
          <g key={tick}>
            <line x1={x(0)} x2={x(1)} y1={y(tick)} y2={y(tick)} className={styles["grid"]} />
            <text x={x(0) - 4} y={y(tick) + 3} textAnchor="end">
              {format.percent(tick, 0)}
            </text>
            <text x={x(tick)} y={y(0) + 14} textAnchor="middle">
              {format.percent(tick, 0)}
            </text>
          </g>
        ))}
        <line x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} className={styles["diagonal"]} />
        {reliability.map((bin) => (
          <g key={bin.from}>
            <title>
              {t("model.calibration_bin", {
                n: bin.examples,
                confidence: format.percent(bin.confidence, 0),
                accuracy: format.percent(bin.accuracy.value, 0),
              })}
            </title>
            <line
              x1={x(bin.confidence)}
              x2={x(bin.confidence)}
              y1={y(bin.accuracy.low)}
              y2={y(bin.accuracy.high)}
              className={styles["whisker"]}
            />
            <circle
              cx={x(bin.confidence)}
              cy={y(bin.accuracy.value)}
              r={3 + 5 * Math.sqrt(bin.examples / examples)}
              className={styles["point"]}
            />
          </g>
        ))}
        <text x={x(0.5)} y={size - 4} textAnchor="middle">
          {t("model.confidence")}
        </text>
        <text x={8} y={y(0.5)} textAnchor="middle" transform={`rotate(-90 8 ${y(0.5)})`}>
          {t("model.rightness")}
        </text>
      </svg>
      <figcaption>{t("model.calibration_text")}</figcaption>
    </figure>
  );
}
