import { Refusal, invariant } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import type { Nanos } from "../kernel/money.ts";
import { type AllowancePrice, allowance } from "./prices/allowance.ts";
import { type FlatPrice, flat } from "./prices/flat.ts";
import { type GraduatedPrice, graduated } from "./prices/graduated.ts";
import { type MaximumPrice, maximum } from "./prices/maximum.ts";
import { type MinimumPrice, minimum } from "./prices/minimum.ts";
import { type PackagePrice, packaged } from "./prices/package.ts";
import { type PercentagePrice, percentage } from "./prices/percentage.ts";
import { type PerUnitPrice, perUnit } from "./prices/per-unit.ts";
import type { InnerRules, PriceRules, PriceStep } from "./prices/rules.ts";
import { type TieredFlatPrice, tieredFlat } from "./prices/tiered-flat.ts";
import { type VolumePrice, volume } from "./prices/volume.ts";

/** How a number of units becomes an amount. */
export type PlainPrice =
  | PerUnitPrice
  | GraduatedPrice
  | VolumePrice
  | PackagePrice
  | PercentagePrice
  | FlatPrice
  | TieredFlatPrice;

/** A plain price, or wrappers around one. */
export type Price = PlainPrice | AllowancePrice<Price> | MinimumPrice<Price> | MaximumPrice<Price>;

type PriceOf<K extends Price["kind"]> = Extract<Price, { kind: K }>;

/** One file a kind under prices/; a new kind does not compile until it has its rules. */
const rules: { readonly [K in Price["kind"]]: PriceRules<PriceOf<K>> } = {
  per_unit: perUnit,
  graduated,
  volume,
  package: packaged,
  percentage,
  flat,
  tiered_flat: tieredFlat,
  allowance,
  minimum,
  maximum,
};

const rulesOf = (price: Price): PriceRules<Price> => rules[price.kind];

const inner: InnerRules = {
  total: (price, units) => finalPriceOf(price as Price, units),
  charged: (price, units) => priceOf(price as Price, units),
  turns: (price, from) => rulesOf(price as Price).turns(price as Price, from, inner),
  refusal: (price) => rulesOf(price as Price).refusal(price as Price, inner),
  explain: (price, units) => explainPrice(price as Price, units),
};

/**
 * What the first `units` units of a period are charged while it runs: 0 for none, never falling as units grow. It is the
 * final price, but for kinds whose total may fall where a tier is crossed (the largest total so far) and for a minimum.
 */
export function priceOf(price: Price, units: number): Nanos {
  invariant(Number.isSafeInteger(units) && units >= 0, "units are counted");
  return rulesOf(price).charged(price, units, inner);
}

/** What they cost when the period closes. The close posts the difference to what was charged. */
export function finalPriceOf(price: Price, units: number): Nanos {
  invariant(Number.isSafeInteger(units) && units >= 0, "units are counted");
  return rulesOf(price).total(price, units, inner);
}

/** What `units` more cost after `before`; the same units have the same sum in whatever order. */
export function marginalPrice(price: Price, before: number, units: number): Nanos {
  return priceOf(price, before + units) - priceOf(price, before);
}

/**
 * The most that `units` units in a row can be charged when they are counted after `from` others or more: what a step, a tier
 * or a free unit may move onto them while others are settled before them. Between turns the difference changes evenly, so
 * its largest is where the units begin or end at one.
 */
export function dearestPrice(price: Price, from: number, units: number): Nanos {
  if (units === 0) return 0n;
  const turns = rulesOf(price).turns(price, from, inner);
  const near = turns.flatMap((turn) => [turn, turn - units].flatMap((start) => [start - 1, start, start + 1]));
  let dearestNanos = marginalPrice(price, from, units);
  for (const start of near) {
    const nanos = start > from && start <= limits.quotaUnitsMax ? marginalPrice(price, start, units) : 0n;
    if (nanos > dearestNanos) dearestNanos = nanos;
  }
  return dearestNanos;
}

/** How the final price came about; the steps sum to it. */
export function explainPrice(price: Price, units: number): readonly PriceStep[] {
  return rulesOf(price).explain(price, units, inner);
}

/** Refuses a price that could not be charged exactly. */
export function assertPrice(price: Price): void {
  const refusal = depthOf(price) > limits.priceDepthMax ? tooDeep : rulesOf(price).refusal(price, inner);
  if (refusal) throw new Refusal("invalid_request", refusal, { param: "price" });
}

const tooDeep = `A price has at most ${limits.priceDepthMax} wrappers, one in the other.`;

const depthOf = (price: Price): number => ("of" in price ? 1 + depthOf(price.of) : 0);

/** How many of the units an allowance makes free; null when the price has none. */
export function freeIn(price: Price, units: number): number | null {
  const allowed = freeUnitsOf(price);
  return allowed === 0 ? null : Math.min(units, allowed);
}

/** The free units of a period, in all. */
export function freeUnitsOf(price: Price): number {
  const own = "freeUnits" in price ? price.freeUnits : 0;
  return "of" in price ? own + freeUnitsOf(price.of) : own;
}
