import { limits } from "../kernel/limits.ts";
import type { Nanos } from "../kernel/money.ts";
import { type Component, chargeOf, dearestApart } from "./component.ts";
import { type Quantities, addQuantities, answersIn, countsOf } from "./units.ts";

export interface LeaseRoom {
  readonly components: readonly Component[];
  /** What the period has used and holds. */
  readonly reached: Quantities;
  /** Of that, what is used. */
  readonly used: Quantities;
  readonly availableNanos: Nanos;
  readonly spendCapNanos: Nanos | null;
  /** The least that is left of a hard budget; null without one. */
  readonly budgetLeftNanos: Nanos | null;
  /** Answers left of the key's quota; null without one. */
  readonly keyLeft: number | null;
  readonly wanted: Quantities;
  /** Less than this is not worth a lease. */
  readonly least: Quantities;
}

const steps = 1_024;

/**
 * The largest part of what is wanted that takes at most `1 / limits.leaseShare` of what is left of the balance, of the
 * period's cap, of each hard budget and of the key's quota; undefined when that is less than the least, and each request must be held alone.
 */
export function sizeLease(room: LeaseRoom): Quantities | undefined {
  let [fits, fails] = [0, steps + 1];
  while (fails - fits > 1) {
    const middle = Math.floor((fits + fails) / 2);
    if (isRoomFor(room, scaled(room.wanted, middle))) fits = middle;
    else fails = middle;
  }
  const size = scaled(room.wanted, fits);
  return countsOf(room.least).every(({ unit, count }) => (size[unit] ?? 0) >= count) ? size : undefined;
}

function isRoomFor(
  { components, reached, used, availableNanos, spendCapNanos, budgetLeftNanos, keyLeft }: LeaseRoom,
  size: Quantities,
): boolean {
  const share = BigInt(limits.leaseShare);
  const standingNanos = chargeOf(components, reached);
  const addedNanos = chargeOf(components, addQuantities(reached, size)) - standingNanos;
  const heldNanos = budgetLeftNanos === null ? addedNanos : dearestApart(components, used, size);
  if (heldNanos > 0n && heldNanos * share > availableNanos) return false;
  if (spendCapNanos !== null && addedNanos > 0n && addedNanos * share > spendCapNanos - standingNanos) return false;
  if (budgetLeftNanos !== null && heldNanos > 0n && heldNanos * share > budgetLeftNanos) return false;
  return keyLeft === null || answersIn(size) * limits.leaseShare <= keyLeft;
}

const scaled = (wanted: Quantities, part: number): Quantities =>
  Object.fromEntries(countsOf(wanted).map(({ unit, count }) => [unit, Math.floor((count * part) / steps)]));
