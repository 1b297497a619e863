import type { Id } from "../kernel/ids.ts";
import { must } from "../kernel/errors.ts";
import { sha256 } from "../kernel/hash.ts";
import { groupNearDuplicates } from "./near/groups.ts";
import { type Part, type Split, type SplitRule, splitOfNewGroup, splitOfTouchingGroup } from "./splits.ts";

/** An example the dataset already has, in whichever version. */
export interface Known {
  readonly id: Id<"example">;
  readonly inputHash: string;
  readonly contentHash: string;
  readonly label: string | undefined;
  readonly group: string;
  readonly split: Split;
  readonly ordinal: number;
  readonly sketch: Uint32Array;
  /** Where it is in the latest version; `undefined` when it left. */
  readonly part: Part | undefined;
}

/** A row that wants in: cleaned, and the only one of its batch with this input. */
export interface Incoming {
  readonly inputHash: string;
  readonly contentHash: string;
  readonly label: string | undefined;
  readonly sketch: Uint32Array;
  /** Where it was said that rows belong together: rows with this key do. */
  readonly groupKey?: string | undefined;
}

/** What becomes of a row. `revives` is a known example with exactly this text and label; without it a new one is made. */
export type Fate =
  | { readonly kind: "added"; readonly group: string; readonly split: Split; readonly part: Part }
  /** It waited in the pool, or had left; now it is used. */
  | { readonly kind: "returned"; readonly known: Known; readonly revives: Known | undefined; readonly part: Part }
  | { readonly kind: "relabelled"; readonly known: Known; readonly revives: Known | undefined; readonly part: Part }
  | { readonly kind: "unchanged"; readonly known: Known }
  /** Another label for an example that may not change: of an import always, of a review when it is in the frozen test. */
  | { readonly kind: "refused"; readonly known: Known; readonly reason: "conflict" | "frozen_test" };

export interface PlanRules extends SplitRule {
  /** Whether a row with a known input corrects its label (a review) or contradicts it (an import). */
  readonly relabels: boolean;
  /** Whether a row with a known input that waits in the pool is taken out of it. */
  readonly takesFromPool: boolean;
  /** Of the new examples that are not test, only the first so many in seeded order are used; the rest waits in the pool. */
  readonly take: { readonly count: number; readonly seed: string } | undefined;
}

/** How rows that belong together are found: by similarity of texts, or by their keys alone. */
export type Neighbours =
  | {
      /** Shingles of a known example, then of a row: known ones come first. */
      readonly shinglesAt: (index: number) => Promise<Uint32Array>;
      readonly onBand?: (band: number) => Promise<void>;
    }
  | "by key";

/** One fate a row, in the order of the rows. */
export async function planFates(
  known: readonly Known[],
  incoming: readonly Incoming[],
  rules: PlanRules,
  neighbours: Neighbours,
): Promise<Fate[]> {
  const byInput = indexByInput(known);
  const fates: (Fate | undefined)[] = incoming.map((row) => fateOfKnownInput(row, byInput.get(row.inputHash), rules));
  const fresh = incoming.flatMap((_, i) => (fates[i] === undefined ? [i] : []));
  const placements = await placeFresh(known, incoming, fresh, rules, neighbours);
  const used = takenRows(incoming, fresh, placements, rules);
  for (const [i, { group, split }] of placements) {
    fates[i] = { kind: "added", group, split, part: used.has(i) ? split : "pool" };
  }
  return fates.map((fate) => must(fate, "every row has a fate"));
}

/** All that is known of an input, the present member first. */
function indexByInput(known: readonly Known[]): Map<string, Known[]> {
  const index = new Map<string, Known[]>();
  for (const example of known) {
    const same = index.get(example.inputHash);
    if (!same) index.set(example.inputHash, [example]);
    else if (example.part === undefined) same.push(example);
    else same.unshift(example);
  }
  return index;
}

function fateOfKnownInput(row: Incoming, same: readonly Known[] | undefined, rules: PlanRules): Fate | undefined {
  const present = same?.[0];
  if (!same || !present) return undefined;
  const revives = same.find((example) => example.label === row.label);
  if (present.part === undefined) return { kind: "returned", known: present, revives, part: present.split };
  const part = present.part === "pool" && !rules.takesFromPool ? "pool" : present.split;
  if (revives === present) {
    return part === present.part
      ? { kind: "unchanged", known: present }
      : { kind: "returned", known: present, revives, part };
  }
  if (!rules.relabels) return { kind: "refused", known: present, reason: "conflict" };
  if (present.part === "test" && present.label !== undefined) {
    return { kind: "refused", known: present, reason: "frozen_test" };
  }
  return { kind: "relabelled", known: present, revives, part };
}

interface Placement {
  readonly group: string;
  readonly split: Split;
}

/** Groups rows with unknown inputs by near-duplication, among themselves and with what is known, and splits by group. */
async function placeFresh(
  known: readonly Known[],
  incoming: readonly Incoming[],
  fresh: readonly number[],
  rules: PlanRules,
  neighbours: Neighbours,
): Promise<Map<number, Placement>> {
  if (neighbours === "by key") return placeByKey(known, incoming, fresh, rules);
  const rowAt = (index: number): number => must(fresh[index - known.length], "an index of a fresh row");
  const groups = await groupNearDuplicates({
    sketches: [...known.map((example) => example.sketch), ...fresh.map((i) => must(incoming[i], "a row").sketch)],
    knownCount: known.length,
    knownGroupOf: (index) => must(known[index], "a known example").group,
    shinglesAt: (index) => neighbours.shinglesAt(index < known.length ? index : known.length + rowAt(index)),
    ...(neighbours.onBand && { onBand: neighbours.onBand }),
  });
  const touched = new Map<number, { splits: Set<Split>; group: string }>();
  for (const [i, example] of known.entries()) {
    const root = groups.find(i);
    const seen = touched.get(root);
    if (!seen) touched.set(root, { splits: new Set([example.split]), group: example.group });
    else seen.splits.add(example.split);
  }
  const names = new Map<number, string>(); // a new group is named after the smallest hash in it, whatever the order
  for (const [k, i] of fresh.entries()) {
    const root = groups.find(known.length + k);
    const hash = must(incoming[i], "a row").inputHash;
    const name = names.get(root);
    if (name === undefined || hash < name) names.set(root, hash);
  }
  const placements = new Map<number, Placement>();
  for (const [k, i] of fresh.entries()) {
    const root = groups.find(known.length + k);
    const near = touched.get(root);
    const name = must(names.get(root), "a group has a name").slice(0, groupNameChars);
    placements.set(
      i,
      near
        ? { group: near.group, split: splitOfTouchingGroup(near.splits) }
        : { group: name, split: splitOfNewGroup(name, rules) },
    );
  }
  return placements;
}

/** Groups are what was said to belong together; every other row is a group of its own. */
function placeByKey(
  known: readonly Known[],
  incoming: readonly Incoming[],
  fresh: readonly number[],
  rules: PlanRules,
): Map<number, Placement> {
  const touched = new Map<string, Set<Split>>();
  for (const { group, split } of known) touched.set(group, (touched.get(group) ?? new Set()).add(split));
  return new Map(
    fresh.map((i) => {
      const { groupKey, inputHash } = must(incoming[i], "a row");
      const group = groupKey ?? inputHash.slice(0, groupNameChars);
      const splits = touched.get(group);
      return [i, { group, split: splits ? splitOfTouchingGroup(splits) : splitOfNewGroup(group, rules) }];
    }),
  );
}

/** The name of the group that a value of the group column stands for; the value itself is not kept. */
export const groupKeyOf = (seed: string, value: string): string =>
  sha256(`${seed}/group/${value}`).slice(0, groupNameChars);

const groupNameChars = 16;

/** Rows that go to their split at once. Test and held rows always; of the others, with `take`, the first in seeded order. */
function takenRows(
  incoming: readonly Incoming[],
  fresh: readonly number[],
  placements: ReadonlyMap<number, Placement>,
  { take }: PlanRules,
): Set<number> {
  if (!take) return new Set(fresh);
  const isFixed = (i: number): boolean => ["test", "held"].includes(must(placements.get(i), "a placement").split);
  const order = arrivalOrder(incoming, fresh, take.seed).filter((i) => !isFixed(i));
  return new Set([...fresh.filter(isFixed), ...order.slice(0, take.count)]);
}

/** A shuffle that depends on the seed and the texts, not on the order of files and rows. */
export function arrivalOrder(incoming: readonly Incoming[], rows: readonly number[], seed: string): number[] {
  const ranks = new Map(rows.map((i) => [i, sha256(`${seed}/arrival/${must(incoming[i], "a row").inputHash}`)]));
  return [...rows].sort((a, b) => ((ranks.get(a) ?? "") < (ranks.get(b) ?? "") ? -1 : 1));
}
