import { Refusal, must, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Queries, type Store, query, queryOne, sql } from "../store/index.ts";
import { type Accesses, type Role, noAccess, roles } from "./access.ts";
import type { IdentityTables, UserRow } from "./tables.ts";

/** Where a person belongs, and so which plane its session opens. */
export type Realm =
  | { readonly kind: "team"; readonly role: Role }
  | { readonly kind: "customer"; readonly customer: Id<"customer"> }
  | { readonly kind: "partner"; readonly partner: Id<"partner"> };

export interface User {
  readonly id: Id<"user">;
  readonly realm: Realm;
  /** In lower case; null for a portal's user who only ever comes by a link. */
  readonly email: string | null;
  readonly name: string;
  readonly locale: string | null;
  readonly hasPassword: boolean;
  readonly hasTotp: boolean;
  readonly disabledAtMs: number | null;
  readonly lastSignInAtMs: number | null;
  readonly createdAtMs: number;
}

export interface NewUser {
  readonly realm: Realm;
  readonly email: string | null;
  readonly name: string;
  /** As `Passwords.hash` gives it; without one the user signs in by a link first. */
  readonly passwordHash?: string;
  readonly nowMs: number;
}

/** Refusal `conflict` when somebody has the e-mail address. */
export async function createUser(db: Queries, input: NewUser): Promise<User> {
  const { realm, passwordHash = null, nowMs } = input;
  const email = input.email === null ? null : parseEmail(input.email);
  const name = parseName(input.name);
  const of = columnsOf(realm);
  const row = await db.perform(
    queryOne<UserRow>(sql`insert into users (id, realm, role, customer, partner, email, name, password_hash, created_at_ms)
      values (${newId("user", nowMs)}, ${realm.kind}, ${of.role}, ${of.customer}, ${of.partner}, ${email}, ${name},
        ${passwordHash}, ${nowMs})
      on conflict do nothing returning *`),
  );
  if (!row) throw new Refusal("conflict", "Somebody has this e-mail address already.", { param: "email" });
  return toUser(row);
}

/**
 * The user whom a portal link is for: of this address, or, without one, the one who only comes by links. Made if missing.
 * Refusal `conflict` when the address is somebody's elsewhere.
 */
export async function portalUser(db: Queries, input: NewUser): Promise<User> {
  const { realm } = input;
  let found = db.as<IdentityTables>().selectFrom("users").selectAll();
  const of = columnsOf(realm);
  found = input.email === null ? found.where("email", "is", null) : found.where("email", "=", parseEmail(input.email));
  found = found.where("customer", of.customer === null ? "is" : "=", of.customer);
  found = found.where("partner", of.partner === null ? "is" : "=", of.partner);
  const row = await found.where("realm", "=", realm.kind).orderBy("id").limit(1).executeTakeFirst();
  return row ? toUser(row) : createUser(db, input);
}

function columnsOf(realm: Realm): Pick<UserRow, "role" | "customer" | "partner"> {
  return {
    role: realm.kind === "team" ? realm.role : null,
    customer: realm.kind === "customer" ? realm.customer : null,
    partner: realm.kind === "partner" ? realm.partner : null,
  };
}

/** Addresses are compared in lower case. */
export function parseEmail(text: string): string {
  const email = text.trim().toLowerCase();
  if (/^[^\s@]+@[^\s@]+$/.test(email) && email.length <= limits.emailCharsMax) return email;
  throw new Refusal("invalid_request", "An e-mail address looks like name@example.com.", { param: "email" });
}

export function parseName(text: string): string {
  const name = text.trim();
  if (name !== "" && name.length <= limits.nameCharsMax) return name;
  throw new Refusal("invalid_request", `A name has 1 to ${limits.nameCharsMax} characters.`, { param: "name" });
}

export interface UsersAsk {
  readonly limit: number;
  readonly before?: string | undefined;
  readonly realm?: Realm["kind"] | undefined;
  readonly customer?: string | undefined;
  readonly partner?: string | undefined;
}

/** Newest first. */
export async function listUsers(db: Queries, ask: UsersAsk): Promise<User[]> {
  let found = db.as<IdentityTables>().selectFrom("users").selectAll();
  if (ask.before) found = found.where("id", "<", ask.before as Id<"user">);
  if (ask.realm) found = found.where("realm", "=", ask.realm);
  if (ask.customer) found = found.where("customer", "=", ask.customer as Id<"customer">);
  if (ask.partner) found = found.where("partner", "=", ask.partner as Id<"partner">);
  return (await found.orderBy("id", "desc").limit(ask.limit).execute()).map(toUser);
}

export async function getUser(db: Queries, id: string): Promise<User> {
  const table = db.as<IdentityTables>().selectFrom("users").selectAll();
  const row = await table.where("id", "=", id as Id<"user">).executeTakeFirst();
  if (!row) throw notFound("user", id);
  return toUser(row);
}

/** With what its password is compared; only for signing in. */
export async function findByEmail(
  db: Queries,
  email: string,
): Promise<{ readonly user: User; readonly passwordHash: string | null } | undefined> {
  const table = db.as<IdentityTables>().selectFrom("users").selectAll();
  const row = await table.where("email", "=", email).executeTakeFirst();
  return row && { user: toUser(row), passwordHash: row.password_hash };
}

/** Refusal `not_found`; for those who may know who there is. */
export async function userByEmail(db: Queries, email: string): Promise<User> {
  const found = await findByEmail(db, parseEmail(email));
  if (!found) throw notFound("user", email);
  return found.user;
}

/** Whether somebody is in the team; before, only set-up is open. */
export async function isSetUp(db: Queries): Promise<boolean> {
  const table = db.as<IdentityTables>().selectFrom("users").select("id");
  return (await table.where("realm", "=", "team").limit(1).executeTakeFirst()) !== undefined;
}

/** Whoever is changed is signed out everywhere. Refusal `conflict` when the team would lose its last owner. */
export async function changeRole(store: Store, input: { readonly user: string; readonly role: Role }): Promise<User> {
  return withOwners(store, input.user, async (tx, user) => {
    if (user.realm.kind !== "team") throw new Refusal("conflict", "Only people of the team have a role.");
    await tx.perform(query(sql`update users set role = ${input.role} where id = ${user.id}`));
  });
}

export async function disableUser(
  store: Store,
  input: { readonly user: string; readonly nowMs: number },
): Promise<User> {
  return withOwners(store, input.user, async (tx, user) => {
    const { nowMs } = input;
    await tx.perform(
      query(sql`update users set disabled_at_ms = ${nowMs} where id = ${user.id} and disabled_at_ms is null`),
    );
    await tx.perform(query(sql`delete from sign_in_links where user_id = ${user.id}`));
  });
}

export async function enableUser(db: Queries, id: string): Promise<User> {
  const { id: user } = await getUser(db, id);
  await db.perform(query(sql`update users set disabled_at_ms = null where id = ${user}`));
  return getUser(db, user);
}

/** A change that may cost an owner: owners are locked, changed, and counted again. */
async function withOwners(store: Store, id: string, change: (tx: Queries, user: User) => Promise<void>): Promise<User> {
  return store.transaction(async (tx) => {
    // on Postgres, two owners who take each other's role at once wait here for one another
    await tx.perform(query(sql`update users set role = role where realm = ${"team"} and role = ${"owner"}`));
    const user = await getUser(tx, id);
    await change(tx, user);
    await tx.perform(query(sql`delete from sessions where user_id = ${user.id}`));
    const left = await tx.perform(
      queryOne<{ n: number }>(sql`select count(*) as n from users
        where realm = ${"team"} and role = ${"owner"} and disabled_at_ms is null`),
    );
    if (user.realm.kind === "team" && user.realm.role === "owner" && must(left, "a count").n === 0)
      throw new Refusal("conflict", "The team keeps at least one owner.", { hint: "Make somebody else owner first." });
    return getUser(tx, user.id);
  });
}

/** Name and language are one's own to change. */
export async function changeUser(
  db: Queries,
  input: { readonly user: Id<"user">; readonly name?: string; readonly locale?: string | null },
): Promise<User> {
  const { user } = input;
  if (input.name !== undefined)
    await db.perform(query(sql`update users set name = ${parseName(input.name)} where id = ${user}`));
  if (input.locale !== undefined)
    await db.perform(query(sql`update users set locale = ${input.locale} where id = ${user}`));
  return getUser(db, user);
}

export async function countPasskeys(db: Queries, user: Id<"user">): Promise<number> {
  const counted = await db.perform(
    queryOne<{ n: number }>(sql`select count(*) as n from passkeys where user_id = ${user}`),
  );
  return must(counted, "a count").n;
}

/** What of the team's plane a user may see and change. */
export function accessesOf({ realm }: Pick<User, "realm">): Accesses {
  return realm.kind === "team" ? roles[realm.role] : noAccess;
}

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    realm: realmOf(row),
    email: row.email,
    name: row.name,
    locale: row.locale,
    hasPassword: row.password_hash !== null,
    hasTotp: row.totp_box !== null,
    disabledAtMs: row.disabled_at_ms,
    lastSignInAtMs: row.last_sign_in_at_ms,
    createdAtMs: row.created_at_ms,
  };
}

function realmOf(row: UserRow): Realm {
  switch (row.realm) {
    case "team":
      return { kind: "team", role: must(row.role, "a user of the team has a role") };
    case "customer":
      return { kind: "customer", customer: must(row.customer, "a customer's user names it") };
    case "partner":
      return { kind: "partner", partner: must(row.partner, "a partner's user names it") };
  }
}
