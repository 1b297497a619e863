import type { Clock } from "../../kernel/clock.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import type { Queries } from "../../store/index.ts";
import { type GatewayPolicy, getGatewayPolicy } from "./policy.ts";

/** Policies in use, read again after `limits.routeCacheMs`. */
export interface Policies {
  of(product: Id<"product">): Promise<GatewayPolicy>;
}

export function livePolicies(db: Queries, clock: Clock): Policies {
  const known = new Map<Id<"product">, { readonly policy: Promise<GatewayPolicy>; readonly askedAtMs: number }>();
  return {
    of(product) {
      const nowMs = clock.elapsed();
      const found = known.get(product);
      if (found && nowMs - found.askedAtMs < limits.routeCacheMs) return found.policy;
      const policy = getGatewayPolicy(db, product);
      const entry = { policy, askedAtMs: nowMs };
      known.set(product, entry);
      policy.catch(() => {
        if (known.get(product) === entry) known.delete(product); // a failure is not kept
      });
      return policy;
    },
  };
}
