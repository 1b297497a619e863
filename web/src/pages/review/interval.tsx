import { useText } from "../../i18n/text.ts";
import styles from "./review.module.css";

interface IntervalProps {
  readonly of: { readonly value: number; readonly low: number; readonly high: number } | null;
  readonly label: string;
}

/** A coefficient from -1 to 1 as a point on its interval, with the numbers beside it. */
export function Interval({ of, label }: IntervalProps) {
  const { t, format } = useText();
  if (!of) return <span className={styles["dim"]}>{t("review.not_told")}</span>;
  const x = (value: number): number => 100 + value * 96;
  const said = `${format.number(of.value, 2)} [${format.number(of.low, 2)}, ${format.number(of.high, 2)}]`;
  return (
    <span className={styles["interval"]}>
      <svg viewBox="0 0 200 16" role="img" aria-label={`${label} ${said}`}>
        <line x1={4} x2={196} y1={8} y2={8} className={styles["axis"]} />
        <line x1={100} x2={100} y1={3} y2={13} className={styles["axis"]} />
        <line x1={x(of.low)} x2={x(of.high)} y1={8} y2={8} className={styles["reach"]} />
        <circle cx={x(of.value)} cy={8} r={4} className={styles["point"]} />
      </svg>
      <span>{said}</span>
    </span>
  );
}
