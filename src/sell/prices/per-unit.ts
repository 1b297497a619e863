import type { Nanos } from "../../kernel/money.ts";
import type { PriceRules, PriceStep } from "./rules.ts";
import { refusalOfFree, refusalOfRate } from "./words.ts";

/** Every unit costs the same, after a free allowance. */
export interface PerUnitPrice {
  readonly kind: "per_unit";
  /** Divides by 1,000, so that one unit is a whole number of nanos. */
  readonly perThousandNanos: Nanos;
  /** Units of each period that cost nothing. */
  readonly freeUnits: number;
}

const total = ({ perThousandNanos, freeUnits }: PerUnitPrice, units: number): Nanos =>
  units <= freeUnits ? 0n : (perThousandNanos / 1_000n) * BigInt(units - freeUnits);

export const perUnit: PriceRules<PerUnitPrice> = {
  total,
  charged: total,
  turns: ({ freeUnits }) => [freeUnits],
  refusal: ({ perThousandNanos, freeUnits }) => refusalOfRate(perThousandNanos) ?? refusalOfFree(freeUnits),
  explain(price, units) {
    const free = Math.min(units, price.freeUnits);
    const rate = { rateNanos: price.perThousandNanos, amountNanos: total(price, units) };
    const steps: PriceStep[] = [
      { rule: "free", count: free, rateNanos: null, amountNanos: 0n },
      { rule: "units", count: units - free, ...rate },
    ];
    return steps.filter(({ count }) => count > 0);
  },
};
