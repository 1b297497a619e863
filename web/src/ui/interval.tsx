import { useText } from "../i18n/text.ts";
import styles from "./interval.module.css";

interface IntervalProps {
  readonly of: { readonly value: number; readonly low: number; readonly high: number };
  /** The ends of the scale; those of several rows are the same, so that they compare. */
  readonly from?: number;
  readonly to?: number;
  readonly percent?: boolean;
  /** A line to compare with, like zero. */
  readonly mark?: number;
}

/** A figure with its 95 % interval: as numbers, and as a bar on a common scale. */
export function Interval({ of, from = 0, to = 1, percent = true, mark }: IntervalProps) {
  const { format } = useText();
  const at = (value: number): number => Math.min(1, Math.max(0, (value - from) / (to - from || 1))) * 100;
  const shown = (value: number): string => (percent ? format.percent(value) : format.number(value, 4));
  return (
    <span className={styles["interval"]}>
      <svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
        <rect x={0} y={5.5} width={100} height={1} className={styles["scale"]} />
        {mark !== undefined && <rect x={at(mark) - 0.4} y={0} width={0.8} height={12} className={styles["mark"]} />}
        <rect
          x={at(of.low)}
          y={4}
          width={Math.max(0.8, at(of.high) - at(of.low))}
          height={4}
          className={styles["range"]}
        />
        <rect x={at(of.value) - 0.7} y={1} width={1.4} height={10} className={styles["value"]} />
      </svg>
      <span className={styles["numbers"]}>
        <strong>{shown(of.value)}</strong> <small>{`${shown(of.low)} – ${shown(of.high)}`}</small>
      </span>
    </span>
  );
}
