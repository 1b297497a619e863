import { canonicalJson } from "../../kernel/hash.ts";
import type { Estimate } from "../../models/index.ts";
import type { Recipe } from "../architectures/index.ts";
import { bootstrap } from "../bootstrap.ts";
import { type Change, changesOf, drawRecipe } from "./draw-recipe.ts";
import type { PoolFacts } from "./pool.ts";
import { type NextTrial, type SearchSoFar, type Strategy, mean, spentMs } from "./strategy.ts";
import { type EndedTrial, type ExampleErrors, type MeasuredTrial, byScore, isMeasured } from "./trial.ts";

export interface HyperparametersSpec {
  readonly kind: "hyperparameters";
  readonly recipe: Recipe;
  readonly minutes: number;
}

export interface HyperparametersOutcome {
  readonly kind: "hyperparameters";
  readonly measure: string;
  /** Recipes tried on the first rung, and how many reached each further one. */
  readonly tried: readonly { readonly share: number; readonly recipes: number }[];
  /** Those that were trained on the whole split, best first. */
  readonly table: readonly {
    readonly changes: readonly Change[];
    readonly error: number;
    readonly loss: number;
    readonly tookMs: number;
  }[];
  readonly best: Recipe;
  readonly changes: readonly Change[];
  readonly error: number;
  /** Of the recipe the search started from; null when time was too short to train it on everything. */
  readonly errorBefore: number | null;
  /** Error of the best minus that of the first recipe, on the same examples; flattered, as the best of several is. */
  readonly difference: Estimate | null;
}

/** Of each rung one in three goes on, with three times the examples. */
const eta = 3;
const drawsMax = 200;

/**
 * Random search with successive halving (Jamieson and Talwalkar 2016, arXiv:1502.07943; the training set as resource as in
 * Li et al. 2018, arXiv:1603.06560). Recipes are drawn for the first rung as long as what it takes to finish with them fits
 * into the minutes. The recipe that the search started from climbs all rungs first: it is what the best is compared with.
 */
export const hyperparameters: Strategy<HyperparametersSpec, HyperparametersOutcome> = {
  next(spec, soFar) {
    const budgetMs = spec.minutes * 60_000;
    const rungs = rungsOf(soFar.facts);
    const left = budgetMs - spentMs(soFar.trials);
    if (left <= 0 && soFar.trials.length > 0) return null;
    const trial = (recipe: Recipe, share: number): NextTrial => ({
      recipe,
      part: { kind: "share", share, draw: 0 },
      seed: soFar.seed,
      limit: soFar.trials.length === 0 ? null : { ms: left, trials: 1 },
    });
    const unclimbed = rungs.find((share) => !onRung(soFar.trials, share).some(isStart(spec.recipe)));
    if (unclimbed !== undefined) return trial(spec.recipe, unclimbed); // so that what each rung costs is known
    const first = rungs[0] ?? 1;
    const drawn = onRung(soFar.trials, first);
    if (canDraw(soFar, rungs, left)) return trial(drawRecipe(spec.recipe, soFar.seed, drawn.length), first);
    for (const [r, share] of rungs.entries()) {
      if (r === 0) continue;
      const next = promoted(onRung(soFar.trials, rungs[r - 1] ?? 1), spec.recipe).find(
        ({ recipe }) => !onRung(soFar.trials, share).some((done) => isSame(done.recipe, recipe)),
      );
      if (next) return trial(next.recipe, share);
    }
    return null;
  },
  share: ({ minutes }, { trials }) => Math.min(1, spentMs(trials) / (minutes * 60_000)),
  async conclude({ recipe }, { seed, facts, trials }, errorsOf) {
    const rungs = rungsOf(facts);
    const reached = rungs.map((share) => ({ share, trials: onRung(trials, share) }));
    const last = reached.findLast((rung) => rung.trials.some(isMeasured)) ?? { share: 1, trials: [] };
    const ranked = last.trials.filter(isMeasured).toSorted(byScore);
    const [best] = ranked;
    if (!best) throw new Error("a search that ends has measured something");
    const before = ranked.find((trial) => isSame(trial.recipe, recipe));
    return {
      kind: "hyperparameters",
      measure: best.outcome.measure,
      tried: reached.map((rung) => ({ share: rung.share, recipes: rung.trials.length })),
      table: ranked.map((trial) => ({
        changes: changesOf(recipe, trial.recipe),
        error: trial.outcome.error,
        loss: trial.outcome.loss,
        tookMs: trial.outcome.tookMs,
      })),
      best: best.recipe,
      changes: changesOf(recipe, best.recipe),
      error: best.outcome.error,
      errorBefore: before?.outcome.error ?? null,
      difference: before ? pairedDifference(await errorsOf(before), await errorsOf(best), seed) : null,
    };
  },
};

/** Shares of the training split: 1/9, 1/3 and all of it where a ninth still has ten examples of the rarest label. */
export function rungsOf({ train, perLabel }: PoolFacts): number[] {
  const rarest = Math.min(train / 5, ...perLabel);
  return [2, 1, 0].map((power) => 1 / eta ** power).filter((share) => share === 1 || rarest * share >= 10);
}

/** Whether one more recipe on the first rung still leaves time to finish. */
function canDraw({ trials }: SearchSoFar, rungs: readonly number[], leftMs: number): boolean {
  const [first = 1, second] = rungs;
  const drawn = onRung(trials, first);
  if (drawn.length >= drawsMax || (second !== undefined && onRung(trials, second).length > 1)) return false;
  let count = drawn.length + 1;
  let neededMs = mean(drawn.map(({ outcome }) => outcome.tookMs));
  for (const share of rungs.slice(1)) {
    count = Math.ceil(count / eta) + 1; // the first recipe is among those that went on, and has climbed already
    neededMs += (count - 1) * mean(onRung(trials, share).map(({ outcome }) => timeOf(outcome)));
  }
  return neededMs <= leftMs;
}

/** The recipe that the search started from, and the best third of a rung that has ended. */
function promoted(rung: readonly EndedTrial[], start: Recipe): readonly MeasuredTrial[] {
  const ranked = rung.filter(isMeasured).toSorted(byScore);
  const best = ranked.slice(0, Math.ceil(rung.length / eta));
  const first = ranked.filter((trial) => isSame(trial.recipe, start));
  return [...first, ...best.filter((trial) => !first.includes(trial))];
}

const onRung = (trials: readonly EndedTrial[], share: number): EndedTrial[] =>
  trials.filter(({ part }) => part.kind === "share" && part.share === share);

const isStart =
  (start: Recipe) =>
  ({ recipe }: EndedTrial): boolean =>
    isSame(recipe, start);

const timeOf = (outcome: EndedTrial["outcome"]): number =>
  outcome.is === "stopped" ? outcome.wouldTakeMs : outcome.tookMs;

const isSame = (a: Recipe, b: Recipe): boolean => canonicalJson(a) === canonicalJson(b);

/** Error of b minus error of a on the same examples, with its paired bootstrap interval. */
export function pairedDifference(a: ExampleErrors, b: ExampleErrors, seed: number): Estimate {
  const n = a.errors.length;
  const gaps = b.errors.map((error, i) => error - (a.errors[i] as number));
  const [difference] = bootstrap(
    n,
    (draw) => {
      let [gap, units] = [0, 0];
      for (let i = 0; i < n; i++) {
        gap += (draw[i] as number) * (gaps[i] as number);
        units += (draw[i] as number) * (a.units[i] as number);
      }
      return Float64Array.of(gap / units);
    },
    { seed },
  );
  return difference ?? { value: 0, low: 0, high: 0 };
}
