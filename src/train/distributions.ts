import type { Estimate } from "../models/index.ts";

/** ln Γ(x) for x > 0 (Lanczos 1964, g = 7, n = 9): 15 digits. */
export function logGamma(x: number): number {
  const lanczos = [
    0.999_999_999_999_809_9, 676.520_368_121_885_1, -1_259.139_216_722_402_8, 771.323_428_777_653_1,
    -176.615_029_162_140_6, 12.507_343_278_686_905, -0.138_571_095_265_720_12, 9.984_369_578_019_572e-6,
    1.505_632_735_149_311_6e-7,
  ];
  const shifted = x - 1;
  const sum = lanczos.reduce((total, c, i) => (i === 0 ? c : total + c / (shifted + i)), 0);
  const t = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** The regularized incomplete beta function I_x(a, b): the share of a Beta(a, b) below x. */
export function betaShare(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b;
}

/** Its continued fraction by the method of Lentz. */
function fraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const off = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / off(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / off(1 + even * d);
    c = off(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / off(1 + odd * d);
    c = off(1 + odd / c);
    result *= d * c;
    if (Math.abs(d * c - 1) < 1e-14) break;
  }
  return result;
}

/** The x below which this share of a Beta(a, b) lies, by bisection. */
export function betaQuantile(share: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (betaShare(middle, a, b) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The quantile of Student's t with `freedom` degrees of freedom, for shares of at least one half. */
export function studentQuantile(share: number, freedom: number): number {
  const x = betaQuantile(2 * (1 - share), freedom / 2, 0.5); // x = freedom / (freedom + t^2)
  return Math.sqrt(freedom * (1 / x - 1));
}

/** The highest share that `hits` of `n` still allow (Clopper and Pearson 1934, one-sided). */
export function shareAtMost(hits: number, n: number, confidence = 0.95): number {
  return hits >= n ? 1 : betaQuantile(confidence, hits + 1, n - hits);
}

/** A share with its exact two-sided 95 % interval (Clopper and Pearson 1934). */
export function clopperPearson(hits: number, n: number): Estimate {
  if (n === 0) return { value: 0, low: 0, high: 1 };
  const low = hits === 0 ? 0 : betaQuantile(0.025, hits, n - hits + 1);
  return { value: hits / n, low, high: shareAtMost(hits, n, 0.975) };
}

/** A share with its 95 % score interval (Wilson 1927): sound for few examples and near 0 and 1. */
export function wilson(hits: number, n: number): Estimate {
  if (n === 0) return { value: 0, low: 0, high: 1 };
  const z = 1.959964;
  const p = hits / n;
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const reach = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return { value: p, low: Math.max(0, centre - reach), high: Math.min(1, centre + reach) };
}

/** P(X >= hits) where `drawn` of `total` are drawn and `marked` of them are marked: the tail of Fisher's exact test. */
export function hypergeometricTail(hits: number, drawn: number, marked: number, total: number): number {
  const all = logChoose(total, drawn);
  let tail = 0;
  for (let k = hits; k <= Math.min(drawn, marked); k++) {
    if (drawn - k > total - marked) continue;
    tail += Math.exp(logChoose(marked, k) + logChoose(total - marked, drawn - k) - all);
  }
  return Math.min(1, tail);
}

const logChoose = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
