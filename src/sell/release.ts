import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type EndedHold, expireHolds, releaseHold } from "../ledger/index.ts";
import { type Steps, type Store, unit } from "../store/index.ts";
import { giveBackToBudgets } from "./budgets/hold.ts";
import { coverThoseLeft, endReservation, heldOnBudgets, lockKeptOf, reservationOf } from "./reservation.ts";

export interface ReleaseInput {
  readonly hold: Id<"hold">;
  readonly nowMs: number;
}

/** Gives a reservation back because the work was not done. Releasing again, or after settling, changes nothing. */
export function* releaseUsage({ hold, nowMs }: ReleaseInput): Steps<"released" | "gone"> {
  const released = yield* releaseHold(hold, nowMs, giveBackUnits);
  if (released) yield* coverThoseLeft(released);
  return released ? "released" : "gone";
}

/** Release alone. */
export const releaseUnit = unit(import.meta.url, "releaseUnit", releaseUsage, "relaxed");

/** Ends one batch of holds past their expiry; money and units go back together. Returns how many. */
export const releaseExpiredHolds = unit(
  import.meta.url,
  "releaseExpiredHolds",
  function* ({ nowMs }: { readonly nowMs: number }): Steps<number> {
    return yield* expireHolds({ nowMs, most: limits.expiredHoldsBatch }, giveBackUnits, coverThoseLeft);
  },
);

/** Ends every hold past its expiry, in short batches so that paid requests go on between them. */
export async function sweepHolds(store: Store, nowMs: number): Promise<number> {
  let total = 0;
  for (;;) {
    const ended = await store.run(releaseExpiredHolds, { nowMs });
    total += ended;
    if (ended < limits.expiredHoldsBatch) return total;
  }
}

function* giveBackUnits(hold: EndedHold): Steps<void> {
  const reservation = reservationOf(hold);
  const { id, kept } = yield* endReservation(reservation, {});
  if (kept) yield* lockKeptOf(id);
  yield* giveBackToBudgets(reservation.budgets, heldOnBudgets(hold));
}
