import { canonicalJson } from "../../kernel/hash.ts";
import type { Estimate } from "../../models/index.ts";
import type { Recipe } from "../architectures/index.ts";
import { overFolds } from "./cross-validation.ts";
import { pairedDifference } from "./halving.ts";
import { type ReadErrors, type SearchSoFar, type Strategy, spentMs } from "./strategy.ts";
import { type EndedTrial, type ExampleErrors, type MeasuredTrial, isMeasured } from "./trial.ts";

export interface RecipeChoiceSpec {
  readonly kind: "recipe-choice";
  /** Those that fit the dataset, cheap ones first. */
  readonly candidates: readonly Recipe[];
  readonly folds: number;
  readonly minutes: number;
}

/** What became of a candidate. */
export type Candidate = { readonly recipe: string } & (
  | {
      readonly is: "measured";
      readonly error: Estimate;
      readonly loss: number;
      readonly tookMs: number;
      /** Error of this one minus that of the chosen one on the same examples; null of the chosen one. */
      readonly behind: Estimate | null;
    }
  | { readonly is: "left out"; readonly why: string; readonly tookMs: number }
);

export interface RecipeChoiceOutcome {
  readonly kind: "recipe-choice";
  readonly measure: string;
  readonly folds: number;
  readonly candidates: readonly Candidate[];
  readonly chosen: Recipe;
  /** In words. */
  readonly because: string;
}

/**
 * Cross-validates the candidates one after the other on the same folds. One that would not end within the minutes, with its
 * training on everything after it, is left out; the first one always ends.
 */
export const recipeChoice: Strategy<RecipeChoiceSpec, RecipeChoiceOutcome> = {
  next({ candidates, folds, minutes }, { seed, trials }) {
    const leftMs = minutes * 60_000 - spentMs(trials);
    for (const [place, recipe] of candidates.entries()) {
      const mine = trialsOf(trials, recipe);
      if (mine.length === folds || mine.some((trial) => !isMeasured(trial))) continue;
      const toDo = folds - mine.length + 1; // the training on everything is the last
      if (place > 0 && leftMs < toDo * quickestMs(trials)) continue;
      const limit = place === 0 ? null : { ms: leftMs, trials: toDo };
      return { recipe, part: { kind: "fold", fold: mine.length, folds }, seed, limit };
    }
    return null;
  },
  share({ minutes, candidates, folds }, { trials }) {
    const ended = candidates.filter((recipe) => {
      const mine = trialsOf(trials, recipe);
      return mine.length === folds || mine.some((trial) => !isMeasured(trial));
    });
    return Math.min(1, Math.max(ended.length / candidates.length, spentMs(trials) / (minutes * 60_000)));
  },
  conclude: chooseRecipe,
};

async function chooseRecipe(
  { candidates, folds }: RecipeChoiceSpec,
  { seed, trials }: SearchSoFar,
  errorsOf: ReadErrors,
): Promise<RecipeChoiceOutcome> {
  const compared = candidates
    .map((recipe, place) => ({ recipe, place, folds: trialsOf(trials, recipe).filter(isMeasured) }))
    .filter((candidate) => candidate.folds.length === folds)
    .map((candidate) => ({
      ...candidate,
      error: overFolds(candidate.folds, ({ outcome }) => outcome.error),
      loss: overFolds(candidate.folds, ({ outcome }) => outcome.loss).value,
    }))
    .toSorted((a, b) => a.error.value - b.error.value || a.loss - b.loss || a.place - b.place);
  const [best] = compared;
  const chosen = best?.recipe ?? candidates[0];
  if (!chosen) throw new Error("a choice has candidates");
  const reference = best && (await pooled(best.folds, errorsOf));
  const rows: Candidate[] = [];
  for (const recipe of candidates) {
    const mine = trialsOf(trials, recipe);
    const found = compared.find((candidate) => candidate.recipe === recipe);
    const tookMs = spentMs(mine);
    if (!found || !reference) rows.push({ recipe: recipe.name, is: "left out", why: whyLeftOut(mine), tookMs });
    else {
      const behind = found === best ? null : pairedDifference(reference, await pooled(found.folds, errorsOf), seed);
      rows.push({ recipe: recipe.name, is: "measured", error: found.error, loss: found.loss, tookMs, behind });
    }
  }
  const measure = best?.folds[0]?.outcome.measure ?? "error";
  return { kind: "recipe-choice", measure, folds, candidates: rows, chosen, because: reason(rows, chosen) };
}

function reason(rows: readonly Candidate[], chosen: Recipe): string {
  const measured = rows.filter((row) => row.is === "measured");
  if (measured.length === 0) return `${chosen.name} is the quickest that fits; there was no time to compare.`;
  if (measured.length === 1) return `${chosen.name} is the only one that could be measured in time.`;
  const unproven = measured.filter(({ behind }) => behind !== null && behind.low <= 0).map(({ recipe }) => recipe);
  const has = `${chosen.name} has the lowest mean error.`;
  if (unproven.length === 0) return `${has} It is better than each of the others beyond chance.`;
  return `${has} It is not shown to be better than ${unproven.join(", ")}: the difference may be chance.`;
}

function whyLeftOut(trials: readonly EndedTrial[]): string {
  const last = trials.at(-1)?.outcome;
  if (!last) return "no time was left";
  if (last.is === "failed") return last.reason;
  if (last.is === "stopped") return `takes ${timeOf(last.wouldTakeMs)} or more, ${timeOf(last.leftMs)} were left`;
  return "no time was left for its other folds";
}

const timeOf = (ms: number): string => (ms < 90_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`);

/** What a trial takes at least, as far as is known. */
function quickestMs(trials: readonly EndedTrial[]): number {
  const measured = trials.filter(isMeasured);
  return measured.length === 0 ? 0 : Math.min(...measured.map(({ outcome }) => outcome.tookMs));
}

/** The errors of all folds, one after the other: of two candidates in the same order, because the folds are the same. */
async function pooled(folds: readonly MeasuredTrial[], errorsOf: ReadErrors): Promise<ExampleErrors> {
  const parts: ExampleErrors[] = [];
  for (const fold of folds) parts.push(await errorsOf(fold));
  const join = (of: (part: ExampleErrors) => Float64Array): Float64Array =>
    Float64Array.from(parts.flatMap((part) => [...of(part)]));
  return { errors: join(({ errors }) => errors), units: join(({ units }) => units) };
}

const trialsOf = (trials: readonly EndedTrial[], recipe: Recipe): EndedTrial[] => {
  const wanted = canonicalJson(recipe);
  return trials.filter((trial) => canonicalJson(trial.recipe) === wanted);
};
