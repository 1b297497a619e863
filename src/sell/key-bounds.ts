import { Refusal } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { networks } from "../kernel/networks.ts";

/** What a key is good for. Null is no bound. */
export interface KeyBounds {
  /** The products it may be used for. */
  readonly products: readonly Id<"product">[] | null;
  /** Addresses and networks it may be used from. */
  readonly addresses: readonly string[] | null;
  /** From this instant on it is not valid. */
  readonly expiresAtMs: number | null;
}

export function assertBounds({ addresses = null, expiresAtMs = null }: Partial<KeyBounds>, nowMs: number): void {
  if (addresses !== null) {
    if (addresses.length === 0 || addresses.length > limits.keyAddressesMax)
      throw new Refusal("invalid_request", `A key has 1 to ${limits.keyAddressesMax} addresses, or no such bound.`, {
        param: "addresses",
      });
    networks(addresses, "addresses");
  }
  if (expiresAtMs !== null && expiresAtMs <= nowMs)
    throw new Refusal("invalid_request", "A key expires later than now: revoke it instead.", {
      param: "expires_at_ms",
    });
}
