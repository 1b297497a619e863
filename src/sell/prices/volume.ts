import { must } from "../../kernel/errors.ts";
import type { Nanos } from "../../kernel/money.ts";
import { type PriceTier, boundsOf, refusalOfTiers } from "./graduated.ts";
import type { PriceRules, PriceStep } from "./rules.ts";
import { most, unitsBelow } from "./words.ts";

/** All units cost what the tier of their number says; so a total may fall where a cheaper tier begins. */
export interface VolumePrice {
  readonly kind: "volume";
  readonly tiers: readonly PriceTier[];
}

const tierOf = ({ tiers }: VolumePrice, units: number): PriceTier =>
  must(
    tiers.find(({ upToUnits }) => upToUnits === null || units <= upToUnits),
    "the last tier is open",
  );

const inTier = ({ perThousandNanos, flatNanos }: PriceTier, units: number): Nanos =>
  units === 0 ? 0n : flatNanos + (perThousandNanos / 1_000n) * BigInt(units);

/** Within a tier the total never falls, so the largest is at the end of a tier or here. */
function peak(price: VolumePrice, units: number): Nanos {
  let peakNanos = inTier(tierOf(price, units), units);
  for (const tier of price.tiers) {
    if (tier.upToUnits === null || tier.upToUnits >= units) break;
    peakNanos = most(peakNanos, inTier(tier, tier.upToUnits));
  }
  return peakNanos;
}

export const volume: PriceRules<VolumePrice> = {
  total: (price, units) => inTier(tierOf(price, units), units),
  charged: peak,
  turns(price) {
    // In a tier that begins cheaper than the dearest so far nothing is charged until it costs as much.
    const bounds = boundsOf(price.tiers);
    const caughtUp = price.tiers.slice(1).map((tier, at) => {
      const peakNanos = peak(price, bounds[at] ?? 0);
      return unitsBelow(peakNanos + 1n, (units) => inTier(tier, units));
    });
    return [0, ...bounds, ...caughtUp];
  },
  refusal: ({ tiers }) => refusalOfTiers(tiers),
  explain(price, units) {
    if (units === 0) return [];
    const { flatNanos, perThousandNanos } = tierOf(price, units);
    const amountNanos = (perThousandNanos / 1_000n) * BigInt(units);
    const unitStep: PriceStep = { rule: "units", count: units, rateNanos: perThousandNanos, amountNanos };
    const flatStep: PriceStep = { rule: "flat", count: 1, rateNanos: flatNanos, amountNanos: flatNanos };
    return flatNanos > 0n ? [flatStep, unitStep] : [unitStep];
  },
};
