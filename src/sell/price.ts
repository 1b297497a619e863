import { Refusal, invariant } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import type { Nanos } from "../kernel/money.ts";

/** How a number of units becomes an amount. Each kind has one rule in each table below. */
export type Price = {
  readonly kind: "per_unit";
  /** Divides by 1,000, so that one unit is a whole number of nanos. */
  readonly perThousandNanos: Nanos;
  /** Units of each period that cost nothing. */
  readonly freeUnits: number;
};

type PriceOf<K extends Price["kind"]> = Extract<Price, { kind: K }>;

/** The amount of the first `units` units of a period: 0 for none, never falling as units grow. */
const totals: { readonly [K in Price["kind"]]: (price: PriceOf<K>, units: number) => Nanos } = {
  per_unit: ({ perThousandNanos, freeUnits }, units) =>
    units <= freeUnits ? 0n : (perThousandNanos / 1_000n) * BigInt(units - freeUnits),
};

const refusals: { readonly [K in Price["kind"]]: (price: PriceOf<K>) => string | undefined } = {
  per_unit({ perThousandNanos, freeUnits }) {
    if (perThousandNanos < 0n || perThousandNanos > limits.pricePerThousandNanosMax) {
      return "A price per 1,000 units is between 0 and 1,000,000.";
    }
    if (perThousandNanos % 1_000n !== 0n)
      return "A price per 1,000 units has at most six decimals, so that one unit has a whole price.";
    if (!Number.isSafeInteger(freeUnits) || freeUnits < 0 || freeUnits > limits.quotaUnitsMax) {
      return "A free allowance is a whole number of units.";
    }
    return undefined;
  },
};

/** What `units` of `noun` were, for an invoice's line. */
const descriptions: { readonly [K in Price["kind"]]: (price: PriceOf<K>, units: number, noun: string) => string } = {
  per_unit: ({ freeUnits }, units, noun) =>
    freeUnits > 0
      ? `${count(units)} ${noun}, ${count(Math.min(units, freeUnits))} of them free`
      : `${count(units)} ${noun}`,
};

/** What the first `units` units of a period cost. */
export function priceOf(price: Price, units: number): Nanos {
  invariant(Number.isSafeInteger(units) && units >= 0, "units are counted");
  return totals[price.kind](price, units);
}

/** What `units` more cost after `before`; the same units have the same sum in whatever order. */
export function marginalPrice(price: Price, before: number, units: number): Nanos {
  return priceOf(price, before + units) - priceOf(price, before);
}

/** Refuses a price that could not be charged exactly. */
export function assertPrice(price: Price): void {
  const refusal = refusals[price.kind](price);
  if (refusal) throw new Refusal("invalid_request", refusal, { param: "price" });
}

/** `1,200 predictions, 1,000 of them free` */
export function describeUnits(price: Price, units: number, noun: string): string {
  return descriptions[price.kind](price, units, noun);
}

const count = (units: number): string => units.toLocaleString("en-US");
