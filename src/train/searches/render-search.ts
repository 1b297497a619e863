import type { Estimate } from "../../models/index.ts";
import { fitLeft, fitRight, widthOf } from "../text.ts";
import type { CrossValidationOutcome } from "./cross-validation.ts";
import type { Change } from "./draw-recipe.ts";
import type { HyperparametersOutcome } from "./halving.ts";
import type { LearningCurveOutcome } from "./learning-curve.ts";
import type { RecipeChoiceOutcome } from "./recipe-choice.ts";
import type { Search, SearchOutcome } from "./search.ts";
import { type Shown, shownBy } from "./shown.ts";

const columns = 80;

/** A search with what it came to, for 80 columns. */
export function renderSearch(search: Search): string {
  const { id, spec, seed, datasetVersion } = search;
  const recipe = "recipe" in spec ? `, recipe ${spec.recipe.name}` : "";
  const head = [`${id}  ${spec.kind}${recipe}`, `  version  ${datasetVersion}`, `  seed     ${seed}`];
  return `${[...head, ...stateLines(search)].join("\n")}\n`;
}

function stateLines(search: Search): string[] {
  if (search.state === "done") {
    const run = search.run === null ? [] : [`  run      ${search.run}`];
    return [...run, "", renderOutcome(search.outcome).trimEnd()];
  }
  if (search.state === "failed") return [`  state    failed: ${search.reason}`];
  if (search.state !== "searching" || !search.progress) return [`  state    ${search.state}`];
  const { trial, doing, etaMs } = search.progress;
  const left = etaMs === null ? "" : `, about ${seconds(etaMs)} left`;
  return [`  state    trial ${trial}: ${doing}${left}`];
}

function renderOutcome(outcome: SearchOutcome): string {
  switch (outcome.kind) {
    case "cross-validation":
      return renderFolds(outcome);
    case "learning-curve":
      return renderLearningCurve(outcome);
    case "hyperparameters":
      return renderHyperparameters(outcome);
    case "recipe-choice":
      return renderChoice(outcome);
  }
}

export function renderSearches(searches: readonly Search[]): string {
  if (searches.length === 0) return "No searches yet.\n";
  const line = (id: string, kind: string, state: string): string =>
    `${fitLeft(id, 32)}${fitLeft(kind, 18)}${state}`.trimEnd();
  return `${[line("search", "kind", "state"), ...searches.map((one) => line(one.id, one.spec.kind, one.state))].join("\n")}\n`;
}

function renderFolds({ measure, folds, error }: CrossValidationOutcome): string {
  const shown = shownBy(measure);
  const line = (cells: readonly [string, string, string, string, string]): string =>
    `  ${fitLeft(cells[0], 8)}${fitRight(cells[1], 10)}${fitRight(cells[2], 12)}${fitRight(cells[3], 12)}${fitRight(cells[4], 10)}`;
  return [
    line(["fold", "trained", "measured", shown.name, "took"]),
    ...folds.map((fold, i) =>
      line([`${i + 1}`, whole(fold.trained), whole(fold.examples), shown.one(fold.error), seconds(fold.tookMs)]),
    ),
    "",
    `  mean ${shown.name} ${shown.between(error)}`,
    "",
  ].join("\n");
}

const chartWidth = 36;

function renderLearningCurve({ measure, points, doubled }: LearningCurveOutcome): string {
  const shown = shownBy(measure);
  const all = [...points.map(({ error }) => error), doubled.error].map((error) => shown.estimate(error));
  const low = Math.min(...all.map((one) => one.low));
  const high = Math.max(...all.map((one) => one.high));
  const place = (value: number): number => Math.round(((value - low) / (high - low || 1)) * (chartWidth - 1));
  const line = (n: number, estimate: Estimate, mark: string): string => {
    const plot: string[] = Array.from({ length: chartWidth }, (_, i) =>
      i >= place(estimate.low) && i <= place(estimate.high) ? "─" : " ",
    );
    plot[place(estimate.value)] = mark;
    return `  ${fitRight(whole(n), 9)}  ${fitLeft(shown.betweenShown(estimate), 26)} ${plot.join("")}`.trimEnd();
  };
  return [
    `  ${fitRight("examples", 9)}  ${fitLeft(shown.name, 26)} ${fitLeft(shown.plain(low), chartWidth - widthOf(shown.plain(high)))}${shown.plain(high)}`,
    ...points.map(({ n, error }) => line(n, shown.estimate(error), "●")),
    line(doubled.n, shown.estimate(doubled.error), "○"),
    "",
    ...wrap(doubling(doubled, shown), columns - 2).map((text) => `  ${text}`),
    "",
  ].join("\n");
}

/** What twice the examples would bring, in words. */
function doubling({ gain }: LearningCurveOutcome["doubled"], shown: Shown): string {
  const expected = `Doubling the labelled examples would bring about ${shown.gain(gain)}.`;
  const least = shown.isNothing(gain.low) ? " It may bring nothing." : "";
  return `${expected}${least} The circle is expected, by a power law through the sizes that were measured on the validation split.`;
}

const tableRows = 10;

function renderHyperparameters(outcome: HyperparametersOutcome): string {
  const { measure, tried, table, difference, changes } = outcome;
  const shown = shownBy(measure);
  const rungs = tried
    .filter(({ recipes }) => recipes > 0)
    .map(({ share, recipes }) => `${recipes} on ${Math.round(share * 100)} %`)
    .join(", ");
  const line = (name: string, took: string, what: string): string =>
    `  ${fitRight(name, 10)}${fitRight(took, 10)}  ${fitLeft(what, columns - 24)}`.trimEnd();
  const verdict =
    (tried[0]?.recipes ?? 0) < 2
      ? "There was no time to try another recipe: give it more minutes."
      : changes.length === 0
        ? "Nothing was found that is better than the recipe as it is."
        : difference === null
          ? "There was no time to train the recipe as it was on everything: give it more minutes."
          : `Against the recipe as it was: ${shown.difference(difference)}, on the same validation examples. The best of several looks better than it is; the test split decides.`;
  return [
    `  Recipes tried: ${rungs} of the training examples.`,
    "",
    line(shown.name, "took", "changed"),
    ...table.slice(0, tableRows).map((row) => line(shown.one(row.error), seconds(row.tookMs), written(row.changes))),
    "",
    ...wrap(verdict, columns - 2).map((text) => `  ${text}`),
    "",
  ].join("\n");
}

function renderChoice({ measure, candidates, folds, because }: RecipeChoiceOutcome): string {
  const shown = shownBy(measure);
  const line = (recipe: string, figure: string, took: string, note = ""): string =>
    `  ${fitLeft(recipe, 26)} ${fitLeft(figure, 22)}${fitRight(took, 9)}  ${note}`.trimEnd();
  const rows = candidates.flatMap((row) => {
    if (row.is === "left out") return [line(row.recipe, "left out", seconds(row.tookMs)), `      ${row.why}`];
    const [figure, took] = [shown.between(row.error), seconds(row.tookMs)];
    if (row.behind === null) return [line(row.recipe, figure, took, "chosen")];
    return [line(row.recipe, figure, took), `      ${shown.difference(row.behind, 1)} against the chosen one`];
  });
  return [
    line("recipe", `${shown.name}, ${folds} folds`, "took"),
    ...rows,
    "",
    ...wrap(because, columns - 2).map((text) => `  ${text}`),
    "",
  ].join("\n");
}

const written = (changes: readonly Change[]): string =>
  changes.length === 0
    ? "(as it was)"
    : changes.map(({ path, value }) => `${path.split(".").at(-1) ?? path} ${JSON.stringify(value)}`).join(", ");

const whole = (n: number): string => n.toLocaleString("en");

function seconds(ms: number): string {
  if (ms < 100_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.round(ms / 60_000)} min`;
}

function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last !== "" && widthOf(last) + 1 + widthOf(word) > width) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines;
}
