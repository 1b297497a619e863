import { type Nanos, mulDivRound } from "../kernel/money.ts";
import type { Component } from "./component.ts";
import { type Price, freeUnitsOf } from "./price.ts";
import type { Quantities } from "./units.ts";

/*
 * What a period pins of a rate card: pure. Bounds say how much of the regular period it is; the period before it, what is
 * left of allowances.
 */

export interface Bounds {
  readonly startMs: number;
  readonly endMs: number;
  readonly wholeStartMs: number;
  readonly wholeEndMs: number;
}

/** The period before, whose counters decide what rolls over or is used up. */
export interface Predecessor {
  readonly wholeStartMs: number;
  readonly components: readonly Component[];
  readonly used: Quantities;
  readonly held: Quantities;
}

export interface PinAsk {
  readonly bounds: Bounds;
  readonly trial: boolean;
  readonly last: Predecessor | undefined;
}

/** An amount for the part of the whole period that the bounds are, rounded to the nano. */
export function partOf(wholeNanos: Nanos, { startMs, endMs, wholeStartMs, wholeEndMs }: Bounds): Nanos {
  return mulDivRound(wholeNanos, BigInt(endMs - startMs), BigInt(wholeEndMs - wholeStartMs));
}

const isWhole = ({ startMs, endMs, wholeStartMs, wholeEndMs }: Bounds): boolean =>
  startMs === wholeStartMs && endMs === wholeEndMs;

/**
 * The components as the period has them: in a trial nothing costs anything; a part of a period has its part of a minimum
 * and of free units, less what was free in the other part; unused free units roll over into the next whole one.
 */
export function pinComponents(components: readonly Component[], ask: PinAsk): Component[] {
  return components.map(({ unit, price }) => {
    if (ask.trial) return { unit, price: { kind: "maximum", maximumNanos: 0n, of: price } };
    const before = ask.last?.components.find((component) => component.unit === unit);
    const counted = (ask.last?.used[unit] ?? 0) + (ask.last?.held[unit] ?? 0);
    return { unit, price: pinFree(partOfMinimum(price, ask.bounds), ask, before?.price, counted) };
  });
}

function pinFree(price: Price, { bounds, last }: PinAsk, before: Price | undefined, counted: number): Price {
  const free = freeUnitsOf(price);
  const freeBefore = before ? freeUnitsOf(before) : 0;
  if (last && last.wholeStartMs === bounds.wholeStartMs) return withFree(price, free - Math.min(counted, freeBefore));
  const { wholeStartMs, wholeEndMs, startMs } = bounds;
  if (startMs > wholeStartMs) {
    return withFree(price, Math.floor((free * (wholeEndMs - startMs)) / (wholeEndMs - wholeStartMs)));
  }
  const unused = Math.max(0, freeBefore - counted);
  return withFree(price, free + Math.min(unused, rolloverOf(price)));
}

const rolloverOf = (price: Price): number =>
  price.kind === "allowance" ? price.rolloverUnitsMax : "of" in price ? rolloverOf(price.of) : 0;

/** The same price with so many free units in all; more than it has go to its outermost allowance. */
export function withFree(price: Price, units: number): Price {
  const change = Math.max(0, units) - freeUnitsOf(price);
  if (change === 0) return price;
  if ("freeUnits" in price) {
    const own = Math.max(0, price.freeUnits + change);
    const changed = { ...price, freeUnits: own };
    return own === price.freeUnits + change || !("of" in changed)
      ? changed
      : { ...changed, of: withFree(changed.of, units) };
  }
  return "of" in price ? { ...price, of: withFree(price.of, units) } : price;
}

/** A commitment is for a whole period. */
export function partOfMinimum(price: Price, bounds: Bounds): Price {
  if (isWhole(bounds) || !("of" in price)) return price;
  const of = partOfMinimum(price.of, bounds);
  return price.kind === "minimum"
    ? { ...price, of, minimumNanos: partOf(price.minimumNanos, bounds) }
    : { ...price, of };
}
