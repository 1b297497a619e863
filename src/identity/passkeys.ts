import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
  WebAuthnCredential,
} from "@simplewebauthn/server";
import { Refusal, notFound } from "../kernel/errors.ts";
import { equalInConstantTime, keyedHash } from "../kernel/hash.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type { Secret } from "../kernel/secret.ts";
import { type Queries, isUniqueViolation, query, queryOne, sql } from "../store/index.ts";
import type { IdentityTables, PasskeyRow } from "./tables.ts";
import type { User } from "./user.ts";

/** A key pair in a person's device, whose public half we keep (WebAuthn). It counts as both factors: the device checks who it is. */
export interface Passkey {
  readonly id: Id<"passkey">;
  readonly name: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
}

/** Where the browser is, and when. */
export interface PasskeyContext {
  /** `https://host`; the passkey belongs to its host name. */
  readonly site: string;
  readonly pepper: Secret;
  readonly nowMs: number;
}

/** Loaded when somebody uses one. */
const library = () => import("@simplewebauthn/server");

export async function registrationOptions(
  db: Queries,
  ask: PasskeyContext & { readonly user: User },
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const { user } = ask;
  const known = await rowsOf(db, user.id);
  if (known.length >= limits.passkeysMax)
    throw new Refusal("conflict", `There are ${limits.passkeysMax} passkeys already.`, { hint: "Remove one first." });
  const { generateRegistrationOptions } = await library();
  return generateRegistrationOptions({
    rpName: "Millrace",
    rpID: hostOf(ask.site),
    userID: new Uint8Array(Buffer.from(user.id)),
    userName: user.email ?? user.name,
    userDisplayName: user.name,
    challenge: newChallenge(ask, user.id),
    attestationType: "none",
    excludeCredentials: known.map((row) => ({ id: row.credential, transports: transportsOf(row) })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    timeout: limits.passkeyChallengeMs,
  });
}

/** Refusals: `invalid_key` for what is not the answer to a challenge of ours, `conflict` for one that is known. */
export async function registerPasskey(
  db: Queries,
  ask: PasskeyContext & { readonly user: User; readonly name: string; readonly response: RegistrationResponseJSON },
): Promise<Passkey> {
  const { user, name, response, nowMs } = ask;
  const { verifyRegistrationResponse } = await library();
  const challenge = challengeIn(response);
  const verified = await orRefuse(() =>
    verifyRegistrationResponse({
      response,
      expectedChallenge: (text) => isChallenge(ask, user.id, text),
      expectedOrigin: ask.site,
      expectedRPID: hostOf(ask.site),
      requireUserVerification: true,
    }),
  );
  if (!verified.verified) throw notAccepted();
  await useUp(db, challenge, user.id, nowMs);
  const { credential } = verified.registrationInfo;
  const row: PasskeyRow = {
    id: newId("passkey", nowMs),
    user_id: user.id,
    credential: credential.id,
    public_key: Buffer.from(credential.publicKey).toString("base64url"),
    counter: credential.counter,
    transports: JSON.stringify(credential.transports ?? []),
    name,
    created_at_ms: nowMs,
    last_used_at_ms: null,
  };
  try {
    await db.as<IdentityTables>().insertInto("passkeys").values(row).execute();
  } catch (error) {
    if (isUniqueViolation(error)) throw new Refusal("conflict", "This passkey is known already.");
    throw error;
  }
  return toPasskey(row);
}

/** For whoever has a passkey of this site: the browser asks which, we learn who it is by the answer. */
export async function signInOptions(ask: PasskeyContext): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const { generateAuthenticationOptions } = await library();
  return generateAuthenticationOptions({
    rpID: hostOf(ask.site),
    challenge: newChallenge(ask, null),
    userVerification: "required",
    timeout: limits.passkeyChallengeMs,
  });
}

/** Whose passkey has signed the challenge. Refusal `invalid_key`, the same whatever is wrong. */
export async function checkPasskey(
  db: Queries,
  ask: PasskeyContext & { readonly response: AuthenticationResponseJSON },
): Promise<Id<"user">> {
  const { response, nowMs } = ask;
  const table = db.as<IdentityTables>().selectFrom("passkeys").selectAll();
  const row = await table.where("credential", "=", response.id).executeTakeFirst();
  if (!row) throw notAccepted();
  const { verifyAuthenticationResponse } = await library();
  const { verified, authenticationInfo } = await orRefuse(() =>
    verifyAuthenticationResponse({
      response,
      expectedChallenge: (text) => isChallenge(ask, null, text),
      expectedOrigin: ask.site,
      expectedRPID: hostOf(ask.site),
      credential: credentialOf(row),
      requireUserVerification: true,
    }),
  );
  if (!verified) throw notAccepted();
  await useUp(db, challengeIn(response), row.user_id, nowMs);
  const counter = authenticationInfo.newCounter;
  // a copied device shows itself by a counter that does not grow
  const grown = await db.perform(
    query(sql`update passkeys set counter = ${counter}, last_used_at_ms = ${nowMs}
      where id = ${row.id} and (counter < ${counter} or (counter = 0 and ${counter} = 0)) returning id`),
  );
  if (grown.length === 0) throw notAccepted();
  return row.user_id;
}

/** Newest first; at most `limits.passkeysMax`. */
export async function listPasskeys(db: Queries, user: Id<"user">): Promise<Passkey[]> {
  return (await rowsOf(db, user)).map(toPasskey);
}

/** One of the user's own; another's is not found. */
export async function removePasskey(
  db: Queries,
  ask: { readonly user: Id<"user">; readonly passkey: string },
): Promise<Passkey> {
  const row = await db.perform(
    queryOne<PasskeyRow>(sql`delete from passkeys where id = ${ask.passkey} and user_id = ${ask.user} returning *`),
  );
  if (!row) throw notFound("passkey", ask.passkey);
  return toPasskey(row);
}

const rowsOf = (db: Queries, user: Id<"user">): Promise<PasskeyRow[]> =>
  db
    .as<IdentityTables>()
    .selectFrom("passkeys")
    .selectAll()
    .where("user_id", "=", user)
    .orderBy("id", "desc")
    .execute();

const credentialOf = (row: PasskeyRow): WebAuthnCredential => ({
  id: row.credential,
  publicKey: new Uint8Array(Buffer.from(row.public_key, "base64url")),
  counter: row.counter,
  transports: transportsOf(row),
});

const transportsOf = (row: PasskeyRow): string[] => JSON.parse(row.transports) as string[];

function hostOf(site: string): string {
  const { hostname } = new URL(site);
  if (isIP(hostname) === 0 && !hostname.startsWith("[")) return hostname;
  throw new Refusal("conflict", "A passkey belongs to a host name, and this is an address.", {
    hint: "Open the console by its name; on this machine as http://localhost.",
  });
}

/**
 * What the browser signs: random, until when, and a keyed hash over both and the user. So nothing is stored for those who only
 * ask, and one that was used is kept until it is over.
 */
function newChallenge({ pepper, nowMs }: PasskeyContext, user: Id<"user"> | null): Uint8Array<ArrayBuffer> {
  const untilMs = nowMs + limits.passkeyChallengeMs;
  const head = `${randomBytes(16).toString("base64url")}.${untilMs}`;
  return new Uint8Array(Buffer.from(`${head}.${signed(pepper, user, head)}`));
}

function isChallenge({ pepper, nowMs }: PasskeyContext, user: Id<"user"> | null, text: string): boolean {
  const [random = "", until = "", hash = ""] = Buffer.from(text, "base64url").toString().split(".");
  return equalInConstantTime(hash, signed(pepper, user, `${random}.${until}`)) && Number(until) > nowMs;
}

const signed = (pepper: Secret, user: Id<"user"> | null, head: string): string =>
  keyedHash(pepper.reveal(), `passkey:${user ?? "anybody"}:${head}`);

/** Which challenge the browser says it answers; the library checks that it does. */
function challengeIn({ response }: { readonly response: { readonly clientDataJSON: string } }): string {
  try {
    const data = JSON.parse(Buffer.from(response.clientDataJSON, "base64url").toString()) as { challenge?: unknown };
    if (typeof data.challenge === "string" && data.challenge.length < 500) return data.challenge;
  } catch {
    throw notAccepted();
  }
  throw notAccepted();
}

async function useUp(db: Queries, challenge: string, user: Id<"user">, nowMs: number): Promise<void> {
  const row = { challenge, user_id: user, expires_at_ms: nowMs + limits.passkeyChallengeMs };
  try {
    await db.as<IdentityTables>().insertInto("passkey_challenges").values(row).execute();
  } catch (error) {
    if (isUniqueViolation(error)) throw notAccepted();
    throw error;
  }
}

/** The library throws a sentence for each thing that can be wrong; whoever guesses gets none of them. */
async function orRefuse<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch {
    throw notAccepted();
  }
}

const notAccepted = (): Refusal => new Refusal("invalid_key", "The passkey was not accepted.");

const toPasskey = (row: PasskeyRow): Passkey => ({
  id: row.id,
  name: row.name,
  createdAtMs: row.created_at_ms,
  lastUsedAtMs: row.last_used_at_ms,
});
