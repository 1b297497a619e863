import { invariant } from "./errors.ts";
import { type Nanos, mulDivTrunc, sumNanos } from "./money.ts";

/**
 * Splits an amount in proportion to weights, to the nano: everyone gets the part rounded down, and the nanos left over
 * go one each to the largest fractions, the first of equals first (Hamilton's method).
 */
export function allocate(amountNanos: Nanos, weights: readonly Nanos[]): Nanos[] {
  const total = sumNanos(weights);
  invariant(total > 0n && weights.every((weight) => weight >= 0n), "weights are not negative and not all zero");
  const parts = weights.map((weight) => mulDivTrunc(amountNanos, weight, total));
  const fractions = weights.map((weight, at) => ({ at, fraction: (amountNanos * weight) % total }));
  fractions.sort((a, b) => (a.fraction === b.fraction ? a.at - b.at : a.fraction > b.fraction ? -1 : 1));
  const left = Number(amountNanos - sumNanos(parts));
  for (const { at } of fractions.slice(0, left)) parts[at] = (parts[at] ?? 0n) + 1n;
  return parts;
}
