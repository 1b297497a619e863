import { randomBytes } from "node:crypto";
import { Refusal, notFound } from "../kernel/errors.ts";
import { equalInConstantTime, keyedHash } from "../kernel/hash.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type { Currency } from "../kernel/money.ts";
import { type InNetworks, networks } from "../kernel/networks.ts";
import { Secret } from "../kernel/secret.ts";
import { type Queries, type Statement, query, sql } from "../store/index.ts";
import { type Apart, apartOf } from "./budgets/hold.ts";
import type { Spender } from "./budgets/window.ts";
import { type DataUse, getCustomer } from "./customer.ts";
import { type KeyBounds, assertBounds } from "./key-bounds.ts";
import { type Page, type PageAsk, limitOf, pageOf } from "./page.ts";
import { type Rate, type RateLimits, limitsOf, ratesOf } from "./rates.ts";
import type { KeyRow, SellTables } from "./tables.ts";
import { type QuotaThreshold, parseQuotaThresholds } from "./thresholds/key-quota.ts";
import { assertName, assertUnits } from "./words.ts";

export interface Key extends KeyBounds {
  readonly id: Id<"key">;
  readonly customer: Id<"customer">;
  readonly name: string;
  readonly lastFour: string;
  /** The most units this key may ever use, fixed when it is made; null is no quota. */
  readonly quotaUnits: number | null;
  readonly usedUnits: number;
  /** The lowest first. */
  readonly quotaThresholds: readonly QuotaThreshold[];
  /** For itself, within its customer's. */
  readonly limits: RateLimits;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
}

export interface NewKey extends Partial<KeyBounds> {
  readonly customer: Id<"customer">;
  readonly name: string;
  readonly quotaUnits?: number | null;
  readonly pepper: Secret;
  readonly nowMs: number;
}

/** The secret is given out here and never again: only its keyed hash and last four letters are stored. */
export async function createKey(db: Queries, input: NewKey): Promise<{ key: Key; secret: Secret }> {
  const { customer, name, quotaUnits = null, products = null, pepper, nowMs } = input;
  const { addresses = null, expiresAtMs = null } = input;
  assertName(name);
  assertBounds(input, nowMs);
  if (quotaUnits !== null) assertUnits(quotaUnits, limits.quotaUnitsMax, "quota_units");
  await getCustomer(db, customer);
  const secret = `mk_${randomBytes(24).toString("base64url")}`;
  const id = newId("key", nowMs);
  await db.perform(
    query(sql`insert into api_keys
        (id, customer, name, secret_hash, last_four, quota_units, used_units, held_units, products, addresses,
          expires_at_ms, created_at_ms)
      values (${id}, ${customer}, ${name}, ${hashOf(secret, pepper)}, ${secret.slice(-4)}, ${quotaUnits}, 0, 0,
        ${products && JSON.stringify(products)}, ${addresses && JSON.stringify(addresses)}, ${expiresAtMs}, ${nowMs})`),
  );
  return { key: await getKey(db, { customer, key: id }), secret: new Secret(secret) };
}

export async function getKey(
  db: Queries,
  ask: { readonly customer: Id<"customer">; readonly key: string },
): Promise<Key> {
  const table = db.as<SellTables>().selectFrom("api_keys").selectAll().where("customer", "=", ask.customer);
  const row = await table.where("id", "=", ask.key as Id<"key">).executeTakeFirst();
  if (!row) throw notFound("key", ask.key);
  return toKey(row);
}

export async function listKeys(db: Queries, ask: PageAsk & { customer: Id<"customer"> }): Promise<Page<Key>> {
  const limit = limitOf(ask);
  let found = db.as<SellTables>().selectFrom("api_keys").selectAll().where("customer", "=", ask.customer);
  if (ask.before) found = found.where("id", "<", ask.before as Id<"key">);
  return pageOf(
    await found
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute(),
    limit,
    toKey,
  );
}

/** A new secret for the same key; the old one is useless within a second. */
export async function rotateKey(
  db: Queries,
  input: { readonly customer: Id<"customer">; readonly key: string; readonly pepper: Secret },
): Promise<{ key: Key; secret: Secret }> {
  const standing = await getKey(db, input);
  if (standing.revokedAtMs !== null) throw new Refusal("conflict", "The key is revoked: make a new one.");
  const secret = `mk_${randomBytes(24).toString("base64url")}`;
  await db.perform(
    query(sql`update api_keys set secret_hash = ${hashOf(secret, input.pepper)}, last_four = ${secret.slice(-4)}
      where id = ${input.key} and customer = ${input.customer} and revoked_at_ms is null`),
  );
  return { key: await getKey(db, input), secret: new Secret(secret) };
}

/** From the next admission on, for good. Revoking again changes nothing. */
export async function revokeKey(
  db: Queries,
  input: { readonly customer: Id<"customer">; readonly key: string; readonly nowMs: number },
): Promise<Key> {
  await db.perform(
    query(sql`update api_keys set revoked_at_ms = ${input.nowMs}
      where id = ${input.key} and customer = ${input.customer} and revoked_at_ms is null`),
  );
  return getKey(db, input);
}

/** One product the customer may call. */
export interface Entitlement {
  readonly product: Id<"product">;
  readonly endpoint: string;
  readonly subscription: Id<"subscription">;
  readonly plan: Id<"plan">;
  /** Who pays for its calls: the same object each time, so that a batch sends it to the writer once. */
  readonly party: Party;
  /** How much of it there is a minute. */
  readonly rates: readonly Rate[];
  /** Whom a lease must be for alone. */
  readonly apart: Apart;
}

/** What a secret stands for. May be kept for a moment: admission looks again whether the key is revoked. */
export interface KeyGrant {
  readonly key: Id<"key">;
  readonly customer: Id<"customer">;
  readonly partner: Id<"partner"> | null;
  readonly dataUse: DataUse;
  readonly currency: Currency;
  readonly quotaUnits: number | null;
  /** Whether an address is one it may be used from; null for all. */
  readonly isFrom: InNetworks | null;
  readonly expiresAtMs: number | null;
  /** It has a quota, limits or bounds: then it may not make keys or change plans. */
  readonly restricted: boolean;
  readonly entitlements: readonly Entitlement[];
}

/** Who pays for what. Plain data, for the steps of a paid request. */
export interface Party {
  readonly key: Id<"key">;
  readonly customer: Id<"customer">;
  readonly partner: Id<"partner"> | null;
  readonly currency: Currency;
  readonly product: Id<"product">;
  readonly subscription: Id<"subscription">;
  /** Whether the key has a quota, so that its units in flight must be counted. */
  readonly quota: boolean;
}

/** Who spends, as budgets see it. */
export const spenderOf = ({
  party: { customer, key, product },
  endUser = null,
}: {
  readonly party: Party;
  readonly endUser?: string | null;
}): Spender => ({ customer, key, product, endUser });

interface GrantRow {
  secret_hash: string;
  key_id: Id<"key">;
  quota_units: number | null;
  products: string | null;
  addresses: string | null;
  expires_at_ms: number | null;
  customer: Id<"customer">;
  partner: Id<"partner"> | null;
  data_use: DataUse;
  currency: Currency;
  subscription: Id<"subscription"> | null;
  plan: Id<"plan">;
  product: Id<"product">;
  endpoint: string;
  budgets: number;
  key_requests: number | null;
  key_tokens: number | null;
  requests: number | null;
  tokens: number | null;
}

const grantOf = (hash: string): Statement => sql`select k.secret_hash, k.id as key_id, k.quota_units, k.products,
    k.addresses, k.expires_at_ms,
    c.id as customer, c.partner, c.data_use, c.currency, c.budgets, s.id as subscription, s.plan, s.product, p.endpoint,
    k.requests_per_minute as key_requests, k.tokens_per_minute as key_tokens,
    coalesce(c.requests_per_minute, l.requests_per_minute) as requests,
    coalesce(c.tokens_per_minute, l.tokens_per_minute) as tokens
  from api_keys k join customers c on c.id = k.customer
    left join subscriptions s on s.customer = c.id left join products p on p.id = s.product
    left join plans l on l.id = s.plan
  where k.secret_hash = ${hash} and k.revoked_at_ms is null order by s.id`;

/** Refuses unknown and revoked secrets with the same words. Looks up a keyed hash, so timing tells nothing of a secret. */
export async function authenticate(db: Queries, secretText: string, pepper: Secret): Promise<KeyGrant> {
  const hash = hashOf(secretText, pepper);
  const rows = await db.read<GrantRow>(grantOf(hash));
  const [first] = rows;
  if (!first || !equalInConstantTime(first.secret_hash, hash)) throw invalidKey();
  const { key_id: key, customer, partner, data_use: dataUse, currency, quota_units: quotaUnits } = first;
  const payer = { key, customer, partner, currency, quota: quotaUnits !== null };
  const products = first.products === null ? null : (JSON.parse(first.products) as Id<"product">[]);
  const ofKey = ratesOf(key, { requestsPerMinute: first.key_requests, tokensPerMinute: first.key_tokens });
  const apart = apartOf(first.budgets);
  const entitlements = rows.flatMap(({ product, endpoint, subscription, plan, requests, tokens }) => {
    if (!subscription || (products !== null && !products.includes(product))) return [];
    const rates = [...ratesOf(subscription, { requestsPerMinute: requests, tokensPerMinute: tokens }), ...ofKey];
    return [{ product, endpoint, subscription, plan, party: { ...payer, product, subscription }, rates, apart }];
  });
  const { expires_at_ms: expiresAtMs, addresses } = first;
  const isFrom = addresses === null ? null : networks(JSON.parse(addresses) as string[], "addresses");
  const isBound = products !== null || addresses !== null || expiresAtMs !== null;
  const restricted = isBound || quotaUnits !== null || ofKey.length > 0;
  return { key, customer, partner, dataUse, currency, quotaUnits, isFrom, expiresAtMs, restricted, entitlements };
}

/** What entitles to a call of an endpoint, or a refusal: the customer has not subscribed to what it sells. */
export function entitlementFor(grant: KeyGrant, endpoint: string): Entitlement {
  const found = grant.entitlements.find((entitlement) => entitlement.endpoint === endpoint);
  if (!found) throw new Refusal("not_entitled", `This key has no subscription for "${endpoint}".`);
  return found;
}

/** Who pays for a call of an endpoint. */
export const partyFor = (grant: KeyGrant, endpoint: string): Party => entitlementFor(grant, endpoint).party;

export function invalidKey(): Refusal {
  return new Refusal("invalid_key", "This API key is not valid.", { hint: "Check the key, or ask for a new one." });
}

const hashOf = (secret: string, pepper: Secret): string => keyedHash(pepper.reveal(), secret);

const toKey = (row: KeyRow): Key => ({
  id: row.id,
  customer: row.customer,
  name: row.name,
  lastFour: row.last_four,
  quotaUnits: row.quota_units,
  usedUnits: row.used_units,
  quotaThresholds: parseQuotaThresholds(row.quota_thresholds),
  products: row.products === null ? null : (JSON.parse(row.products) as Id<"product">[]),
  addresses: row.addresses === null ? null : (JSON.parse(row.addresses) as string[]),
  expiresAtMs: row.expires_at_ms,
  limits: limitsOf(row),
  createdAtMs: row.created_at_ms,
  revokedAtMs: row.revoked_at_ms,
});
