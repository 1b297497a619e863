import type { Nanos } from "../../kernel/money.ts";
import type { PriceRules, PriceStep } from "./rules.ts";
import { isCount, refusalOfAmount, refusalOfFree } from "./words.ts";

/** Whole packages of units, each begun one is paid. */
export interface PackagePrice {
  readonly kind: "package";
  readonly packageUnits: number;
  readonly packageNanos: Nanos;
  readonly freeUnits: number;
}

const packages = ({ packageUnits, freeUnits }: PackagePrice, units: number): number =>
  units <= freeUnits ? 0 : Math.ceil((units - freeUnits) / packageUnits);

const total = (price: PackagePrice, units: number): Nanos => price.packageNanos * BigInt(packages(price, units));

export const packaged: PriceRules<PackagePrice> = {
  total,
  charged: total,
  turns(price, from) {
    const begun = packages(price, from);
    return [price.freeUnits, price.freeUnits + begun * price.packageUnits];
  },
  refusal: ({ packageUnits, packageNanos, freeUnits }) =>
    refusalOfAmount(packageNanos, "A package's price") ??
    refusalOfFree(freeUnits) ??
    (isCount(packageUnits, 1) ? undefined : "A package has a whole number of units, at least one."),
  explain(price, units) {
    const free = Math.min(units, price.freeUnits);
    const steps: PriceStep[] = [
      { rule: "free", count: free, rateNanos: null, amountNanos: 0n },
      {
        rule: "packages",
        count: packages(price, units),
        rateNanos: price.packageNanos,
        amountNanos: total(price, units),
      },
    ];
    return steps.filter(({ count }) => count > 0);
  },
};
