import { randomBytes } from "node:crypto";
import { Refusal } from "../kernel/errors.ts";
import { keyedHash } from "../kernel/hash.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { Secret } from "../kernel/secret.ts";
import { type Queries, query, queryOne, sql } from "../store/index.ts";

/** What a one-time link does: make the team's first person, or sign one user in. */
export type LinkPurpose = { readonly kind: "set_up" } | { readonly kind: "sign_in"; readonly user: Id<"user"> };

export interface NewLink {
  readonly purpose: LinkPurpose;
  /** How long it may be used; by default 15 minutes to sign in, a day to set up. */
  readonly forMs?: number;
  readonly pepper: Secret;
  readonly nowMs: number;
}

export interface Link {
  readonly token: Secret;
  readonly expiresAtMs: number;
}

const lastsMs: { readonly [K in LinkPurpose["kind"]]: number } = {
  set_up: limits.setUpLinkMs,
  sign_in: limits.signInLinkMs,
};

/** The token is given out here and works once; its hash is kept. */
export async function createLink(db: Queries, input: NewLink): Promise<Link> {
  const { purpose, pepper, nowMs } = input;
  const forMs = input.forMs ?? lastsMs[purpose.kind];
  if (!Number.isInteger(forMs) || forMs < 1 || forMs > limits.signInLinkMsMax)
    throw new Refusal("invalid_request", "A sign-in link lasts at most seven days.", { param: "minutes" });
  const token = new Secret(`msl_${randomBytes(32).toString("base64url")}`);
  const expiresAtMs = nowMs + forMs;
  const user = purpose.kind === "sign_in" ? purpose.user : null;
  await db.perform(
    query(sql`insert into sign_in_links (id, secret_hash, purpose, user_id, created_at_ms, expires_at_ms)
      values (${newId("signInLink", nowMs)}, ${hashOf(token, pepper)}, ${purpose.kind}, ${user}, ${nowMs},
        ${expiresAtMs})`),
  );
  return { token, expiresAtMs };
}

/** The page of the console that uses a link. The token stands behind `#`, which no server and no log sees. */
export function linkAddress(site: string, { kind }: Pick<LinkPurpose, "kind">, token: Secret): string {
  return `${site.replace(/\/$/, "")}/${kind === "set_up" ? "set-up" : "enter"}#${token.reveal()}`;
}

interface LinkAsk {
  readonly kind: LinkPurpose["kind"];
  readonly token: string;
  readonly pepper: Secret;
  readonly nowMs: number;
}

/** Refusal `invalid_key`, the same for an unknown, a used and an old one. */
export async function assertLink(db: Queries, ask: LinkAsk): Promise<void> {
  const found = await db.perform(
    queryOne(sql`select id from sign_in_links where secret_hash = ${hashOf(new Secret(ask.token), ask.pepper)}
      and purpose = ${ask.kind} and used_at_ms is null and expires_at_ms > ${ask.nowMs}`),
  );
  if (!found) throw uselessLink();
}

/** Uses it up: of two who come at once one is refused. */
export async function takeLink(db: Queries, ask: LinkAsk): Promise<{ readonly user: Id<"user"> | null }> {
  const row = await db.perform(
    queryOne<{ user_id: Id<"user"> | null }>(sql`update sign_in_links set used_at_ms = ${ask.nowMs}
      where secret_hash = ${hashOf(new Secret(ask.token), ask.pepper)} and purpose = ${ask.kind}
        and used_at_ms is null and expires_at_ms > ${ask.nowMs} returning user_id`),
  );
  if (!row) throw uselessLink();
  return { user: row.user_id };
}

export const uselessLink = (): Refusal =>
  new Refusal("invalid_key", "The link is unknown, used or too old.", { hint: "Ask for a new one." });

const hashOf = (token: Secret, pepper: Secret): string => keyedHash(pepper.reveal(), `link:${token.reveal()}`);
