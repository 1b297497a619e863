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
  /** An end of the first series' interval; the space between the upper and the lower one is filled. */
  readonly edge?: "upper" | "lower";
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
  /** A value to compare with, like zero: a line across. */
  readonly mark?: number;
}

/** Lines over time, drawn by uPlot: tens of thousands of points move without a hitch. */
export function TimeChart(props: TimeChartProps) {
  const { label, xs, series, numbers = false, xName = "", height = 220, format, mark } = props;
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
          ...series.map(({ name, values, edge }, i) => ({
            label: name,
            stroke: seriesColours[edge ? 0 : i % seriesColours.length] ?? seriesColours[0],
            width: edge ? 1 : 2,
            // a value that stands alone is no line
            points: { show: xs.length < 40 || values.filter((value) => value !== null).length < 3 },
            value: (_plot: uPlot, value: number | null) => (value === null ? "–" : written(value)),
          })),
        ],
        bands: bandsOf(series),
        hooks: mark === undefined ? {} : { drawAxes: [(of) => drawMark(of, mark, ink)] },
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
  }, [xs, series, numbers, xName, height, format, formats, scheme, mark]);
  return <div ref={frame} role="img" aria-label={label} className={styles["time"]} />;
}

/** Between the upper and the lower edge, if there are any. */
function bandsOf(series: readonly Series[]): uPlot.Band[] {
  const upper = series.findIndex(({ edge }) => edge === "upper");
  const lower = series.findIndex(({ edge }) => edge === "lower");
  return upper < 0 || lower < 0 ? [] : [{ series: [upper + 1, lower + 1], fill: `${seriesColours[0]}2e` }];
}

/** A broken line across, if the value is on the scale. */
function drawMark(plot: uPlot, value: number, colour: string): void {
  const { ctx, bbox } = plot;
  const at = plot.valToPos(value, "y", true);
  if (at < bbox.top || at > bbox.top + bbox.height) return;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, at);
  ctx.lineTo(bbox.left + bbox.width, at);
  ctx.stroke();
  ctx.restore();
}
