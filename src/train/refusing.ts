import { Refusal } from "../kernel/errors.ts";
import type { Decision, Estimate } from "../models/index.ts";
import { topAnswers } from "./calibration.ts";
import { clopperPearson, shareAtMost } from "./distributions.ts";
import type { ScoredExamples } from "./scored.ts";

/** What refusing does on a split, with exact 95 % intervals. */
export interface RefusalFigures extends Decision {
  /** The share of examples that are answered. */
  readonly coverage: Estimate;
  /** The share of wrong answers among those that are. */
  readonly error: Estimate;
}

type Answers = Omit<ScoredExamples, "keys">;

const confidence = 0.95;

/** Shares of the examples that are tried: all of them, 95 %, 90 %, … */
const coverages = Array.from({ length: 20 }, (_, i) => 1 - i / 20);

/**
 * The lowest threshold under which the share of wrong answers stays below `risk` with 95 % confidence: selective
 * classification with guaranteed risk (Geifman and El-Yaniv 2017, arXiv:1705.08500). Twenty thresholds are tried, each by
 * the Clopper-Pearson bound at level 1 - 0.05 / 20, so that choosing the best of them keeps the promise. Refuses
 * (`invalid_data`) a risk that these examples cannot show.
 */
export function chooseThreshold(scored: Answers, risk: number): Decision {
  const { right, confidences: probabilities } = topAnswers(scored);
  const n = right.length;
  const order = Array.from(right, (_, i) => i).sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0));
  const wrongs = wrongsBefore(order, right);
  const level = 1 - (1 - confidence) / coverages.length;
  for (const coverage of coverages) {
    const answered = withEquals(Math.ceil(coverage * n), order, probabilities);
    if (shareAtMost(wrongs[answered] ?? 0, answered, level) > risk) continue;
    return { threshold: probabilities[order[answered - 1] ?? 0] ?? 1, risk };
  }
  throw unreachableRisk(risk, n, level);
}

/** What a threshold does on these examples. */
export function measureRefusal(scored: Answers, { threshold, risk }: Decision): RefusalFigures {
  const { right, confidences: probabilities } = topAnswers(scored);
  const answered = right.filter((_, i) => (probabilities[i] ?? 0) >= threshold);
  const wrong = answered.filter((isRight) => !isRight).length;
  return {
    threshold,
    risk,
    coverage: clopperPearson(answered.length, right.length),
    error: clopperPearson(wrong, answered.length),
  };
}

/** How many of the first i in this order are wrong. */
function wrongsBefore(order: readonly number[], right: readonly boolean[]): number[] {
  const counts = [0];
  for (const i of order) counts.push((counts.at(-1) ?? 0) + (right[i] === true ? 0 : 1));
  return counts;
}

/** A threshold cannot tell equal probabilities apart: all of them are answered. */
function withEquals(count: number, order: readonly number[], probabilities: readonly number[]): number {
  const last = probabilities[order[count - 1] ?? 0];
  let all = count;
  while (all < order.length && probabilities[order[all] ?? 0] === last) all++;
  return all;
}

function unreachableRisk(risk: number, n: number, level: number): Refusal {
  const needed = Math.ceil(Math.log(1 - level) / Math.log(1 - risk));
  const percent = `${Number((risk * 100).toPrecision(3))} %`;
  const [message, hint] =
    n < needed
      ? [
          `A risk of ${percent} cannot be shown on ${n} validation examples: it takes at least ${needed}, all answered rightly.`,
          "Import more examples, or allow a higher risk.",
        ]
      : [
          `No threshold keeps the wrong answers below ${percent}: even its surest answers are wrong too often.`,
          "Allow a higher risk, or train a better model first.",
        ];
  return new Refusal("invalid_data", message, { param: "recipe.refuse.risk", hint });
}
