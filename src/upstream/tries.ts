import type { Random } from "../kernel/random.ts";

export interface Weighted {
  readonly priority: number;
  readonly weight: number;
}

/** The order in which targets are tried: by priority, and within one at random by weight, without replacement. */
export function orderTargets<T extends Weighted>(targets: readonly T[], random: Random): T[] {
  if (targets.length <= 1) return [...targets];
  // -ln(u) / weight sorts as drawing by weight does (Efraimidis and Spirakis, 2006)
  const keyed = targets.map((target) => ({ target, key: -Math.log(1 - random.next()) / target.weight }));
  keyed.sort((a, b) => a.target.priority - b.target.priority || a.key - b.key);
  return keyed.map(({ target }) => target);
}

/** How long before a target's `round`-th repetition (1, 2, …), in ms: anything up to the bound, which doubles. */
export function backoff(backoffMs: number, round: number, random: Random): number {
  return random.next() * backoffMs * 2 ** (round - 1);
}
