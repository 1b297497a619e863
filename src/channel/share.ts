import { invariant } from "../kernel/errors.ts";
import { type Nanos, mulDivTrunc } from "../kernel/money.ts";

/** A commission of some basis points: rounded down, so that it never exceeds its base. */
export function commissionOf(baseNanos: Nanos, basisPoints: number): Nanos {
  invariant(baseNanos >= 0n && basisPoints >= 0 && basisPoints <= 10_000, "a share of an amount");
  return mulDivTrunc(baseNanos, BigInt(basisPoints), 10_000n);
}
