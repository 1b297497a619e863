/**
 * A confidence sequence for the mean of observations in [0, 1]: its interval holds at all times together, so that one may look
 * after each observation and stop when one likes. It is the empirical Bernstein sequence of S. R. Howard, A. Ramdas, J. McAuliffe
 * and J. Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49 (2021), Theorem 4:
 * with X̂ᵢ the mean before observation i, Sₜ = Σ(Xᵢ - E[Xᵢ | past]), Vₜ = Σ(Xᵢ - X̂ᵢ)² and ψ(λ) = -log(1 - λ) - λ, each
 * exp(λSₜ - ψ(λ)Vₜ), 0 < λ < 1, is a nonnegative supermartingale that begins at 1; so is their mean over λ (a discrete mixture,
 * there in section 3), which by Ville's inequality ever passes 1/α with probability α at most.
 *
 * Chosen because it asks for no model: the mean may drift (then it covers the mean of the means so far), observations may come
 * in any order with those of another release, and its width follows the variance that was seen, small near 0 and 1.
 */
export interface Sequence {
  readonly n: number;
  readonly sum: number;
  /** Vₜ */
  readonly variation: number;
}

export const beginning: Sequence = { n: 0, sum: 0, variation: 0 };

export function observe({ n, sum, variation }: Sequence, x: number): Sequence {
  const predicted = (sum + 0.5) / (n + 1); // known before x
  return { n: n + 1, sum: sum + x, variation: variation + (x - predicted) ** 2 };
}

export interface Bounds {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** With probability `1 - alpha` the mean lies within, at all times together. Nothing is known without observations. */
export function boundsOf({ n, sum, variation }: Sequence, alpha: number): Bounds {
  if (n === 0) return { value: 0.5, low: 0, high: 1 };
  const value = sum / n;
  const reach = boundary(variation, alpha / 2) / n; // half of alpha for each side
  return { value, low: Math.max(0, value - reach), high: Math.min(1, value + reach) };
}

/** λ from 0.9 down to 0.001: each serves best at one size of V, from one to a million. */
const mixture = Array.from({ length: 20 }, (_, k) => {
  const lambda = 0.9 * 2 ** (-k / 2);
  return { lambda, psi: -Math.log1p(-lambda) - lambda };
});

/** The s at which the mixture passes 1/α: log-sum-exp is convex in s, so Newton's steps come down on it from above. */
function boundary(variation: number, alpha: number): number {
  const wanted = Math.log(mixture.length / alpha);
  let s = Math.sqrt(2 * wanted * variation) + wanted;
  for (let step = 0; step < 50; step++) {
    const exponents = mixture.map(({ lambda, psi }) => lambda * s - psi * variation);
    const most = Math.max(...exponents);
    let [sum, slope] = [0, 0];
    for (const [k, { lambda }] of mixture.entries()) {
      const weight = Math.exp((exponents[k] ?? 0) - most);
      sum += weight;
      slope += weight * lambda;
    }
    const move = (most + Math.log(sum) - wanted) / (slope / sum);
    s -= move;
    if (Math.abs(move) < 1e-9 * (1 + s)) break;
  }
  return s;
}

/** Of b less a, where each has a sequence of its own: both hold together with probability `1 - alpha`. */
export function differenceOf(a: Sequence, b: Sequence, alpha: number): Bounds {
  const [ofA, ofB] = [boundsOf(a, alpha / 2), boundsOf(b, alpha / 2)];
  return { value: ofB.value - ofA.value, low: ofB.low - ofA.high, high: ofB.high - ofA.low };
}
