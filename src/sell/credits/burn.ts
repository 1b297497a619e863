import { type Nanos, sumNanos } from "../../kernel/money.ts";

export interface Remainder {
  readonly id: string;
  readonly amountNanos: Nanos;
  readonly remainingNanos: Nanos;
}

export interface BurnPlan {
  readonly changed: readonly { readonly id: string; readonly remainingNanos: Nanos }[];
  /** Of the balance, what no grant explains. */
  readonly unknownNanos: Nanos;
}

/**
 * Makes the grants' remainders sum to the balance: what was spent burns them in their order; what came back (a credit note)
 * fills those burnt last first. Pure.
 */
export function planBurn(grants: readonly Remainder[], balanceNanos: Nanos): BurnPlan {
  const leftNanos = sumNanos(grants.map(({ remainingNanos }) => remainingNanos));
  if (leftNanos >= balanceNanos) return { changed: burn(grants, leftNanos - balanceNanos), unknownNanos: 0n };
  const changed: { id: string; remainingNanos: Nanos }[] = [];
  let backNanos = balanceNanos - leftNanos;
  for (const { id, amountNanos, remainingNanos } of grants.toReversed()) {
    const burntNanos = amountNanos - remainingNanos;
    const filledNanos = burntNanos < backNanos ? burntNanos : backNanos;
    if (filledNanos === 0n) continue;
    changed.push({ id, remainingNanos: remainingNanos + filledNanos });
    backNanos -= filledNanos;
  }
  return { changed, unknownNanos: backNanos };
}

function burn(grants: readonly Remainder[], nanos: Nanos): BurnPlan["changed"] {
  let spentNanos = nanos;
  return grants.flatMap(({ id, remainingNanos }) => {
    const burntNanos = remainingNanos < spentNanos ? remainingNanos : spentNanos;
    spentNanos -= burntNanos;
    return burntNanos === 0n ? [] : [{ id, remainingNanos: remainingNanos - burntNanos }];
  });
}
