import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../kernel/hash.ts";
import { seededRandom } from "../../kernel/random.ts";
import { type Recipe, parseRecipe } from "../recipe.ts";
import { smallRecipe } from "../testing/reviews.ts";
import { crossValidation, overFolds } from "./cross-validation.ts";
import { changesOf, drawRecipe } from "./draw-recipe.ts";
import { hyperparameters, rungsOf } from "./halving.ts";
import { learningCurve } from "./learning-curve.ts";
import { errorAt, fitPowerLaw } from "./power-law.ts";
import { recipeChoice } from "./recipe-choice.ts";
import type { NextTrial, SearchSoFar, Strategy } from "./strategy.ts";
import { type EndedTrial, type ExampleErrors, type MeasuredTrial, type TrialOutcome, isMeasured } from "./trial.ts";

const facts = { train: 900, validation: 200, perLabel: [450, 450] };

interface World {
  /** Of a trial: how wrong it is, and how long it takes. */
  readonly error: (trial: NextTrial) => number;
  readonly tookMs: (trial: NextTrial) => number;
  readonly validation?: number;
}

/** Plays a strategy in a made-up world; each measured example's error is drawn with the trial's probability. */
async function play<S, O>(strategy: Strategy<S, O>, spec: S, { error, tookMs, validation = 400 }: World) {
  const trials: EndedTrial[] = [];
  const drawn = new Map<number, ExampleErrors>();
  const soFar = (): SearchSoFar => ({ seed: 1, facts, trials });
  for (;;) {
    const next = strategy.next(spec, soFar());
    if (!next) break;
    const ms = tookMs(next);
    const number = trials.length;
    const { limit, ...trial } = next;
    if (limit && ms * limit.trials > limit.ms) {
      trials.push({
        ...trial,
        number,
        outcome: { is: "stopped", tookMs: 3_000, wouldTakeMs: ms * limit.trials, leftMs: limit.ms },
      });
      continue;
    }
    const random = seededRandom("world"); // an example that is hard is hard for all
    const errors = Float64Array.from({ length: validation }, () => (random.next() < error(next) ? 1 : 0));
    drawn.set(number, { errors, units: new Float64Array(validation).fill(1) });
    const mean = errors.reduce((sum, one) => sum + one, 0) / validation;
    const trained = next.part.kind === "share" ? Math.round(900 * next.part.share) : 600;
    const score = { measure: "error", error: mean, loss: mean, examples: validation, trained };
    const outcome: TrialOutcome = { is: "measured", ...score, errors: "", tookMs: ms };
    trials.push({ ...trial, number, outcome });
    expect(trials.length).toBeLessThan(500);
  }
  const read = async (trial: MeasuredTrial) => drawn.get(trial.number) as ExampleErrors;
  return { trials, outcome: await strategy.conclude(spec, soFar(), read) };
}

describe("cross-validation", () => {
  it("measures each fold once", async () => {
    const { trials, outcome } = await play(
      crossValidation,
      { kind: "cross-validation", recipe: smallRecipe, folds: 5 },
      { error: () => 0.1, tookMs: () => 10 },
    );
    expect(trials.map(({ part }) => part.kind === "fold" && part.fold)).toEqual([0, 1, 2, 3, 4]);
    expect(outcome.folds).toHaveLength(5);
  });
  it("has the corrected interval: s² (1/k + n₂/n₁)", () => {
    const fold = (error: number): MeasuredTrial => ({
      recipe: smallRecipe,
      part: { kind: "fold", fold: 0, folds: 2 },
      seed: 1,
      number: 0,
      outcome: { is: "measured", measure: "error", error, loss: 0, examples: 50, trained: 50, errors: "", tookMs: 0 },
    });
    // mean 0.2, s² = 0.02, (1/2 + 1) · 0.02 = 0.03, t(0.975, 1) = 12.706
    const { value, high } = overFolds([fold(0.1), fold(0.3)], ({ outcome }) => outcome.error);
    expect(value).toBeCloseTo(0.2, 12);
    expect(high).toBeCloseTo(0.2 + 12.7062 * Math.sqrt(0.03), 4);
  });
});

describe("a learning curve", () => {
  it("is a power law where the errors are one", () => {
    const law = { floor: 0.02, scale: 3, exponent: 0.5 };
    const points = [100, 200, 400, 800].map((n) => ({ n, error: errorAt(law, n), weight: 1 }));
    const fitted = fitPowerLaw(points);
    expect(fitted.floor).toBeCloseTo(0.02, 6);
    expect(fitted.scale).toBeCloseTo(3, 5);
    expect(fitted.exponent).toBeCloseTo(0.5, 10);
    expect(fitPowerLaw(points.map(({ n }) => ({ n, error: n / 1000, weight: 1 }))).scale).toBe(0); // worse with more
  });
  it("draws cheap sizes again and expects what doubling brings", async () => {
    const { trials, outcome } = await play(
      learningCurve,
      { kind: "learning-curve", recipe: smallRecipe },
      {
        error: ({ part }) => (part.kind === "share" ? 0.05 + 0.05 / Math.sqrt(part.share) : 1),
        tookMs: ({ part }) => (part.kind === "share" && part.share > 0.3 ? 30_000 : 1_000),
        validation: 4_000,
      },
    );
    expect(trials).toHaveLength(8); // 4 sizes, then the two cheap ones twice
    expect(trials.map(({ seed }) => seed)).toEqual([1, 1, 1, 1, 2, 2, 3, 3]);
    const { points, doubled } = outcome;
    expect(points.map(({ draws }) => draws)).toEqual([3, 3, 1, 1]);
    const expected = 0.05 - 0.05 / Math.sqrt(2);
    expect(doubled.gain.value).toBeCloseTo(expected, 2);
    expect(doubled.gain.low).toBeLessThan(expected);
    expect(doubled.gain.high).toBeGreaterThan(expected);
  });
});

describe("drawn recipes", () => {
  it("are valid, the same for a place, and change only what may change", () => {
    const drawn = Array.from({ length: 50 }, (_, i) => drawRecipe(smallRecipe, 1, i));
    expect(drawn[0]).toBe(smallRecipe);
    for (const recipe of drawn) expect(parseRecipe(recipe)).toEqual(recipe);
    expect(new Set(drawn.map(canonicalJson)).size).toBeGreaterThan(45);
    expect(drawRecipe(smallRecipe, 1, 7)).toEqual(drawn[7]);
    expect(drawRecipe(smallRecipe, 2, 7)).not.toEqual(drawn[7]);
    const [first] = changesOf(smallRecipe, drawn[7] as Recipe);
    expect(first?.path).toMatch(/^training\.rate$/);
  });
});

describe("successive halving", () => {
  const spec = { kind: "hyperparameters", recipe: smallRecipe, minutes: 2 } as const;
  const rateOf = ({ recipe }: { readonly recipe: Recipe }): number =>
    "training" in recipe ? Number(recipe.training.rate) : 0;
  const world: World = {
    error: (trial) => 0.1 + 0.05 * Math.abs(Math.log(rateOf(trial) / 0.02)), // 0.02 is best, the recipe has 0.01
    tookMs: ({ part }) => 9_000 * (part.kind === "share" ? part.share : 1),
  };

  it("has rungs where the rarest label allows them", () => {
    expect(rungsOf(facts)).toEqual([1 / 9, 1 / 3, 1]);
    expect(rungsOf({ ...facts, perLabel: [450, 40] })).toEqual([1 / 3, 1]);
    expect(rungsOf({ ...facts, perLabel: [450, 12] })).toEqual([1]);
  });

  it("ends within the minutes, lets a third go on and the first recipe always, and finds the best", async () => {
    const { trials, outcome } = await play(hyperparameters, spec, world);
    const spent = trials.reduce((sum, trial) => sum + trial.outcome.tookMs, 0);
    expect(spent).toBeLessThanOrEqual(120_000);
    expect(spent).toBeGreaterThan(60_000);
    const [first, second, last] = outcome.tried.map(({ recipes }) => recipes) as [number, number, number];
    expect(second).toBeGreaterThanOrEqual(Math.ceil(first / 3));
    expect(second).toBeLessThanOrEqual(Math.ceil(first / 3) + 1);
    expect(last).toBeLessThanOrEqual(Math.ceil(second / 3) + 1);
    expect(outcome.errorBefore).toBeGreaterThan(outcome.error);
    expect(Math.abs(Math.log(rateOf({ recipe: outcome.best }) / 0.02))).toBeLessThan(0.2);
    expect(outcome.difference?.value).toBeCloseTo(outcome.error - (outcome.errorBefore ?? 0), 10);
    expect(outcome.changes.map(({ path }) => path)).toContain("training.rate");
  });

  it("decides the same after a kill: from the ended trials alone", async () => {
    const { trials } = await play(hyperparameters, spec, world);
    for (const [i, trial] of trials.entries()) {
      const next = hyperparameters.next(spec, { seed: 1, facts, trials: trials.slice(0, i) });
      expect([next?.recipe, next?.part]).toEqual([trial.recipe, trial.part]);
    }
  });
});

describe("the choice of a recipe", () => {
  const candidate = (name: string): Recipe => ({ ...smallRecipe, name });
  const spec = {
    kind: "recipe-choice",
    candidates: ["quick", "better", "slow", "same"].map(candidate),
    folds: 3,
    minutes: 5,
  } as const;
  const world: World = {
    error: ({ recipe }) => ({ quick: 0.2, better: 0.1, slow: 0.01, same: 0.1 })[recipe.name] ?? 1,
    tookMs: ({ recipe }) => (recipe.name === "slow" ? 600_000 : 2_000),
  };

  it("takes the lowest error, leaves out what is too slow, and says why", async () => {
    const { trials, outcome } = await play(recipeChoice, spec, world);
    expect(outcome.chosen.name).toBe("better"); // of equal ones the cheaper
    expect(trials.filter(isMeasured)).toHaveLength(9);
    expect(outcome.candidates.map(({ recipe, is }) => [recipe, is])).toEqual([
      ["quick", "measured"],
      ["better", "measured"],
      ["slow", "left out"],
      ["same", "measured"],
    ]);
    expect(outcome.candidates[2]).toMatchObject({ why: "takes 40 min or more, 5 min were left" });
    expect(outcome.candidates[0]).toMatchObject({ behind: { value: expect.closeTo(0.1, 1) } });
    expect(outcome.because).toMatch(/better has the lowest mean error\. It is not shown to be better than same:/);
  });

  it("goes on when the first one cannot be trained", () => {
    const [first] = spec.candidates;
    const part = { kind: "fold", fold: 0, folds: 3 } as const;
    const failed: EndedTrial = {
      recipe: first as Recipe,
      part,
      seed: 1,
      number: 0,
      outcome: { is: "failed", tookMs: 100, reason: "There is no encoder." },
    };
    expect(recipeChoice.next(spec, { seed: 1, facts, trials: [failed] })?.recipe.name).toBe("better");
  });

  it("takes the first one when there is time for nothing else", async () => {
    const { outcome } = await play(recipeChoice, { ...spec, minutes: 0.01 }, world);
    expect(outcome.chosen.name).toBe("quick");
    expect(outcome.because).toBe("quick is the only one that could be measured in time.");
  });
});
