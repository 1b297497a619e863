import type { EChartsCoreOption } from "echarts/core";
import type { Trial } from "../../api/schema.gen.ts";
import { flat } from "./compare-runs-page.tsx";

export interface Varying {
  /** Like `training.rate`. */
  readonly path: string;
  /** By the trial's number. */
  readonly values: ReadonlyMap<number, string>;
}

/** The hyperparameters in which trials differ. */
export function varyingOf(trials: readonly Trial[]): readonly Varying[] {
  const all = trials.map((trial) => [trial.number, flat(trial.recipe)] as const);
  const paths = [...new Set(all.flatMap(([, values]) => [...values.keys()]))];
  return paths
    .map((path) => ({ path, values: new Map(all.map(([number, values]) => [number, values.get(path) ?? "–"])) }))
    .filter(({ values }) => new Set(values.values()).size > 1);
}

/** Values are JSON: words without their quotes, and a dash for nothing. */
export const shown = (text: string): string => (text === "null" ? "–" : text.replace(/^"(.*)"$/, "$1"));

/** One axis a hyperparameter and one for the error; a line a measured trial, coloured from the best to the worst. */
export function parallelOf(trials: readonly Trial[], varying: readonly Varying[], error: string): EChartsCoreOption {
  const measured = trials.filter((trial) => trial.error !== null);
  const errors = measured.map((trial) => trial.error ?? 0);
  const [low, high] = [Math.min(...errors), Math.max(...errors)];
  const axes = varying.map(({ path, values }, dim) => {
    const texts = [...new Set(values.values())].sort();
    const isNumeric = texts.every((text) => text !== "null" && Number.isFinite(Number(text)));
    const name = path.split(".").at(-1) ?? path;
    if (isNumeric) return { at: Number, axis: { dim, name, scale: true } };
    // by the word's place: a category axis takes a number for a place, also one that is meant as a word
    return { at: (text: string) => texts.indexOf(text), axis: { dim, name, type: "category", data: texts.map(shown) } };
  });
  return {
    parallel: { left: 40, right: 60, top: 40, bottom: 24 },
    parallelAxis: [...axes.map(({ axis }) => axis), { dim: varying.length, name: error, scale: true, inverse: true }],
    visualMap: {
      show: false,
      min: low,
      max: high > low ? high : low + 1e-9,
      dimension: varying.length,
      inRange: { color: ["#0f8a94", "#8fb8bb", "#d9822b"] },
    },
    series: [
      {
        type: "parallel",
        lineStyle: { width: 1.5, opacity: 0.75 },
        data: measured.map((trial) => [
          ...axes.map(({ at }, dim) => at(varying[dim]?.values.get(trial.number) ?? "")),
          trial.error ?? 0,
        ]),
      },
    ],
  };
}
