import type { Clock } from "../kernel/clock.ts";
import type { AuthenticationResponseJSON } from "@simplewebauthn/server";
import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import type { Secret } from "../kernel/secret.ts";
import { type Queries, type Store, isUniqueViolation, query, sql } from "../store/index.ts";
import { type Attempt, claimAttempt, forgive, refund } from "./attempts.ts";
import { assertLink, takeLink, uselessLink } from "./link.ts";
import { checkPasskey } from "./passkeys.ts";
import { type Passwords, assertPassword } from "./password.ts";
import { takeCode, wrongCode } from "./second-factor.ts";
import { type From, type SignInWay, type SignedIn, openSession, revokeAllSessions } from "./session.ts";
import type { IdentityTables } from "./tables.ts";
import { type NewUser, type User, createUser, findByEmail, getUser, isSetUp, parseEmail } from "./user.ts";

/** What signing in needs. */
export interface IdentityDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly pepper: Secret;
  readonly passwords: Passwords;
}

/** A session that has just begun, with the secret for its cookie. */
export interface Opened extends SignedIn {
  readonly secret: Secret;
}

export interface SignInInput {
  readonly email: string;
  readonly password: string;
  /** Of the authenticator app, or a recovery code. */
  readonly code?: string | undefined;
  readonly from: From;
}

/**
 * By e-mail address and password, and a code where the user has an authenticator app. Refusals: `invalid_key`, the same
 * and after the same work for an unknown address, a wrong password and a disabled user; `totp_required` when only the
 * code is missing; `rate_limited` after too many failures, wrong codes included.
 */
export async function signIn(deps: IdentityDeps, input: SignInInput): Promise<Opened> {
  const { store, pepper, clock } = deps;
  const email = parseEmail(input.email);
  const attempt = attemptOn(deps, input.from, email);
  await claimAttempt(store, attempt);
  const found = await findByEmail(store, email);
  const matches = await deps.passwords.matches(input.password, found?.passwordHash ?? null);
  if (!found || !matches || found.user.disabledAtMs !== null) throw wrong();
  if (found.user.hasTotp) await assertCode(deps, attempt, found.user, input.code);
  await forgive(store, attempt);
  const opened = { user: found.user.id, how: "password", from: input.from, pepper, nowMs: clock.now() } as const;
  return store.transaction(async (tx) => openFor(tx, opened));
}

const wrong = (): Refusal => new Refusal("invalid_key", "The e-mail address or the password is wrong.");

/** A missing code takes back what was counted, once: who knows the password has not failed, and has not succeeded. */
async function assertCode(
  { store, pepper, clock }: IdentityDeps,
  attempt: Attempt,
  user: User,
  code: string | undefined,
): Promise<void> {
  if (code === undefined) {
    await refund(store, attempt);
    throw new Refusal("totp_required", "The code of the authenticator app is missing.", { param: "code" });
  }
  if (!(await takeCode(store, { user, code, pepper, nowMs: clock.now() }))) throw wrongCode();
}

function attemptOn({ pepper, clock }: IdentityDeps, from: From, email?: string): Attempt {
  const address = { kind: "address", name: from.address } as const;
  const guarded = email === undefined ? [address] : [{ kind: "account", name: email } as const, address];
  return { guarded, pepper, nowMs: clock.now() };
}

interface OpenInput {
  readonly user: User["id"];
  readonly how: SignInWay;
  readonly from: From;
  readonly pepper: Secret;
  readonly nowMs: number;
}

async function openFor(tx: Queries, input: OpenInput): Promise<Opened> {
  const { session, secret } = await openSession(tx, input);
  return { user: await getUser(tx, input.user), session, secret };
}

/** By a one-time link, which is used up. Refusals: `invalid_key`, `rate_limited`. */
export async function signInByLink(
  deps: IdentityDeps,
  input: { readonly token: string; readonly from: From },
): Promise<Opened> {
  const { store, pepper, clock } = deps;
  const attempt = attemptOn(deps, input.from);
  await claimAttempt(store, attempt);
  const nowMs = clock.now();
  const opened = await store.transaction(async (tx) => {
    const { user } = await takeLink(tx, { kind: "sign_in", token: input.token, pepper, nowMs });
    if (user === null || (await getUser(tx, user)).disabledAtMs !== null) throw uselessLink();
    return openFor(tx, { user, how: "link", from: input.from, pepper, nowMs });
  });
  await forgive(store, attempt);
  return opened;
}

export interface SetUpInput {
  /** Of a set-up link, which only somebody at the machine has seen. */
  readonly token: string;
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly from: From;
}

/** The team's first person, an owner. Refusals: `conflict` when there is one, `invalid_key` without a set-up link. */
export async function setUp(deps: IdentityDeps, input: SetUpInput): Promise<Opened> {
  const { store, pepper, clock } = deps;
  const attempt = attemptOn(deps, input.from);
  await claimAttempt(store, attempt);
  const nowMs = clock.now();
  if (await isSetUp(store)) throw isSetUpAlready();
  const link = { kind: "set_up", token: input.token, pepper, nowMs } as const;
  await assertLink(store, link);
  const passwordHash = await hashNewPassword(deps, input);
  const realm = { kind: "team", role: "owner" } as const;
  const owner: NewUser = { realm, email: input.email, name: input.name, passwordHash, nowMs };
  const opened = await store.transaction(async (tx) => {
    await takeLink(tx, link);
    const { id: user } = await createUser(tx, owner);
    await claimSetUp(tx, user, nowMs);
    return openFor(tx, { user, how: "set_up", from: input.from, pepper, nowMs });
  });
  await forgive(store, attempt);
  return opened;
}

/** The hash of a password that somebody new has chosen. Refusal `invalid_request` for a bad one. */
export async function hashNewPassword(
  { passwords }: Pick<IdentityDeps, "passwords">,
  of: { readonly password: string; readonly email: string; readonly name: string },
): Promise<string> {
  assertPassword(of.password, of);
  return passwords.hash(of.password);
}

/** Somebody who has signed up, within the transaction that makes what it belongs to. Refusal `conflict` for a known address. */
export async function openNewUser(
  tx: Queries,
  input: { readonly user: NewUser; readonly from: From; readonly pepper: Secret },
): Promise<Opened> {
  const { id } = await createUser(tx, input.user);
  const { from, pepper } = input;
  return openFor(tx, { user: id, how: "sign_up", from, pepper, nowMs: input.user.nowMs });
}

/** Two who set up at once want the same row; one gets it. */
async function claimSetUp(tx: Queries, user: User["id"], nowMs: number): Promise<void> {
  try {
    const row = { one: 1, user_id: user, created_at_ms: nowMs };
    await tx.as<IdentityTables>().insertInto("set_up").values(row).execute();
  } catch (error) {
    if (isUniqueViolation(error)) throw isSetUpAlready();
    throw error;
  }
}

const isSetUpAlready = (): Refusal =>
  new Refusal("conflict", "The team has its first person already.", { hint: "Sign in instead." });

/** By a passkey, which is both factors. Refusals: `invalid_key`, `rate_limited`. */
export async function signInByPasskey(
  deps: IdentityDeps,
  input: { readonly response: AuthenticationResponseJSON; readonly site: string; readonly from: From },
): Promise<Opened> {
  const { store, pepper, clock } = deps;
  const attempt = attemptOn(deps, input.from);
  await claimAttempt(store, attempt);
  const nowMs = clock.now();
  const user = await checkPasskey(store, { response: input.response, site: input.site, pepper, nowMs });
  if ((await getUser(store, user)).disabledAtMs !== null) throw wrong();
  await forgive(store, attempt);
  return store.transaction((tx) => openFor(tx, { user, how: "passkey", from: input.from, pepper, nowMs }));
}

export interface Again {
  readonly signedIn: SignedIn;
  readonly password: string | undefined;
  readonly from: From;
}

/** Who changes how it signs in has signed in a moment ago, or gives its password. Refusal `invalid_key`. */
export async function assertRecent(deps: IdentityDeps, { signedIn, password, from }: Again): Promise<void> {
  const { user, session } = signedIn;
  if (deps.clock.now() - session.createdAtMs < limits.recentSignInMs) return;
  if (!user.hasPassword) {
    throw new Refusal("invalid_key", "Sign in again first: this session is older than 15 minutes.", {
      param: "password",
    });
  }
  await assertPasswordAgain(deps, { user, password, from, param: "password" });
}

interface PasswordAgain {
  readonly user: User;
  readonly password: string | undefined;
  readonly from: From;
  readonly param: string;
}

async function assertPasswordAgain(deps: IdentityDeps, ask: PasswordAgain): Promise<void> {
  const { store, passwords } = deps;
  const { user } = ask;
  const found = user.email === null ? undefined : await findByEmail(store, user.email);
  if (!found?.passwordHash || user.email === null) return;
  if (ask.password === undefined) throw wrongPassword(ask.param);
  const attempt = attemptOn(deps, ask.from, user.email);
  await claimAttempt(store, attempt);
  if (!(await passwords.matches(ask.password, found.passwordHash))) throw wrongPassword(ask.param);
  await forgive(store, attempt);
}

const wrongPassword = (param: string): Refusal =>
  new Refusal("invalid_key", "The password is missing or wrong.", { param });

/** The same user in a new session, for when how it signs in has changed; the old secret is useless. */
export async function rotateSession(
  deps: IdentityDeps,
  { signedIn, from }: { readonly signedIn: SignedIn; readonly from: From },
): Promise<Opened> {
  const { store, pepper, clock } = deps;
  const { user, session } = signedIn;
  return store.transaction((tx) => openFor(tx, { user: user.id, how: session.how, from, pepper, nowMs: clock.now() }));
}

export interface PasswordChange {
  readonly signedIn: SignedIn;
  /** Undefined only for a user who has no password yet. */
  readonly old: string | undefined;
  readonly new: string;
  readonly from: From;
}

/** Every session of the user ends and a new one begins. Refusals: `invalid_key` for a wrong old password. */
export async function changePassword(deps: IdentityDeps, input: PasswordChange): Promise<Opened> {
  const { store, pepper, clock, passwords } = deps;
  const { user } = input.signedIn;
  if (user.email === null) {
    throw new Refusal("conflict", "A password needs an e-mail address to sign in with.", {
      hint: "Ask who invited you for a user with your address.",
    });
  }
  assertPassword(input.new, user, "new");
  await assertPasswordAgain(deps, { user, password: input.old, from: input.from, param: "old" });
  const passwordHash = await passwords.hash(input.new);
  return store.transaction(async (tx) => {
    await tx.perform(query(sql`update users set password_hash = ${passwordHash} where id = ${user.id}`));
    await tx.perform(query(sql`delete from sign_in_links where user_id = ${user.id}`));
    await revokeAllSessions(tx, user.id);
    const { how } = input.signedIn.session;
    return openFor(tx, { user: user.id, how, from: input.from, pepper, nowMs: clock.now() });
  });
}
