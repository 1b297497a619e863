import { useComputedColorScheme } from "@mantine/core";
import type { EChartsCoreOption } from "echarts/core";
import { useEffect, useRef } from "react";
import styles from "./charts.module.css";

interface ChartProps {
  /** What the chart shows, in words. */
  readonly label: string;
  /** ECharts' own description; colours of text and lines are the theme's. */
  readonly option: EChartsCoreOption;
  readonly height?: number;
  readonly onPick?: (name: string, index: number) => void;
}

/** Bars, flows, funnels, heat maps, parallel coordinates: ECharts, loaded when the first one is shown. */
export function Chart({ label, option, height = 280, onPick }: ChartProps) {
  const scheme = useComputedColorScheme("light");
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    let stop = (): void => {};
    let gone = false;
    const show = async (): Promise<void> => {
      const { draw } = await import("./echarts.ts");
      if (!gone) stop = draw(element, { darkMode: scheme === "dark", ...option }, onPick);
    };
    void show();
    return () => {
      gone = true;
      stop();
    };
  }, [option, onPick, scheme]);
  return <div ref={frame} role="img" aria-label={label} className={styles["chart"]} style={{ height }} />;
}
