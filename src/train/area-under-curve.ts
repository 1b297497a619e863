import type { Estimate } from "../models/index.ts";
import { type BootstrapOptions, bootstrap } from "./bootstrap.ts";
import type { ScoredExamples } from "./scored.ts";

/**
 * Of two classes: the chance that an example of the second gets a higher probability for it than one of the first, equal
 * ones counted as half (Hanley and McNeil 1982); with its bootstrap interval. Undefined with more classes, or when the
 * examples are all of one.
 */
export function areaUnderCurve(
  { labels, truth, probabilities }: Omit<ScoredExamples, "keys">,
  options: BootstrapOptions,
): Estimate | undefined {
  if (labels.length !== 2 || !truth.includes(0) || !truth.includes(1)) return undefined;
  const score = (i: number): number => probabilities[2 * i + 1] as number;
  const order = Int32Array.from(truth.keys()).sort((a, b) => score(a) - score(b));
  const figure = (draw: Uint16Array): Float64Array => {
    let [pairs, below, first, second] = [0, 0, 0, 0];
    for (let from = 0; from < order.length;) {
      let [firstHere, secondHere, to] = [0, 0, from];
      const tie = score(order[from] as number);
      for (; to < order.length && score(order[to] as number) === tie; to++) {
        const i = order[to] as number;
        if (truth[i] === 0) firstHere += draw[i] as number;
        else secondHere += draw[i] as number;
      }
      pairs += secondHere * (below + firstHere / 2);
      below += firstHere;
      first += firstHere;
      second += secondHere;
      from = to;
    }
    return Float64Array.of(first * second === 0 ? 0.5 : pairs / (first * second));
  };
  return bootstrap(truth.length, figure, options)[0];
}
