import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";

/** What is counted, in the order in which it is told. */
export const meteredUnits = [
  "requests",
  "predictions",
  "input_tokens",
  "cached_input_tokens",
  "output_tokens",
  "seconds",
  "images",
  "characters",
  "rows",
] as const;

export type MeteredUnit = (typeof meteredUnits)[number];

/** How much of each unit: whole numbers, not negative. `input_tokens` does not contain the cached ones. */
export type Quantities = Readonly<Partial<Record<MeteredUnit, number>>>;

const words: { readonly [U in MeteredUnit]: string } = {
  requests: "requests",
  predictions: "predictions",
  input_tokens: "input tokens",
  cached_input_tokens: "cached input tokens",
  output_tokens: "output tokens",
  seconds: "seconds",
  images: "images",
  characters: "characters",
  rows: "rows",
};

/** `input tokens` */
export const wordsOf = (unit: MeteredUnit): string => words[unit];

export interface Counted {
  readonly unit: MeteredUnit;
  readonly count: number;
}

/** What is there, in the order of the units; zeros are left out. */
export function countsOf(quantities: Quantities): Counted[] {
  const counts: Counted[] = [];
  for (const unit of meteredUnits) {
    const count = quantities[unit];
    if (count) counts.push({ unit, count });
  }
  return counts;
}

/** Refuses what nobody can count: no unit at all, an unknown one, a fraction, less than nothing, too much. */
export function assertQuantities(quantities: Quantities): void {
  let any = false;
  for (const unit in quantities) {
    const count = quantities[unit as MeteredUnit];
    if (!known.has(unit)) throw refused(`"${unit}" is no unit that is metered.`);
    if (count === undefined || !Number.isSafeInteger(count) || count < 0 || count > limits.usageUnitsMax) {
      throw refused(`Units are a whole number between 0 and ${limits.usageUnitsMax}.`);
    }
    any ||= count > 0;
  }
  if (!any) throw refused("A request uses at least one unit.");
}

const known: ReadonlySet<string> = new Set(meteredUnits);
const refused = (message: string): Refusal => new Refusal("invalid_request", message, { param: "units" });

/** Requests and predictions: what a key's quota counts, and what people call "units". */
export function answersIn({ requests = 0, predictions = 0 }: Quantities): number {
  return requests + predictions;
}

export function addQuantities(a: Quantities, b: Quantities): Quantities {
  return combined(a, b, (x, y) => x + y);
}

/** The lesser of each unit. */
export function leastOf(a: Quantities, b: Quantities): Quantities {
  return combined(a, b, Math.min);
}

/** What takes them back. */
export function negated(quantities: Quantities): Quantities {
  return combined({}, quantities, (_, count) => 0 - count);
}

function combined(a: Quantities, b: Quantities, rule: (x: number, y: number) => number): Quantities {
  const result: Partial<Record<MeteredUnit, number>> = {};
  for (const unit in a) result[unit as MeteredUnit] = rule(a[unit as MeteredUnit] ?? 0, b[unit as MeteredUnit] ?? 0);
  for (const unit in b) if (!(unit in a)) result[unit as MeteredUnit] = rule(0, b[unit as MeteredUnit] ?? 0);
  return result;
}

/** As it is stored: the units that are there, in their order. */
export function formatQuantities(quantities: Quantities): string {
  const written: Partial<Record<MeteredUnit, number>> = {};
  for (const { unit, count } of countsOf(quantities)) written[unit] = count;
  return JSON.stringify(written);
}

/** Reads what `formatQuantities` wrote. */
export const parseQuantities = (text: string): Quantities => JSON.parse(text) as Quantities;
