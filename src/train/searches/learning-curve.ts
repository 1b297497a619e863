import { seededRandom } from "../../kernel/random.ts";
import type { Estimate } from "../../models/index.ts";
import type { Recipe } from "../architectures/index.ts";
import { quantile } from "../bootstrap.ts";
import { type SizedError, errorAt, fitPowerLaw } from "./power-law.ts";
import { type Strategy, mean } from "./strategy.ts";
import { type EndedTrial, type ExampleErrors, type MeasuredTrial, isMeasured } from "./trial.ts";

export interface LearningCurveSpec {
  readonly kind: "learning-curve";
  readonly recipe: Recipe;
}

export interface LearningCurveOutcome {
  readonly kind: "learning-curve";
  readonly measure: string;
  /** By size; errors on the validation split, with 95 % bootstrap intervals. */
  readonly points: readonly { readonly n: number; readonly draws: number; readonly error: Estimate }[];
  /** The fitted power law: floor + scale · n^-exponent. */
  readonly law: { readonly floor: number; readonly scale: number; readonly exponent: number };
  /** What is expected with twice the labelled examples. */
  readonly doubled: { readonly n: number; readonly error: Estimate; readonly gain: Estimate };
}

const shares = [1 / 8, 1 / 4, 1 / 2, 1];

/** Where one training is as quick as this, a size is drawn again: other examples, another seed. */
const cheapMs = 20_000;
const drawsMax = 3;

export const learningCurve: Strategy<LearningCurveSpec, LearningCurveOutcome> = {
  next({ recipe }, { seed, trials }) {
    const place = placesOf(trials)[trials.length];
    if (!place) return null;
    return { recipe, part: { kind: "share", ...place }, seed: seed + place.draw, limit: null };
  },
  share(_spec, { trials }) {
    const places = placesOf(trials);
    const cost = (many: readonly { readonly share: number }[]): number =>
      many.reduce((sum, { share }) => sum + share + 0.1, 0);
    return cost(places.slice(0, trials.length)) / cost(places);
  },
  async conclude(_spec, { seed, trials }, errorsOf) {
    const measured = trials.filter(isMeasured);
    const errors = new Map<MeasuredTrial, ExampleErrors>();
    for (const trial of measured) errors.set(trial, await errorsOf(trial));
    return concludeCurve(measured, (trial) => errors.get(trial) ?? nothing, seed);
  },
};

const nothing: ExampleErrors = { errors: new Float64Array(), units: new Float64Array() };

/** Every size once, then again those that are cheap; as far as is known after these trials. */
function placesOf(trials: readonly EndedTrial[]): { readonly share: number; readonly draw: number }[] {
  const first = shares.map((share) => ({ share, draw: 0 }));
  const cheap = shares.filter((_, i) => (trials[i]?.outcome.tookMs ?? 0) <= cheapMs);
  const again = Array.from({ length: drawsMax - 1 }, (_, i) => cheap.map((share) => ({ share, draw: i + 1 })));
  return [...first, ...again.flat()];
}

const resamples = 500;

/**
 * The bootstrap draws validation examples, the same for all sizes because all are measured on them, and of each size its
 * draws; each time the law is fitted again.
 */
function concludeCurve(
  measured: readonly MeasuredTrial[],
  errorsOf: (trial: MeasuredTrial) => ExampleErrors,
  seed: number,
): LearningCurveOutcome {
  const bySize = shares
    .map((share) => measured.filter(({ part }) => part.kind === "share" && part.share === share))
    .filter((trials) => trials.length > 0);
  const sizes = bySize.map((trials) => Math.round(mean(trials.map(({ outcome }) => outcome.trained))));
  const twice = 2 * (sizes.at(-1) ?? 0);
  const pointsOf = (errorOf: (trial: MeasuredTrial) => number, draw: (trials: MeasuredTrial[]) => MeasuredTrial[]) =>
    bySize.map((trials, i): SizedError => {
      return { n: sizes[i] ?? 0, error: mean(draw(trials).map(errorOf)), weight: trials.length };
    });
  const figuresOf = (points: readonly SizedError[]): number[] => {
    const law = fitPowerLaw(points);
    const gain = errorAt(law, twice / 2) - errorAt(law, twice);
    const now = points.at(-1)?.error ?? 0; // the law tells what changes; where it starts is measured
    return [...points.map(({ error }) => error), Math.max(0, now - gain), gain];
  };
  const whole = pointsOf(
    ({ outcome }) => outcome.error,
    (trials) => trials,
  );
  const random = seededRandom(`${seed}/learning-curve`);
  const drawn = figuresOf(whole).map(() => new Float64Array(resamples));
  const n = measured[0]?.outcome.examples ?? 0;
  for (let r = 0; r < resamples; r++) {
    const counts = new Uint16Array(n);
    for (let i = 0; i < n; i++) {
      const at = random.below(n);
      counts[at] = (counts[at] ?? 0) + 1;
    }
    const points = pointsOf(
      (trial) => weighted(errorsOf(trial), counts),
      (trials) => trials.map(() => trials[random.below(trials.length)] as MeasuredTrial),
    );
    for (const [f, figure] of figuresOf(points).entries()) (drawn[f] as Float64Array)[r] = figure;
  }
  const estimates = figuresOf(whole).map((value, f) => intervalOf(value, drawn[f] as Float64Array));
  const at = (f: number): Estimate => estimates[f] ?? { value: 0, low: 0, high: 0 };
  return {
    kind: "learning-curve",
    measure: measured[0]?.outcome.measure ?? "error",
    points: sizes.map((size, i) => ({ n: size, draws: bySize[i]?.length ?? 0, error: at(i) })),
    law: fitPowerLaw(whole),
    doubled: { n: twice, error: at(sizes.length), gain: at(sizes.length + 1) },
  };
}

/** Σ count · error / Σ count · unit */
function weighted({ errors, units }: ExampleErrors, counts: Uint16Array): number {
  let [sum, total] = [0, 0];
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] as number;
    sum += count * (errors[i] as number);
    total += count * (units[i] as number);
  }
  return sum / Math.max(1e-12, total);
}

function intervalOf(value: number, drawn: Float64Array): Estimate {
  drawn.sort();
  return { value, low: Math.min(value, quantile(drawn, 0.025)), high: Math.max(value, quantile(drawn, 0.975)) };
}
