import { Refusal, invariant } from "./errors.ts";

/** An amount in 1e-9 of a currency unit. Always an integer, never a float. */
export type Nanos = bigint;

/** ISO 4217 code in lower case. */
export type Currency = "usd" | "eur" | "gbp" | "cny" | "jpy";

export const currencies: readonly Currency[] = ["usd", "eur", "gbp", "cny", "jpy"];

export const nanosPerUnit: Nanos = 1_000_000_000n;

/** How many nanos one smallest payable coin has: a cent, or a whole yen. Invoice lines are rounded to this. */
export const nanosPerMinorUnit: { readonly [C in Currency]: Nanos } = {
  usd: 10_000_000n,
  eur: 10_000_000n,
  gbp: 10_000_000n,
  cny: 10_000_000n,
  jpy: 1_000_000_000n,
};

/** `"12.50"` to `12_500_000_000n`. At most nine decimals; anything else is refused. */
export function parseAmount(text: string, param = "amount"): Nanos {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?$/.exec(text.trim());
  if (!match) {
    throw new Refusal("invalid_request", `"${text}" is not an amount like 12.50.`, { param });
  }
  const [, sign, whole = "0", fraction = ""] = match;
  const nanos = BigInt(whole) * nanosPerUnit + BigInt(fraction.padEnd(9, "0"));
  return sign === "-" ? -nanos : nanos;
}

/** `12_500_000_000n` to `"12.50"`: at least two decimals, no more than needed. */
export function formatAmount(nanos: Nanos): string {
  const sign = nanos < 0n ? "-" : "";
  const size = nanos < 0n ? -nanos : nanos;
  const fraction = (size % nanosPerUnit)
    .toString()
    .padStart(9, "0")
    .replace(/0{1,7}$/, "");
  return `${sign}${size / nanosPerUnit}.${fraction}`;
}

/** `amount * numerator / denominator`, rounded half away from zero. */
export function mulDivRound(amount: Nanos, numerator: bigint, denominator: bigint): Nanos {
  invariant(denominator > 0n, "a denominator is positive");
  const product = amount * numerator;
  const half = product < 0n ? -(denominator / 2n) : denominator / 2n;
  return (product + half) / denominator;
}

/** `amount * numerator / denominator`, rounded towards zero: what a share of an amount may never exceed. */
export function mulDivTrunc(amount: Nanos, numerator: bigint, denominator: bigint): Nanos {
  invariant(denominator > 0n, "a denominator is positive");
  return (amount * numerator) / denominator;
}

/** Splits an amount into what can be invoiced (whole minor units, half away from zero) and the remainder to carry. */
export function roundToMinorUnit(nanos: Nanos, currency: Currency): { rounded: Nanos; remainder: Nanos } {
  const unit = nanosPerMinorUnit[currency];
  const rounded = mulDivRound(nanos, 1n, unit) * unit;
  return { rounded, remainder: nanos - rounded };
}

export function sumNanos(amounts: Iterable<Nanos>): Nanos {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}
