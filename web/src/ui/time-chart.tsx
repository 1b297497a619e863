import "uplot/dist/uPlot.min.css";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import { useText } from "../i18n/text.ts";
import { resolvedColour, seriesColours } from "./colours.ts";
import styles from "./charts.module.css";

export interface Series {
  readonly name: string;
  /** One value for each of the chart's `xs`; null where there is none. */
  readonly values: readonly (number | null)[];
}

interface TimeChartProps {
  /** What the chart shows, in words. */
  readonly label: string;
  /** Unix times in milliseconds; or plain numbers, like epochs, with `numbers`. */
  readonly xs: readonly number[];
  readonly series: readonly Series[];
  readonly numbers?: boolean;
  /** What the numbers are, in the legend. */
  readonly xName?: string;
  readonly height?: number;
  /** How a value is written at the axis and in the legend. */
  readonly format?: (value: number) => string;
}

/** Lines over time, drawn by uPlot: tens of thousands of points move without a hitch. */
export function TimeChart({ label, xs, series, numbers = false, xName = "", height = 220, format }: TimeChartProps) {
  const { format: formats } = useText();
  const scheme = useComputedColorScheme("light");
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    element.dataset["scheme"] = scheme;
    const [ink, line] = [resolvedColour(element, "--ink-dim"), resolvedColour(element, "--line")];
    const written = format ?? ((value: number) => formats.number(value));
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height,
        scales: { x: { time: !numbers } },
        axes: [axis, { ...axis, size: 64, values: (_plot, values) => values.map((value) => written(value)) }],
        series: [
          numbers
            ? { label: xName }
            : { value: (_plot, value) => (value === null ? "" : formats.dateTime(value * 1000)) },
          ...series.map(({ name, values }, i) => ({
            label: name,
            stroke: seriesColours[i % seriesColours.length] ?? seriesColours[0],
            width: 2,
            // a value that stands alone is no line
            points: { show: xs.length < 40 || values.filter((value) => value !== null).length < 3 },
            value: (_plot: uPlot, value: number | null) => (value === null ? "–" : written(value)),
          })),
        ],
        legend: { show: series.length > 1 || !numbers },
      },
      [numbers ? [...xs] : xs.map((ms) => ms / 1000), ...series.map(({ values }) => [...values])],
      element,
    );
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.destroy();
    };
  }, [xs, series, numbers, xName, height, format, formats, scheme]);
  return <div ref={frame} role="img" aria-label={label} className={styles["time"]} />;
}
