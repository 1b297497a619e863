import { limits } from "../../kernel/limits.ts";
import type { Nanos } from "../../kernel/money.ts";
import type { PriceRules } from "./rules.ts";

/** A share of an amount: each unit stands for a fixed value (a cent that was processed, say). */
export interface PercentagePrice {
  readonly kind: "percentage";
  /** What one unit is worth. */
  readonly unitValueNanos: Nanos;
  /** 25,000 is 2.5 %. */
  readonly partsPerMillion: number;
}

const total = ({ unitValueNanos, partsPerMillion }: PercentagePrice, units: number): Nanos =>
  ((unitValueNanos * BigInt(partsPerMillion)) / 1_000_000n) * BigInt(units);

export const percentage: PriceRules<PercentagePrice> = {
  total,
  charged: total,
  turns: () => [],
  refusal({ unitValueNanos, partsPerMillion }) {
    if (!Number.isSafeInteger(partsPerMillion) || partsPerMillion < 0 || partsPerMillion > 1_000_000)
      return "A percentage is between 0 and 100 with at most four decimals.";
    if (unitValueNanos <= 0n || unitValueNanos > limits.pricePerThousandNanosMax)
      return "The value of a unit is above 0 and at most 1,000,000.";
    if ((unitValueNanos * BigInt(partsPerMillion)) % 1_000_000n !== 0n)
      return "The percentage of one unit's value is not a whole number of billionths; use a rounder value or percentage.";
    return undefined;
  },
  explain(price, units) {
    const rateNanos = total(price, 1_000);
    return units === 0 ? [] : [{ rule: "percentage", count: units, rateNanos, amountNanos: total(price, units) }];
  },
};
