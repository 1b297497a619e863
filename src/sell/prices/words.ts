import { limits } from "../../kernel/limits.ts";
import type { Nanos } from "../../kernel/money.ts";

/** Checks that several kinds of price share; each answers one sentence, or nothing. */
export function refusalOfRate(perThousandNanos: Nanos): string | undefined {
  if (perThousandNanos < 0n || perThousandNanos > limits.pricePerThousandNanosMax)
    return "A price per 1,000 units is between 0 and 1,000,000.";
  if (perThousandNanos % 1_000n !== 0n)
    return "A price per 1,000 units has at most six decimals, so that one unit has a whole price.";
  return undefined;
}

export function refusalOfFree(units: number): string | undefined {
  return isCount(units, 0) ? undefined : "A free allowance is a whole number of units.";
}

export function refusalOfAmount(nanos: Nanos, what: string): string | undefined {
  return nanos >= 0n && nanos <= limits.priceAmountNanosMax ? undefined : `${what} is between 0 and 1,000,000.`;
}

export const isCount = (units: number, least: number): boolean =>
  Number.isSafeInteger(units) && units >= least && units <= limits.quotaUnitsMax;

/** Tiers go up without gaps, and only the last is open. */
export function refusalOfBounds(tiers: readonly { readonly upToUnits: number | null }[]): string | undefined {
  if (tiers.length === 0 || tiers.length > limits.priceTiersMax)
    return `A price has 1 to ${limits.priceTiersMax} tiers.`;
  let before = 0;
  for (const [at, { upToUnits }] of tiers.entries()) {
    const last = at === tiers.length - 1;
    if (last !== (upToUnits === null)) return "The last tier, and only the last, has no upper end.";
    if (upToUnits !== null && !isCount(upToUnits, before + 1))
      return "Each tier ends at more units than the one before.";
    before = upToUnits ?? before;
  }
  return undefined;
}

export const least = (a: Nanos, b: Nanos): Nanos => (a < b ? a : b);
export const most = (a: Nanos, b: Nanos): Nanos => (a > b ? a : b);

/** The most units that cost less than the amount; `cost` never falls. None that are counted is never enough: the largest. */
export function unitsBelow(nanos: Nanos, cost: (units: number) => Nanos): number {
  let [below, reached]: [number, number] = [0, limits.quotaUnitsMax];
  while (reached - below > 1) {
    const middle = Math.floor((below + reached) / 2);
    if (cost(middle) < nanos) below = middle;
    else reached = middle;
  }
  return below;
}
