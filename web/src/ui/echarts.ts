import {
  BarChart,
  FunnelChart,
  HeatmapChart,
  LineChart,
  ParallelChart,
  SankeyChart,
  ScatterChart,
} from "echarts/charts";
import {
  GridComponent,
  LegendComponent,
  ParallelComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import { type EChartsCoreOption, init, use as register } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { resolvedColour, seriesColours } from "./colours.ts";

register([
  BarChart,
  FunnelChart,
  HeatmapChart,
  LineChart,
  ParallelChart,
  SankeyChart,
  ScatterChart,
  GridComponent,
  LegendComponent,
  ParallelComponent,
  TooltipComponent,
  VisualMapComponent,
  CanvasRenderer,
]);

/** Draws a chart that keeps its frame's size; what comes back takes it away. */
export function draw(
  element: HTMLElement,
  option: EChartsCoreOption,
  onPick: ((name: string, index: number) => void) | undefined,
): () => void {
  const style = getComputedStyle(element);
  const ink = resolvedColour(element, "--ink-dim");
  const chart = init(element, {
    color: [...seriesColours],
    textStyle: { color: ink, fontFamily: style.fontFamily },
    backgroundColor: "transparent",
  });
  // a tooltip of markup would carry style attributes, which the policy refuses
  chart.setOption({ tooltip: { renderMode: "richText" }, ...option });
  chart.on("click", ({ name, dataIndex }) => onPick?.(name, dataIndex));
  const resized = new ResizeObserver(() => chart.resize());
  resized.observe(element);
  return () => {
    resized.disconnect();
    chart.dispose();
  };
}
