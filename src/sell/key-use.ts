import { Refusal } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { type Queries, query, sql } from "../store/index.ts";
import { type Key, type KeyGrant, getKey, invalidKey } from "./key.ts";
import { type KeyBounds, assertBounds } from "./key-bounds.ts";
import { assertName } from "./words.ts";

export interface ChangeKey extends Partial<KeyBounds> {
  readonly customer: Id<"customer">;
  readonly key: string;
  readonly name?: string;
  readonly nowMs: number;
}

/** Changes what is given, within a second everywhere. */
export async function changeKey(db: Queries, change: ChangeKey): Promise<Key> {
  const standing = await getKey(db, change);
  if (standing.revokedAtMs !== null) throw new Refusal("conflict", "The key is revoked: make a new one.");
  const { name = standing.name, products = standing.products, addresses = standing.addresses } = change;
  const { expiresAtMs = standing.expiresAtMs } = change;
  assertName(name);
  assertBounds(change, change.nowMs);
  await db.perform(
    query(sql`update api_keys set name = ${name}, products = ${products && JSON.stringify(products)},
        addresses = ${addresses && JSON.stringify(addresses)}, expires_at_ms = ${expiresAtMs}
      where id = ${standing.id} and customer = ${change.customer} and revoked_at_ms is null`),
  );
  return getKey(db, change);
}

/** Refuses an expired key in the words of one that never was. */
export function assertUnexpired(grant: KeyGrant, nowMs: number): KeyGrant {
  if (grant.expiresAtMs !== null && grant.expiresAtMs <= nowMs) throw invalidKey();
  return grant;
}

/** Refuses a key that is used from elsewhere than it may be. `address` is only asked for when the key is bound. */
export function assertAddress({ isFrom }: KeyGrant, address: () => string | undefined): void {
  if (isFrom === null || isFrom(address())) return;
  throw new Refusal("address_refused", "This key may not be used from this address.", {
    hint: "Use it where it is meant to be used, or ask for a key of your own.",
  });
}
