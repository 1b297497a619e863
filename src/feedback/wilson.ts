/** A share of `n` with its 95 % interval. */
export interface Proportion {
  readonly n: number;
  readonly successes: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const z = 1.959963984540054; // the 97.5 % quantile of the standard normal

/**
 * Wilson's score interval (E. B. Wilson, 1927): (p + z²/2n ± z √(p(1 - p)/n + z²/4n²)) / (1 + z²/n). It stays in [0, 1]
 * and is honest for small n. Nothing without observations.
 */
export function wilson(successes: number, n: number): Proportion | null {
  if (n === 0) return null;
  const p = successes / n;
  const centre = p + (z * z) / (2 * n);
  const spread = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  const low = successes === 0 ? 0 : (centre - spread) / scale;
  const high = successes === n ? 1 : (centre + spread) / scale;
  return { n, successes, value: p, low, high };
}
