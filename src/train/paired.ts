import { Refusal } from "../kernel/errors.ts";
import type { Estimate } from "../models/index.ts";
import { type BootstrapOptions, bootstrap } from "./bootstrap.ts";
import { type LossComparison, compareLosses } from "./losses.ts";
import { type Scored, type ScoredExamples, answersOf, lossesOf } from "./scored.ts";

/** Two models on the same examples: facts for a judge, no decision. */
export type Comparison = PairedComparison | LossComparison;

/** Of two classifiers. */
export interface PairedComparison {
  /** Examples that both answered. */
  readonly n: number;
  readonly accuracyA: number;
  readonly accuracyB: number;
  /** Accuracy of b minus a, with its paired bootstrap interval. */
  readonly difference: Estimate;
  /** Cross-entropy of b minus a: negative is better. */
  readonly crossEntropyDifference: Estimate;
  /** Examples that one of them alone has right. */
  readonly discordant: { readonly onlyA: number; readonly onlyB: number };
  /** Exact, two-sided: how often as lopsided a split of the discordant examples comes from a fair coin. */
  readonly mcnemarP: number;
  /** Examples that only one of them answered, left out. */
  readonly unpaired: number;
}

/** Compares b with a. Refuses (`conflict`) when they share no example or are measured otherwise. */
export function comparePaired(a: Scored, b: Scored, options: BootstrapOptions): Comparison {
  const [lossA, lossB] = ["losses" in a, "losses" in b];
  if (lossA !== lossB) throw new Refusal("conflict", "The two models do not answer the same kind of question.");
  return "losses" in a && "losses" in b
    ? compareLosses(a, b, options)
    : compareClassifiers(a as ScoredExamples, b as ScoredExamples, options);
}

/**
 * Compares b with a. The bootstrap draws examples, and with each one both answers to it (paired), so that what makes an
 * example hard for both cancels. Refuses (`conflict`) when they share no example or disagree on a true label.
 */
export function compareClassifiers(a: ScoredExamples, b: ScoredExamples, options: BootstrapOptions): PairedComparison {
  const pairs = pairUp(a, b);
  const n = pairs.length;
  const rightness = (scored: ScoredExamples, side: 0 | 1): Float64Array => {
    const answers = answersOf(scored);
    return Float64Array.from(pairs, (pair) => (answers[pair[side]] === scored.truth[pair[side]] ? 1 : 0));
  };
  const losses = (scored: ScoredExamples, side: 0 | 1): Float64Array => {
    const all = lossesOf(scored);
    return Float64Array.from(pairs, (pair) => all[pair[side]] as number);
  };
  const [rightA, rightB] = [rightness(a, 0), rightness(b, 1)];
  const [lossA, lossB] = [losses(a, 0), losses(b, 1)];
  const gains = rightB.map((right, i) => right - (rightA[i] as number));
  const costs = lossB.map((loss, i) => loss - (lossA[i] as number));
  const means = new Float64Array(2);
  const [difference, crossEntropyDifference] = bootstrap(
    n,
    (draw) => {
      let [gain, cost] = [0, 0];
      for (let i = 0; i < n; i++) {
        gain += (draw[i] as number) * (gains[i] as number);
        cost += (draw[i] as number) * (costs[i] as number);
      }
      means[0] = gain / n;
      means[1] = cost / n;
      return means;
    },
    options,
  ) as [Estimate, Estimate];
  const onlyA = gains.filter((gain) => gain < 0).length;
  const onlyB = gains.filter((gain) => gain > 0).length;
  const share = (right: Float64Array): number => right.reduce((sum, one) => sum + one, 0) / n;
  return {
    n,
    accuracyA: share(rightA),
    accuracyB: share(rightB),
    difference,
    crossEntropyDifference,
    discordant: { onlyA, onlyB },
    mcnemarP: mcnemarExact(onlyA, onlyB),
    unpaired: a.keys.length + b.keys.length - 2 * n,
  };
}

function pairUp(a: ScoredExamples, b: ScoredExamples): (readonly [number, number])[] {
  const places = new Map(a.keys.map((key, i) => [key, i]));
  const pairs = b.keys.flatMap((key, j) => {
    const i = places.get(key);
    return i === undefined ? [] : [[i, j] as const];
  });
  if (pairs.length === 0) {
    throw new Refusal("conflict", "The two models were not evaluated on any common example.", {
      hint: "Evaluate both on the test split of the same dataset version.",
    });
  }
  for (const [i, j] of pairs) {
    if (a.labels[a.truth[i] as number] !== b.labels[b.truth[j] as number]) {
      throw new Refusal("conflict", `The two evaluations disagree on the true label of ${a.keys[i] ?? ""}.`);
    }
  }
  return pairs;
}

/**
 * McNemar's exact test (McNemar 1947; exact form: a two-sided binomial test at 1/2 of the discordant counts). 1 when
 * there is no discordant example.
 */
export function mcnemarExact(onlyA: number, onlyB: number): number {
  const n = onlyA + onlyB;
  const fewer = Math.min(onlyA, onlyB);
  let logChoose = 0; // ln C(n, k)
  let tail = 0;
  for (let k = 0; k <= fewer; k++) {
    tail += Math.exp(logChoose - n * Math.LN2);
    logChoose += Math.log(n - k) - Math.log(k + 1);
  }
  return Math.min(1, 2 * tail);
}
