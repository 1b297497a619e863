import { Refusal, notFound } from "../kernel/errors.ts";
import { type Id, isId, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type { Secret } from "../kernel/secret.ts";
import { assertStorable } from "../kernel/text.ts";
import { type Queries, isUniqueViolation } from "../store/index.ts";
import { parseBaseUrl } from "./address.ts";
import { sealSecret } from "./secret-box.ts";
import type { UpstreamRow, UpstreamTables } from "./tables.ts";

/** Any server that speaks OpenAI's API. */
export interface Upstream {
  readonly id: Id<"upstream">;
  readonly name: string;
  /** Without a slash at the end: `https://api.example.com/v1`. */
  readonly baseUrl: string;
  /** Whether it may be reached at loopback, private and link-local addresses. */
  readonly allowPrivate: boolean;
  /** Of its secret; null when it has none. */
  readonly secretLastFour: string | null;
  /** Set when it is switched off. */
  readonly disabledAtMs: number | null;
  readonly createdAtMs: number;
}

export interface NewUpstream {
  readonly name: string;
  readonly baseUrl: string;
  readonly secret?: Secret | undefined;
  readonly allowPrivate?: boolean | undefined;
  readonly pepper: Secret;
  readonly nowMs: number;
}

/** Refusals `invalid_request` (name, URL, secret) and `conflict` (the name is taken). */
export async function createUpstream(db: Queries, input: NewUpstream): Promise<Upstream> {
  const { name, secret, allowPrivate = false, pepper, nowMs } = input;
  assertUpstreamName(name);
  const id = newId("upstream", nowMs);
  const row: UpstreamRow = {
    id,
    name,
    base_url: parseBaseUrl(input.baseUrl, allowPrivate),
    allow_private: allowPrivate ? 1 : 0,
    ...sealed(secret, pepper, id),
    disabled_at_ms: null,
    created_at_ms: nowMs,
  };
  try {
    await db.as<UpstreamTables>().insertInto("upstreams").values(row).execute();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new Refusal("conflict", `There is an upstream "${name}" already.`, { param: "name" });
  }
  return toUpstream(row);
}

export interface UpstreamChange {
  readonly upstream: string;
  readonly baseUrl?: string | undefined;
  readonly allowPrivate?: boolean | undefined;
  /** Null takes the secret away. */
  readonly secret?: Secret | null | undefined;
  readonly enabled?: boolean | undefined;
  readonly pepper: Secret;
  readonly nowMs: number;
}

/** What is not named stays. A base URL that needs a private address is refused unless that is allowed. */
export async function changeUpstream(db: Queries, change: UpstreamChange): Promise<Upstream> {
  const known = await getUpstream(db, change.upstream);
  const { id } = known;
  const allowPrivate = change.allowPrivate ?? known.allowPrivate;
  const { secret, enabled } = change;
  await db
    .as<UpstreamTables>()
    .updateTable("upstreams")
    .set({
      base_url: parseBaseUrl(change.baseUrl ?? known.baseUrl, allowPrivate),
      allow_private: allowPrivate ? 1 : 0,
      ...(secret === undefined ? {} : sealed(secret ?? undefined, change.pepper, id)),
      ...(enabled === undefined ? {} : { disabled_at_ms: enabled ? null : (known.disabledAtMs ?? change.nowMs) }),
    })
    .where("id", "=", id)
    .execute();
  return getUpstream(db, id);
}

/** By id or name. Refusal `not_found`. */
export async function getUpstream(db: Queries, idOrName: string): Promise<Upstream> {
  const row = await db
    .as<UpstreamTables>()
    .selectFrom("upstreams")
    .selectAll()
    .where(isId("upstream", idOrName) ? "id" : "name", "=", idOrName as Id<"upstream">)
    .executeTakeFirst();
  if (!row) throw notFound("upstream", idOrName);
  return toUpstream(row);
}

/** Newest first; `before` is the id of the last one seen. */
export async function listUpstreams(
  db: Queries,
  { limit, before }: { readonly limit: number; readonly before?: string | undefined },
): Promise<Upstream[]> {
  let rows = db.as<UpstreamTables>().selectFrom("upstreams").selectAll().orderBy("id", "desc").limit(limit);
  if (before !== undefined) rows = rows.where("id", "<", before as Id<"upstream">);
  return (await rows.execute()).map(toUpstream);
}

function sealed(secret: Secret | undefined, pepper: Secret, owner: string) {
  if (!secret) return { secret_box: null, secret_last_four: null };
  const text = secret.reveal();
  if (!/^[\x21-\x7e]+$/.test(text) || text.length > limits.upstreamSecretCharsMax) {
    throw new Refusal("invalid_request", "A secret is one word of visible ASCII characters.", { param: "secret" });
  }
  // of a short one four letters would give too much away
  const lastFour = text.length >= 12 ? text.slice(-4) : "****";
  return { secret_box: sealSecret(secret, pepper, owner), secret_last_four: lastFour };
}

function assertUpstreamName(name: string): void {
  assertStorable(name, "name");
  if (/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return;
  throw new Refusal("invalid_request", `"${name}" is not an upstream's name.`, {
    param: "name",
    hint: "Use 1 to 63 lower-case letters, digits and hyphens, like my-vllm.",
  });
}

const toUpstream = (row: UpstreamRow): Upstream => ({
  id: row.id,
  name: row.name,
  baseUrl: row.base_url,
  allowPrivate: row.allow_private === 1,
  secretLastFour: row.secret_last_four,
  disabledAtMs: row.disabled_at_ms,
  createdAtMs: row.created_at_ms,
});
