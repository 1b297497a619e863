import { invariant } from "../kernel/errors.ts";
import { sha256 } from "../kernel/hash.ts";

/**
 * Where an input belongs, decided once and for ever. `held` is kept out of every use: it resembles a frozen test
 * example, or examples of two splits at once, and would leak from one into the other.
 */
export type Split = "train" | "validation" | "test" | "held";

/** Where an example is in one version: its split, or the `pool` of what waits to be used. */
export type Part = Split | "pool";

export const parts: readonly Part[] = ["train", "validation", "test", "pool", "held"];

export interface Shares {
  readonly validation: number;
  readonly test: number;
}

export interface SplitRule extends Shares {
  readonly seed: string;
  /** Once a first version exists its test split is frozen: nothing new enters it. */
  readonly testIsFrozen: boolean;
}

/** A number in [0, 1) from a salted hash: 52 bits. */
export function hashShare(salt: string, text: string): number {
  return Number.parseInt(sha256(`${salt}/${text}`).slice(0, 13), 16) / 2 ** 52;
}

/** The split of a group of near-duplicates that touches no known example. */
export function splitOfNewGroup(group: string, rule: SplitRule): Split {
  invariant(rule.test >= 0 && rule.validation >= 0 && rule.test + rule.validation < 1, "train keeps a share");
  if (!rule.testIsFrozen && hashShare(`${rule.seed}/test`, group) < rule.test) return "test";
  const share = rule.validation / (1 - rule.test);
  return hashShare(`${rule.seed}/validation`, group) < share ? "validation" : "train";
}

/** The split of new examples whose group touches known ones of these splits. */
export function splitOfTouchingGroup(touched: ReadonlySet<Split>): Split {
  const [only] = touched;
  invariant(only, "a touching group touches something");
  return touched.size === 1 && only !== "test" ? only : "held";
}
