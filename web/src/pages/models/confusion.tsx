import { Link } from "@tanstack/react-router";
import { useText } from "../../i18n/text.ts";
import type { ClassifierMetrics } from "./evaluation.ts";
import styles from "./models.module.css";

interface ConfusionProps {
  readonly model: string;
  readonly evaluation: string;
  readonly metrics: ClassifierMetrics;
}

/** Rows are true labels, columns answers; every cell that holds something leads to its examples. */
export function Confusion({ model, evaluation, metrics }: ConfusionProps) {
  const { t, format } = useText();
  const labels = metrics.classes.map(({ label }) => label);
  return (
    <div className={styles["scroll"]} tabIndex={0} role="region" aria-label={t("model.confusion")}>
      <table className={styles["confusion"]}>
        <thead>
          <tr>
            <th scope="col">{t("model.truth_and_answer")}</th>
            {labels.map((label) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
            <th scope="col">{t("metric.recall")}</th>
          </tr>
        </thead>
        <tbody>
          {labels.map((truth, i) => {
            const row = metrics.confusion[i] ?? [];
            const sum = row.reduce((total, n) => total + n, 0);
            return (
              <tr key={truth}>
                <th scope="row">{truth}</th>
                {labels.map((answer, j) => {
                  const n = row[j] ?? 0;
                  const tone = truth === answer ? "right" : "wrong";
                  const strength = sum === 0 ? 0 : Math.ceil((n / sum) * 5);
                  return (
                    <td key={answer} data-tone={tone} data-strength={n === 0 ? 0 : strength}>
                      {n === 0 ? (
                        <span>0</span>
                      ) : (
                        <Link
                          to="/models/$id/examples"
                          params={{ id: model }}
                          search={{ evaluation, truth, answer }}
                          aria-label={t("model.cell", { n, truth, answer })}
                        >
                          {format.number(n)}
                        </Link>
                      )}
                    </td>
                  );
                })}
                <td>{sum === 0 ? "–" : format.percent(metrics.classes[i]?.recall.value ?? 0)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
