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

const descriptions: { readonly [K in Price["kind"]]: (price: PriceOf<K>, units: number) => string } = {
  per_unit: ({ freeUnits }, units) =>
    freeUnits > 0
      ? `${count(units)} units, ${count(Math.min(units, freeUnits))} of them free`
      : `${count(units)} units`,
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

/** `1,200 units, 1,000 of them free` */
export function describeUnits(price: Price, units: number): string {
  return descriptions[price.kind](price, units);
}

export function formatPrice(price: Price): string {
  return JSON.stringify(price, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
}

/** Reads what `formatPrice` wrote. */
export function parsePrice(text: string): Price {
  const { kind, perThousandNanos, freeUnits } = JSON.parse(text) as { [K in keyof Price]: string };
  invariant(kind === "per_unit", `a price of a known kind, not ${kind}`);
  return { kind, perThousandNanos: BigInt(perThousandNanos), freeUnits: Number(freeUnits) };
}

const count = (units: number): string => units.toLocaleString("en-US");
