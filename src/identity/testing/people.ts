import type { Secret } from "../../kernel/secret.ts";
import type { Queries } from "../../store/index.ts";
import { openSession } from "../session.ts";
import { type Realm, type User, createUser } from "../user.ts";

export interface Person {
  readonly user: User;
  /** Of a session that has just begun. */
  readonly secret: Secret;
}

/** A user who is signed in, without the work of a password. */
export async function openPerson(
  db: Queries,
  input: { readonly realm: Realm; readonly name: string; readonly pepper: Secret; readonly nowMs: number },
): Promise<Person> {
  const { realm, name, pepper, nowMs } = input;
  const email = `${name.replace(/\W/g, ".").toLowerCase()}@example.com`;
  const user = await createUser(db, { realm, email, name, nowMs });
  const from = { address: "192.0.2.1", device: "a test" };
  const { secret } = await openSession(db, { user: user.id, how: "password", from, pepper, nowMs });
  return { user, secret };
}
