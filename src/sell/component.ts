import { Refusal, invariant } from "../kernel/errors.ts";
import { type Nanos, sumNanos } from "../kernel/money.ts";
import { type Price, assertPrice, dearestPrice, marginalPrice, priceOf } from "./price.ts";
import { type MeteredUnit, type Quantities, meteredUnits } from "./units.ts";

/** What one unit of a plan costs. A rate card has at most one for each unit; a unit without one costs nothing. */
export interface Component {
  readonly unit: MeteredUnit;
  readonly price: Price;
}

/** What a period costs that has used so much. */
export function chargeOf(components: readonly Component[], quantities: Quantities): Nanos {
  return sumNanos(components.map(({ unit, price }) => priceOf(price, quantities[unit] ?? 0)));
}

/** What `more` costs after `before`; the same quantities have the same sum in whatever order. */
export function marginalCharge(components: readonly Component[], before: Quantities, more: Quantities): Nanos {
  return sumNanos(components.map(({ unit, price }) => marginalPrice(price, before[unit] ?? 0, more[unit] ?? 0)));
}

/** What the `last` ones of all that is counted cost: the others are counted before them. */
export function chargeOfLast(components: readonly Component[], all: Quantities, last: Quantities): Nanos {
  return sumNanos(
    components.map(({ unit, price }) => marginalPrice(price, (all[unit] ?? 0) - (last[unit] ?? 0), last[unit] ?? 0)),
  );
}

/** The most that so much can cost, in a row and for each unit, when it is counted after `before` or later. */
export function dearestCharge(components: readonly Component[], before: Quantities, more: Quantities): Nanos {
  return sumNanos(components.map(({ unit, price }) => dearestPrice(price, before[unit] ?? 0, more[unit] ?? 0)));
}

/** The same of units that are counted one by one, others in between. */
export function dearestApart(components: readonly Component[], before: Quantities, more: Quantities): Nanos {
  return sumNanos(
    components.map(({ unit, price }) => dearestPrice(price, before[unit] ?? 0, 1) * BigInt(more[unit] ?? 0)),
  );
}

/** Refuses two components of one unit, an unknown unit, and a price that could not be charged exactly. */
export function assertComponents(components: readonly Component[]): void {
  const seen = new Set<string>();
  for (const { unit, price } of components) {
    if (!(meteredUnits as readonly string[]).includes(unit)) {
      throw new Refusal("invalid_request", `"${unit}" is not one of ${meteredUnits.join(", ")}.`, { param: "unit" });
    }
    if (seen.has(unit)) throw new Refusal("invalid_request", `Two prices for ${unit}.`, { param: "unit" });
    seen.add(unit);
    assertPrice(price);
  }
}

/** As it is stored, in the order of the units. */
export function formatComponents(components: readonly Component[]): string {
  const sorted = components.toSorted((a, b) => meteredUnits.indexOf(a.unit) - meteredUnits.indexOf(b.unit));
  return JSON.stringify(sorted, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
}

/** Reads what `formatComponents` wrote: text in a field that ends in `Nanos` is an amount. */
export function parseComponents(text: string): Component[] {
  const parsed: unknown = JSON.parse(text, (key, value: unknown) =>
    key.endsWith("Nanos") && typeof value === "string" ? BigInt(value) : value,
  );
  invariant(Array.isArray(parsed), "components are a list");
  return parsed as Component[];
}
