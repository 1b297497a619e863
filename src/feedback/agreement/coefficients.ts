import { studentQuantile } from "../../train/index.ts";

/** Agreement beyond chance with its 95 % interval: 1 is perfect, 0 is what chance alone would give. */
export interface Coefficient {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export const coefficientNames = ["gwet_ac1", "krippendorff_alpha", "fleiss_kappa"] as const;
export type CoefficientName = (typeof coefficientNames)[number];

/** `counts[i][k]`: how many reviewers gave item i label k. Items may have different numbers of reviewers, at least one. */
export type Ratings = readonly (readonly number[])[];

/**
 * How far any number of reviewers agree on labels without order. Intervals are by the linearized variances of K. L. Gwet,
 * Handbook of Inter-Rater Reliability (4th edition, 2014), over items, with Student's t. Nothing where no interval can be
 * told: fewer than two items with two reviewers, or a single label.
 */
export const coefficients: { readonly [N in CoefficientName]: (ratings: Ratings) => Coefficient | null } = {
  // chance: (1 / (q - 1)) Σ p (1 - p). Gwet, 2008: it stays sensible where nearly all items have one label
  gwet_ac1: (ratings) =>
    betweenReviewers(ratings, (shares) => {
      const scale = 1 / (shares.length - 1);
      return {
        chance: scale * sum(shares.map((p) => p * (1 - p))),
        ofItem: (own) => scale * sum(own.map((share, k) => share * (1 - (shares[k] ?? 0)))),
      };
    }),
  // chance: Σ p². Fleiss, 1971; for items with different numbers of reviewers as Gwet writes it
  fleiss_kappa: (ratings) =>
    betweenReviewers(ratings, (shares) => ({
      chance: sum(shares.map((p) => p * p)),
      ofItem: (own) => sum(own.map((share, k) => share * (shares[k] ?? 0))),
    })),
  krippendorff_alpha: krippendorff,
};

interface Chance {
  readonly chance: number;
  /** What an item with these shares of labels adds to chance. */
  ofItem(own: readonly number[]): number;
}

function betweenReviewers(ratings: Ratings, chanceOf: (shares: readonly number[]) => Chance): Coefficient | null {
  const n = ratings.length;
  const labels = ratings[0]?.length ?? 0;
  const pairs = ratings.filter((item) => sum(item) >= 2).length;
  if (pairs < 2 || !hasTwoLabels(ratings)) return null;
  const own = ratings.map((item) => item.map((count) => count / sum(item)));
  const shares = Array.from({ length: labels }, (_, k) => sum(own.map((item) => item[k] ?? 0)) / n);
  const { chance, ofItem } = chanceOf(shares);
  const agreed = ratings.map(agreementOf);
  const observed = sum(agreed) / pairs;
  const value = (observed - chance) / (1 - chance);
  const linear = ratings.map((item, i) => {
    const counts = sum(item) >= 2 ? 1 : 0;
    const part = ((n / pairs) * ((agreed[i] ?? 0) - chance * counts)) / (1 - chance);
    return part - (2 * (1 - value) * (ofItem(own[i] ?? []) - chance)) / (1 - chance);
  });
  return withInterval(value, value, linear, n);
}

/** Krippendorff, 2011: what one reviewer says against all that were said, corrected for few; items of one reviewer say nothing. */
function krippendorff(all: Ratings): Coefficient | null {
  const ratings = all.filter((item) => sum(item) >= 2);
  const n = ratings.length;
  if (n < 2 || !hasTwoLabels(ratings)) return null;
  const sizes = ratings.map(sum);
  const mean = sum(sizes) / n;
  const shares = (ratings[0] ?? []).map((_, k) => sum(ratings.map((item) => item[k] ?? 0)) / (n * mean));
  const chance = sum(shares.map((p) => p * p));
  const agreed = ratings.map((item, i) => (agreementOf(item) * (sizes[i] ?? 0)) / mean);
  const raw = sum(agreed) / n;
  const few = 1 / sum(sizes);
  const value = ((1 - few) * raw + few - chance) / (1 - chance);
  const uncorrected = (raw - chance) / (1 - chance);
  const linear = ratings.map((item, i) => {
    const over = ((sizes[i] ?? 0) - mean) / mean;
    const part = ((agreed[i] ?? 0) - raw * over - chance) / (1 - chance);
    const byChance = sum(item.map((count, k) => count * (shares[k] ?? 0))) / mean - chance * over;
    return part - (2 * (1 - uncorrected) * (byChance - chance)) / (1 - chance);
  });
  return withInterval(value, uncorrected, linear, all.length);
}

/** Of the pairs of reviewers of one item, the share that agrees. */
function agreementOf(item: readonly number[]): number {
  const size = sum(item);
  return size < 2 ? 0 : sum(item.map((count) => count * (count - 1))) / (size * (size - 1));
}

function withInterval(value: number, centre: number, linear: readonly number[], items: number): Coefficient {
  const n = linear.length;
  const variance = sum(linear.map((part) => (part - centre) ** 2)) / (n * (n - 1));
  const reach = Math.sqrt(variance) * studentQuantile(0.975, items - 1);
  return { value, low: Math.max(-1, value - reach), high: Math.min(1, value + reach) };
}

const hasTwoLabels = (ratings: Ratings): boolean =>
  (ratings[0] ?? []).filter((_, k) => ratings.some((item) => (item[k] ?? 0) > 0)).length >= 2;

/**
 * Cohen's kappa of two reviewers (1960), `table[a][b]` counting items that the first gave label a and the second b; its
 * interval by Fleiss, Cohen and Everitt (1969). Nothing without items, or where both gave one label to all.
 */
export function cohenKappa(table: readonly (readonly number[])[]): Coefficient | null {
  const n = sum(table.map(sum));
  if (n === 0) return null;
  const p = table.map((row) => row.map((count) => count / n));
  const rows = p.map(sum);
  const columns = p.map((_, k) => sum(p.map((row) => row[k] ?? 0)));
  const observed = sum(p.map((row, k) => row[k] ?? 0));
  const chance = sum(rows.map((share, k) => share * (columns[k] ?? 0)));
  if (chance >= 1) return null;
  const kappa = (observed - chance) / (1 - chance);
  let variance = 0;
  for (const [a, row] of p.entries()) {
    for (const [b, share] of row.entries()) {
      const margin = a === b ? (rows[a] ?? 0) + (columns[a] ?? 0) : (columns[a] ?? 0) + (rows[b] ?? 0);
      variance += share * (a === b ? 1 - margin * (1 - kappa) : margin * (1 - kappa)) ** 2;
    }
  }
  variance = (variance - (kappa - chance * (1 - kappa)) ** 2) / (n * (1 - chance) ** 2);
  const reach = normalQuantile * Math.sqrt(Math.max(0, variance));
  return { value: kappa, low: Math.max(-1, kappa - reach), high: Math.min(1, kappa + reach) };
}

const normalQuantile = 1.959963984540054; // 97.5 %

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
