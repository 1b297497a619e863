import type { Realm, User } from "../../identity/index.ts";
import { openPerson } from "../../identity/testing/people.ts";
import type { TestServer } from "./server.ts";

export interface Browser {
  readonly user: User;
  /** What a page of ours sends with the session's cookie. */
  readonly headers: { readonly cookie: string; readonly "x-millrace-request": "1" };
}

/** A browser in which a new user of this realm is signed in. */
export async function openBrowser({ deps }: TestServer, realm: Realm, name: string): Promise<Browser> {
  const { store, pepper, clock } = deps;
  const { user, secret } = await openPerson(store, { realm, name, pepper, nowMs: clock.now() });
  return { user, headers: browserHeaders(secret.reveal()) };
}

export const browserHeaders = (secret: string): Browser["headers"] => ({
  cookie: `millrace_session=${secret}`,
  "x-millrace-request": "1",
});
