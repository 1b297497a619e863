import { randomBytes } from "node:crypto";
import { notFound } from "../kernel/errors.ts";
import { equalInConstantTime, keyedHash } from "../kernel/hash.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { Secret } from "../kernel/secret.ts";
import { type Queries, query, queryOne, sql } from "../store/index.ts";
import type { IdentityTables, SessionRow, UserRow } from "./tables.ts";
import { type User, toUser } from "./user.ts";

/** How somebody proved who it is. */
export type SignInWay = SessionRow["how"];

/** A time in which one browser is one user. It ends when it is not used, at its end, or when somebody says so. */
export interface Session {
  readonly id: Id<"session">;
  readonly how: SignInWay;
  readonly address: string;
  /** What the browser says it is. */
  readonly device: string;
  readonly createdAtMs: number;
  readonly seenAtMs: number;
  readonly idleUntilMs: number;
  readonly endsAtMs: number;
}

export interface SignedIn {
  readonly user: User;
  readonly session: Session;
}

/** Where a request comes from. */
export interface From {
  readonly address: string;
  readonly device: string;
  /** The session that the browser had before: it ends, so that nobody keeps one that was planted or left behind. */
  readonly before?: Secret | undefined;
}

export interface NewSession {
  readonly user: Id<"user">;
  readonly how: SignInWay;
  readonly from: From;
  readonly pepper: Secret;
  readonly nowMs: number;
}

/** A new session with a new secret, of which the hash is kept. The secret is the cookie's value. */
export async function openSession(db: Queries, input: NewSession): Promise<{ session: Session; secret: Secret }> {
  const { user, how, from, pepper, nowMs } = input;
  if (from.before) await endSession(db, { secret: from.before, pepper });
  const secret = new Secret(randomBytes(32).toString("base64url"));
  const endsAtMs = nowMs + limits.sessionMsMax;
  const row: SessionRow = {
    id: newId("session", nowMs),
    secret_hash: hashOf(secret, pepper),
    user_id: user,
    how,
    address: from.address,
    device: printable(from.device),
    created_at_ms: nowMs,
    seen_at_ms: nowMs,
    idle_until_ms: nowMs + limits.sessionIdleMs,
    ends_at_ms: endsAtMs,
  };
  const tables = db.as<IdentityTables>();
  await tables.insertInto("sessions").values(row).execute();
  await tables.updateTable("users").set({ last_sign_in_at_ms: nowMs }).where("id", "=", user).execute();
  const kept = tables.selectFrom("sessions").select("id").where("user_id", "=", user).orderBy("id", "desc");
  const oldest = await kept.offset(limits.sessionsPerUserMax).limit(limits.sessionsPerUserMax).execute();
  for (const { id } of oldest) await tables.deleteFrom("sessions").where("id", "=", id).execute();
  return { session: toSession(row), secret };
}

/** Who this secret is now; undefined when it is unknown, over, or its user disabled. Use makes the session last. */
export async function findSession(
  db: Queries,
  ask: { readonly secret: Secret; readonly pepper: Secret; readonly nowMs: number },
): Promise<SignedIn | undefined> {
  const { nowMs } = ask;
  const hash = hashOf(ask.secret, ask.pepper);
  const tables = db.as<IdentityTables>();
  const session = await tables
    .selectFrom("sessions")
    .selectAll()
    .where("secret_hash", "=", hash)
    .where("idle_until_ms", ">", nowMs)
    .where("ends_at_ms", ">", nowMs)
    .executeTakeFirst();
  if (!session || !equalInConstantTime(session.secret_hash, hash)) return undefined;
  const user = await tables
    .selectFrom("users")
    .selectAll()
    .where("id", "=", session.user_id)
    .where("disabled_at_ms", "is", null)
    .executeTakeFirst();
  if (!user) return undefined;
  if (nowMs - session.seen_at_ms < limits.sessionSeenEveryMs) return signedIn(user, session);
  const idleUntilMs = Math.min(nowMs + limits.sessionIdleMs, session.ends_at_ms);
  const seen = await db.perform(
    queryOne<SessionRow>(sql`update sessions set seen_at_ms = ${nowMs}, idle_until_ms = ${idleUntilMs}
      where id = ${session.id} returning *`),
  );
  return seen && signedIn(user, seen); // ended in this moment by somebody else
}

const signedIn = (user: UserRow, session: SessionRow): SignedIn => ({
  user: toUser(user),
  session: toSession(session),
});

/** Signs out; again changes nothing. */
export async function endSession(
  db: Queries,
  ask: { readonly secret: Secret; readonly pepper: Secret },
): Promise<void> {
  await db.perform(query(sql`delete from sessions where secret_hash = ${hashOf(ask.secret, ask.pepper)}`));
}

/** Newest first; at most `limits.sessionsPerUserMax`. */
export async function listSessions(
  db: Queries,
  ask: { readonly user: Id<"user">; readonly nowMs: number },
): Promise<Session[]> {
  const table = db.as<IdentityTables>().selectFrom("sessions").selectAll().where("user_id", "=", ask.user);
  const live = table.where("idle_until_ms", ">", ask.nowMs).where("ends_at_ms", ">", ask.nowMs);
  return (await live.orderBy("id", "desc").limit(limits.sessionsPerUserMax).execute()).map(toSession);
}

/** Which of these are not over yet. Being listened to is no use: it makes none last longer. */
export async function liveSessions(
  db: Queries,
  ask: { readonly sessions: readonly Id<"session">[]; readonly nowMs: number },
): Promise<ReadonlySet<Id<"session">>> {
  if (ask.sessions.length === 0) return new Set();
  const table = db.as<IdentityTables>().selectFrom("sessions").select("id").where("id", "in", ask.sessions);
  const live = await table.where("idle_until_ms", ">", ask.nowMs).where("ends_at_ms", ">", ask.nowMs).execute();
  return new Set(live.map(({ id }) => id));
}

/** One of the user's own; another's is not found. */
export async function revokeSession(
  db: Queries,
  ask: { readonly user: Id<"user">; readonly session: string },
): Promise<Session> {
  const row = await db.perform(
    queryOne<SessionRow>(sql`delete from sessions where id = ${ask.session} and user_id = ${ask.user} returning *`),
  );
  if (!row) throw notFound("session", ask.session);
  return toSession(row);
}

/** All of the user's but the one it is in; how many they were. */
export async function revokeOtherSessions(db: Queries, { user, session }: SignedIn): Promise<number> {
  const ended = await db
    .as<IdentityTables>()
    .deleteFrom("sessions")
    .where("user_id", "=", user.id)
    .where("id", "!=", session.id)
    .returning("id")
    .execute();
  return ended.length;
}

export async function revokeAllSessions(db: Queries, user: Id<"user">): Promise<void> {
  await db.perform(query(sql`delete from sessions where user_id = ${user}`));
}

const hashOf = (secret: Secret, pepper: Secret): string => keyedHash(pepper.reveal(), `session:${secret.reveal()}`);

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, "").slice(0, limits.deviceCharsMax);

const toSession = (row: SessionRow): Session => ({
  id: row.id,
  how: row.how,
  address: row.address,
  device: row.device,
  createdAtMs: row.created_at_ms,
  seenAtMs: row.seen_at_ms,
  idleUntilMs: row.idle_until_ms,
  endsAtMs: row.ends_at_ms,
});
