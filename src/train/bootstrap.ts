import { seededRandom } from "../kernel/random.ts";
import type { Estimate } from "../models/index.ts";

export interface BootstrapOptions {
  readonly seed: number | string;
  /** Default 1,000. */
  readonly resamples?: number;
  /** Default 0.95. */
  readonly confidence?: number;
}

/**
 * Percentile bootstrap (Efron 1979) over examples: draws `n` of the `n` examples with replacement, again and again, and
 * asks `measure` for its figures each time. `draw` counts how often each example was drawn. Returns one interval for
 * each figure of `measure`, around its value on the examples as they are.
 */
export function bootstrap(
  n: number,
  measure: (draw: Uint16Array) => Float64Array,
  { seed, resamples = 1_000, confidence = 0.95 }: BootstrapOptions,
): Estimate[] {
  const random = seededRandom(`${seed}/bootstrap`);
  const draw = new Uint16Array(n).fill(1);
  const values = Float64Array.from(measure(draw)); // measure may reuse its array
  const columns = Array.from(values, () => new Float64Array(resamples));
  for (let r = 0; r < resamples; r++) {
    draw.fill(0);
    for (let i = 0; i < n; i++) {
      const drawn = (random.next() * n) | 0;
      draw[drawn] = (draw[drawn] as number) + 1;
    }
    const figures = measure(draw);
    for (const [f, column] of columns.entries()) column[r] = figures[f] as number;
  }
  return columns.map((column, f) => {
    column.sort();
    const value = values[f] as number;
    // A biased figure such as calibration error can lie outside its own percentiles; the interval then reaches to it.
    return {
      value,
      low: Math.min(value, quantile(column, (1 - confidence) / 2)),
      high: Math.max(value, quantile(column, (1 + confidence) / 2)),
    };
  });
}

/** Linear between the two nearest of sorted numbers. */
export function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] as number;
  const high = sorted[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}
