import { type RecipeEntry, recipes } from "./recipes.ts";
import type { Recipe } from "./recipe.ts";
import type { CurvePoint, Run } from "./run.ts";
import { fitLeft, fitRight, percentPlain, sparkline } from "./text.ts";

const epochsShownMax = 40;

/** Loss and metrics over the epochs as small plots, for 80 columns. */
export function renderCurves(curves: readonly CurvePoint[]): string {
  const [last] = curves.slice(-1);
  if (!last) return "No epoch has ended yet.\n";
  const shown = thin(curves);
  const line = (
    name: string,
    of: (point: CurvePoint) => number | undefined,
    show: (value: number) => string,
  ): string => {
    const values = shown.map(of).filter((value) => value !== undefined);
    if (values.length === 0) return "";
    const [first = 0, end = 0] = [values[0], values.at(-1)];
    return `  ${fitLeft(name, 21)}${fitRight(show(first), 7)} ${sparkline(values)} ${show(end)}\n`;
  };
  const loss = (value: number): string => value.toFixed(3);
  return [
    line("train loss", ({ train }) => train.loss, loss),
    line("validation loss", ({ validation }) => validation?.loss, loss),
    ...Object.keys(last.train)
      .filter((metric) => metric !== "loss")
      .flatMap((metric) => {
        const show = metric === "accuracy" ? percentPlain : loss;
        return [
          line(`train ${metric}`, ({ train }) => train[metric], show),
          line(`validation ${metric}`, ({ validation }) => validation?.[metric], show),
        ];
      }),
  ].join("");
}

/** At most `epochsShownMax` points, evenly spread, the last among them. */
function thin(curves: readonly CurvePoint[]): readonly CurvePoint[] {
  if (curves.length <= epochsShownMax) return curves;
  const step = (curves.length - 1) / (epochsShownMax - 1);
  return Array.from({ length: epochsShownMax }, (_, i) => curves[Math.round(i * step)] as CurvePoint);
}

/** A run with what is known of it, for 80 columns. */
export function renderRun(run: Run): string {
  const head = [
    `${run.id}  ${run.name}`,
    `  version  ${run.datasetVersion}`,
    `  recipe   ${run.recipe.name}${run.recipe.fire_drill === null ? "" : " (a fire drill: its labels are shuffled)"}`,
    `  seed     ${run.seed}`,
  ];
  return `${[...head, ...outcomeLines(run)].join("\n")}\n`;
}

function outcomeLines(run: Run): string[] {
  switch (run.state) {
    case "queued":
      return ["  state    queued"];
    case "training": {
      const { progress } = run;
      if (!progress) return ["  state    training"];
      const { phase, epoch, epochs, etaMs, curves } = progress;
      const at = phase === "training" ? `epoch ${epoch} of ${epochs}` : phase;
      const left = etaMs === null ? "" : `, ${Math.ceil(etaMs / 1_000)} s left`;
      return [`  state    training: ${at}${left}`, ...(curves.length > 0 ? [renderCurves(curves).trimEnd()] : [])];
    }
    case "done":
      return [
        `  state    done in ${(run.tookMs / 1_000).toFixed(1)} s`,
        `  model    ${run.model}`,
        ...(run.curves.length > 0 ? [renderCurves(run.curves).trimEnd()] : []),
      ];
    case "failed":
      return [`  state    failed: ${run.reason}`];
    case "cancelled":
      return ["  state    cancelled"];
  }
}

export function renderRuns(runs: readonly Run[]): string {
  if (runs.length === 0) return "No runs yet.\n";
  const line = (id: string, name: string, state: string, outcome: string): string =>
    `${fitLeft(id, 31)}${fitLeft(name, 22)} ${fitLeft(state, 10)}${outcome}`.trimEnd();
  const rows = runs.map((run) => line(run.id, run.name, run.state, run.state === "done" ? seconds(run.tookMs) : ""));
  return `${[line("run", "name", "state", "took"), ...rows].join("\n")}\n`;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** As JSON: what it prints can be saved, changed and given back. */
export function renderRecipe(recipe: Recipe): string {
  return `${JSON.stringify(recipe, null, 2)}\n`;
}

export function renderRecipes(entries: readonly RecipeEntry[] = recipes): string {
  return entries.map(({ name, summary }) => `${fitLeft(name, 28)}${summary}\n`).join("");
}
