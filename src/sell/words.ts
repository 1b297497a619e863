import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import { type Currency, type Nanos, currencies } from "../kernel/money.ts";

/** Checks of what people write, the same for every noun. */
export function assertName(name: string, param = "name"): void {
  if (name.trim() === "" || name.length > limits.nameCharsMax) {
    throw new Refusal("invalid_request", `A ${param} has 1 to ${limits.nameCharsMax} characters.`, { param });
  }
}

export function assertCurrency(currency: string): asserts currency is Currency {
  if ((currencies as readonly string[]).includes(currency)) return;
  throw new Refusal("invalid_request", `"${currency}" is not one of ${currencies.join(", ")}.`, { param: "currency" });
}

export function assertAmount(amountNanos: Nanos, param: string, leastNanos: Nanos = 0n): void {
  if (amountNanos >= leastNanos && amountNanos <= limits.amountNanosMax) return;
  throw new Refusal("invalid_request", "An amount is not negative and at most a billion.", { param });
}

/** A whole number of units, at least one. */
export function assertUnits(units: number, most: number, param = "units"): void {
  if (Number.isSafeInteger(units) && units >= 1 && units <= most) return;
  throw new Refusal("invalid_request", `Units are a whole number between 1 and ${most}.`, { param });
}
