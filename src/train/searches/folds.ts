import { type Random, seededRandom, shuffle } from "../../kernel/random.ts";

/** What a fold is told by: near-duplicates share a group, and each fold has its share of every stratum. */
export interface Grouped {
  readonly group: string;
  /** A class's name; of a number, the fifth it lies in. */
  readonly stratum: string;
}

/**
 * The fold of each example, 0 to `folds` - 1. A group is never torn apart; strata and sizes are as even as that allows:
 * groups, large ones first, go where their stratum is rarest, and of equal ones to the smallest fold.
 */
export function assignFolds(examples: readonly Grouped[], folds: number, seed: number | string): Int32Array {
  const groups = shuffledGroups(examples, seededRandom(`${seed}/folds`)).sort((a, b) => b.length - a.length);
  const assigned = new Int32Array(examples.length);
  const sizes = new Float64Array(folds);
  const ofStratum = new Map<string, Float64Array>();
  for (const members of groups) {
    const stratum = stratumOf(examples, members);
    const counts = ofStratum.get(stratum) ?? new Float64Array(folds);
    ofStratum.set(stratum, counts);
    let best = 0;
    for (let f = 1; f < folds; f++) {
      const [rarer, smaller] = [at(counts, f) - at(counts, best), at(sizes, f) - at(sizes, best)];
      if (rarer < 0 || (rarer === 0 && smaller < 0)) best = f;
    }
    for (const i of members) assigned[i] = best;
    counts[best] = at(counts, best) + members.length;
    sizes[best] = at(sizes, best) + members.length;
  }
  return assigned;
}

/**
 * The examples that a share from 0 to 1 takes, by index: whole groups, of every stratum its share, and of one seed
 * nested: what a smaller share takes, a larger one takes too. At least one group of every stratum.
 */
export function takeShare(examples: readonly Grouped[], share: number, seed: number | string): number[] {
  const byStratum = new Map<string, number[][]>();
  for (const members of shuffledGroups(examples, seededRandom(`${seed}/share`))) {
    const stratum = stratumOf(examples, members);
    byStratum.set(stratum, [...(byStratum.get(stratum) ?? []), members]);
  }
  return [...byStratum.values()]
    .flatMap((groups) => groups.slice(0, Math.max(1, Math.round(groups.length * share))).flat())
    .sort((a, b) => a - b);
}

/** Indices of the examples of each group, in an order that does not depend on that of the examples. */
function shuffledGroups(examples: readonly Grouped[], random: Random): number[][] {
  const groups = new Map<string, number[]>();
  for (const [i, { group }] of examples.entries()) {
    const members = groups.get(group);
    if (members) members.push(i);
    else groups.set(group, [i]);
  }
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, members]) => members);
  return shuffle(sorted, random);
}

const stratumOf = (examples: readonly Grouped[], members: readonly number[]): string =>
  examples[members[0] ?? 0]?.stratum ?? "";

const at = (values: Float64Array, i: number): number => values[i] ?? 0;
