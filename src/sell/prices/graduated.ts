import { type Nanos, sumNanos } from "../../kernel/money.ts";
import type { PriceRules, PriceStep } from "./rules.ts";
import { refusalOfAmount, refusalOfBounds, refusalOfRate } from "./words.ts";

export interface PriceTier {
  /** The last unit of the tier; null for the last tier, which is open. */
  readonly upToUnits: number | null;
  readonly perThousandNanos: Nanos;
  /** Added once when the tier is entered. */
  readonly flatNanos: Nanos;
}

/** Each unit costs what the tier it falls into says: like income tax. */
export interface GraduatedPrice {
  readonly kind: "graduated";
  readonly tiers: readonly PriceTier[];
}

export const refusalOfTiers = (tiers: readonly PriceTier[]): string | undefined =>
  refusalOfBounds(tiers) ??
  tiers
    .map((tier) => refusalOfRate(tier.perThousandNanos) ?? refusalOfAmount(tier.flatNanos, "A tier's flat amount"))
    .find((refusal) => refusal !== undefined);

/** Where one tier ends and the next begins. */
export const boundsOf = (tiers: readonly { readonly upToUnits: number | null }[]): number[] =>
  tiers.flatMap(({ upToUnits }) => upToUnits ?? []);

function steps({ tiers }: GraduatedPrice, units: number): PriceStep[] {
  const found: PriceStep[] = [];
  let before = 0;
  for (const { upToUnits, perThousandNanos, flatNanos } of tiers) {
    if (units <= before) break;
    const count = Math.min(units, upToUnits ?? units) - before;
    if (flatNanos > 0n) found.push({ rule: "flat", count: 1, rateNanos: flatNanos, amountNanos: flatNanos });
    const amountNanos = (perThousandNanos / 1_000n) * BigInt(count);
    found.push({ rule: "units", count, rateNanos: perThousandNanos, amountNanos });
    before += count;
  }
  return found;
}

const total = (price: GraduatedPrice, units: number): Nanos =>
  sumNanos(steps(price, units).map(({ amountNanos }) => amountNanos));

export const graduated: PriceRules<GraduatedPrice> = {
  total,
  charged: total,
  turns: ({ tiers }) => boundsOf(tiers),
  refusal: ({ tiers }) => refusalOfTiers(tiers),
  explain: steps,
};
