import { must } from "../../kernel/errors.ts";
import type { Nanos } from "../../kernel/money.ts";
import { boundsOf } from "./graduated.ts";
import type { PriceRules } from "./rules.ts";
import { most, refusalOfAmount, refusalOfBounds } from "./words.ts";

/** One amount, which depends on the tier that the number of units falls into: a stair. */
export interface TieredFlatPrice {
  readonly kind: "tiered_flat";
  readonly tiers: readonly { readonly upToUnits: number | null; readonly flatNanos: Nanos }[];
}

function total({ tiers }: TieredFlatPrice, units: number): Nanos {
  if (units === 0) return 0n;
  const tier = tiers.find(({ upToUnits }) => upToUnits === null || units <= upToUnits);
  return must(tier, "the last tier is open").flatNanos;
}

export const tieredFlat: PriceRules<TieredFlatPrice> = {
  total,
  charged(price, units) {
    let peakNanos = total(price, units);
    for (const { upToUnits, flatNanos } of price.tiers) {
      if (upToUnits === null || upToUnits >= units) break;
      peakNanos = most(peakNanos, flatNanos);
    }
    return peakNanos;
  },
  turns: ({ tiers }) => [0, ...boundsOf(tiers)],
  refusal: ({ tiers }) =>
    refusalOfBounds(tiers) ??
    tiers.map(({ flatNanos }) => refusalOfAmount(flatNanos, "A tier's flat amount")).find((text) => text !== undefined),
  explain: (price, units) =>
    units === 0 ? [] : [{ rule: "flat", count: 1, rateNanos: total(price, units), amountNanos: total(price, units) }],
};
