import { Refusal } from "../../kernel/errors.ts";
import { seededRandom, shuffle } from "../../kernel/random.ts";

/** Indices of the examples to learn from and of those to be tested on, each in ascending order. */
export interface Fold {
  readonly training: Int32Array;
  readonly held: Int32Array;
}

export interface FoldOptions {
  readonly folds: number;
  readonly seed: number | string;
  /** For each example, what it belongs to (a person, a source, a near-duplicate's group): a group is never torn apart. */
  readonly groups?: ArrayLike<string | number>;
}

/** Every example is held out exactly once; folds are as equal in size as groups allow. */
export function kFold(count: number, options: FoldOptions): Fold[] {
  return stratifiedKFold(new Int32Array(count), options);
}

/**
 * As `kFold`, and every label has about the same share in each fold. With groups: large ones first, each into the fold
 * that then differs least from an equal share of every label.
 */
export function stratifiedKFold(labels: ArrayLike<string | number>, options: FoldOptions): Fold[] {
  const { folds, seed } = options;
  const groups = groupsOf(labels.length, options.groups);
  if (!Number.isInteger(folds) || folds < 2 || groups.length < folds) {
    throw new Refusal("invalid_data", `${groups.length} groups of examples do not divide into ${folds} folds.`, {
      hint: "Take at least two folds, and no more than there are examples or groups.",
    });
  }
  shuffle(groups, seededRandom(`${seed}/folds`));
  const ranks = new Map<string | number, number>();
  for (let i = 0; i < labels.length; i++) if (!ranks.has(labels[i] ?? 0)) ranks.set(labels[i] ?? 0, ranks.size);
  const rankOf = ([first = 0]: readonly number[]): number => ranks.get(labels[first] ?? 0) ?? 0;
  // label by label, so that what is left of one goes where the last one left room; stable: equal ones stay shuffled
  groups.sort((a, b) => b.length - a.length || rankOf(a) - rankOf(b));
  const places = assign(groups, labels, folds);
  return Array.from({ length: folds }, (_, fold) => {
    const all = [...places.keys()];
    const part = (held: boolean): Int32Array => Int32Array.from(all.filter((i) => (places[i] === fold) === held));
    return { training: part(false), held: part(true) };
  });
}

/** The fold of each example. */
function assign(groups: readonly (readonly number[])[], labels: ArrayLike<string | number>, folds: number): Int32Array {
  const places = new Int32Array(labels.length);
  const counts = Array.from({ length: folds }, () => new Map<string | number, number>());
  const sizes = counts.map(() => 0);
  for (const group of groups) {
    const added = new Map<string | number, number>();
    for (const i of group) added.set(labels[i] ?? 0, (added.get(labels[i] ?? 0) ?? 0) + 1);
    /** By how much the sum of squared counts of labels grows: least where these labels are rarest. */
    const costs = counts.map((count) =>
      [...added].reduce((sum, [label, more]) => sum + more * (2 * (count.get(label) ?? 0) + more), 0),
    );
    let best = 0;
    for (let fold = 1; fold < folds; fold++) {
      const difference = (costs[fold] ?? 0) - (costs[best] ?? 0) || (sizes[fold] ?? 0) - (sizes[best] ?? 0);
      if (difference < 0) best = fold;
    }
    const count = counts[best];
    for (const [label, more] of added) count?.set(label, (count.get(label) ?? 0) + more);
    sizes[best] = (sizes[best] ?? 0) + group.length;
    for (const i of group) places[i] = best;
  }
  return places;
}

function groupsOf(count: number, groups: ArrayLike<string | number> | undefined): number[][] {
  if (!groups) return Array.from({ length: count }, (_, i) => [i]);
  const members = new Map<string | number, number[]>();
  for (let i = 0; i < count; i++) {
    const key = groups[i] ?? "";
    const list = members.get(key);
    if (list) list.push(i);
    else members.set(key, [i]);
  }
  return [...members.values()];
}
