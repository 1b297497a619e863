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
  return meteredUnits.flatMap((unit) => {
    const count = quantities[unit] ?? 0;
    return count === 0 ? [] : [{ unit, count }];
  });
}

/** Refuses what nobody can count: no unit at all, an unknown one, a fraction, less than nothing, too much. */
export function assertQuantities(quantities: Quantities): void {
  let any = false;
  for (const [unit, count] of Object.entries(quantities)) {
    if (!(meteredUnits as readonly string[]).includes(unit)) throw refused(`"${unit}" is no unit that is metered.`);
    if (!Number.isSafeInteger(count) || count < 0 || count > limits.usageUnitsMax) {
      throw refused(`Units are a whole number between 0 and ${limits.usageUnitsMax}.`);
    }
    any ||= count > 0;
  }
  if (!any) throw refused("A request uses at least one unit.");
}

const refused = (message: string): Refusal => new Refusal("invalid_request", message, { param: "units" });

/** Requests and predictions: what a key's quota counts, and what people call "units". */
export function answersIn({ requests = 0, predictions = 0 }: Quantities): number {
  return requests + predictions;
}

export function addQuantities(a: Quantities, b: Quantities): Quantities {
  const sum: Partial<Record<MeteredUnit, number>> = { ...a };
  for (const { unit, count } of countsOf(b)) sum[unit] = (sum[unit] ?? 0) + count;
  return sum;
}

/** The lesser of each unit. */
export function leastOf(a: Quantities, b: Quantities): Quantities {
  return Object.fromEntries(countsOf(a).map(({ unit, count }) => [unit, Math.min(count, b[unit] ?? 0)]));
}

/** What takes them back. */
export function negated(quantities: Quantities): Quantities {
  return Object.fromEntries(countsOf(quantities).map(({ unit, count }) => [unit, -count]));
}

/** As it is stored: the units that are there, in their order. */
export function formatQuantities(quantities: Quantities): string {
  return JSON.stringify(Object.fromEntries(countsOf(quantities).map(({ unit, count }) => [unit, count])));
}

/** Reads what `formatQuantities` wrote. */
export const parseQuantities = (text: string): Quantities => JSON.parse(text) as Quantities;
