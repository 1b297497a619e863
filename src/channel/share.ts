import { invariant } from "../kernel/errors.ts";
import { type Nanos, mulDivTrunc, sumNanos } from "../kernel/money.ts";

/** A commission of some basis points: rounded down, so that it never exceeds its base. */
export function commissionOf(baseNanos: Nanos, basisPoints: number): Nanos {
  invariant(baseNanos >= 0n && basisPoints >= 0 && basisPoints <= 10_000, "a share of an amount");
  return mulDivTrunc(baseNanos, BigInt(basisPoints), 10_000n);
}

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
