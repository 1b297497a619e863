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
  const [ink, line] = [resolvedColour(element, "--ink-dim"), resolvedColour(element, "--line")];
  const axis = {
    axisLabel: { color: ink },
    nameTextStyle: { color: ink },
    axisLine: { lineStyle: { color: line } },
    axisTick: { lineStyle: { color: line } },
    splitLine: { lineStyle: { color: line } },
  };
  const chart = init(element, {
    color: [...seriesColours],
    textStyle: { color: ink, fontFamily: style.fontFamily },
    backgroundColor: "transparent",
    valueAxis: axis,
    categoryAxis: axis,
    legend: { textStyle: { color: ink } },
  });
  // a tooltip of markup would carry style attributes, which the policy refuses
  const parallel = option["parallel"];
  chart.setOption({
    tooltip: { renderMode: "richText" },
    ...option,
    ...(typeof parallel === "object" ? { parallel: { ...parallel, parallelAxisDefault: axis } } : {}),
  });
  chart.on("click", ({ name, dataIndex }) => onPick?.(name, dataIndex));
  const resized = new ResizeObserver(() => chart.resize());
  resized.observe(element);
  return () => {
    resized.disconnect();
    chart.dispose();
  };
}
