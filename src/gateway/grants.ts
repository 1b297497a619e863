import type { Clock } from "../kernel/clock.ts";
import { must } from "../kernel/errors.ts";
import { sha256 } from "../kernel/hash.ts";
import { limits } from "../kernel/limits.ts";
import type { Secret } from "../kernel/secret.ts";
import { type KeyGrant, assertUnexpired, authenticate } from "../sell/index.ts";
import type { Queries } from "../store/index.ts";

/** From a secret to what it may do. Refusal `invalid_key`, the same for an unknown and a revoked one. */
export type Authorize = (secret: Secret) => Promise<KeyGrant>;

interface CachedGrant {
  readonly grant: Promise<KeyGrant>;
  readonly askedAtMs: number;
}

/**
 * A grant is asked for at most once in `limits.grantCacheMs`, also by many requests at once. Only a hash of the secret is
 * kept; refusals are not kept at all, so a key works the moment it exists and guessing fills nothing.
 */
export function grantCache(db: Queries, pepper: Secret, clock: Clock): Authorize {
  const valid = (grant: KeyGrant): KeyGrant => assertUnexpired(grant, clock.now());
  const cached = new Map<string, CachedGrant>(); // oldest first
  return (secret) => {
    const id = sha256(secret.reveal());
    const nowMs = clock.elapsed();
    const known = cached.get(id);
    if (known && nowMs - known.askedAtMs < limits.grantCacheMs) return known.grant.then(valid);
    const grant = authenticate(db, secret.reveal(), pepper);
    cached.delete(id);
    if (cached.size >= limits.grantsCachedMax)
      cached.delete(must(cached.keys().next().value, "a full cache has a first"));
    const entry = { grant, askedAtMs: nowMs };
    cached.set(id, entry);
    grant.catch(() => {
      if (cached.get(id) === entry) cached.delete(id);
    });
    return grant.then(valid);
  };
}
