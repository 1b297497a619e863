import {
  type Link,
  type Role,
  type User,
  createLink,
  createUser,
  isSetUp,
  linkAddress,
  listUsers,
  roleNames,
  userByEmail,
} from "../../identity/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import type { CliApp } from "../app.ts";
import { type Command, argument, required, wholeNumber } from "../command.ts";
import { table } from "../terminal.ts";

export const userCreate: Command = {
  name: "user create",
  summary: "add somebody to the team; a sign-in link lets the person in",
  args: ["EMAIL"],
  options: {
    name: { type: "text", value: "NAME", help: "how the person is called", required: true },
    role: { type: "text", value: "ROLE", help: roleNames.join(", "), required: true },
  },
  example: 'millrace user create name@example.com --name "A name" --role owner',
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const realm = { kind: "team", role: parseRole(required(invocation, "role")) } as const;
    const email = argument(invocation, 0, "e-mail address");
    const user = await createUser(store, { realm, email, name: required(invocation, "name"), nowMs: clock.now() });
    return {
      data: user,
      text: `Added ${user.name} as ${realm.role}.\n`,
      next: [`millrace sign-in-link ${email}`],
    };
  },
};

function parseRole(text: string): Role {
  const role = roleNames.find((name) => name === text);
  if (role) return role;
  throw new Refusal("invalid_request", `"${text}" is not one of ${roleNames.join(", ")}.`, { param: "role" });
}

export const userList: Command = {
  name: "user list",
  summary: "list who may sign in, newest first",
  args: [],
  options: {},
  async run({ world }) {
    const { store } = await world.open();
    const users = await listUsers(store, { limit: limits.listMax });
    const rows = users.map((user) => [
      user.email ?? "(by link only)",
      user.name,
      placeOf(user),
      user.disabledAtMs === null ? "" : "disabled",
    ]);
    return { data: users, text: table(["e-mail", "name", "of", "state"], rows) };
  },
};

function placeOf({ realm }: User): string {
  switch (realm.kind) {
    case "team":
      return `team: ${realm.role}`;
    case "customer":
      return realm.customer;
    case "partner":
      return realm.partner;
  }
}

export const signInLink: Command = {
  name: "sign-in-link",
  summary: "print a link that signs a user in once; at first, one to set up",
  args: ["[EMAIL]"],
  options: {
    minutes: { type: "text", value: "N", help: "how long it may be used (15; to set up, a day)" },
  },
  async run(invocation) {
    const app = await invocation.world.open();
    const minutes = wholeNumber(invocation, "minutes", { min: 1, max: limits.signInLinkMsMax / 60_000 });
    const forMs = minutes === undefined ? {} : { forMs: minutes * 60_000 };
    const [email] = invocation.args;
    const { url, link } = await linkTo(app, email, forMs);
    const minutesLeft = Math.round((link.expiresAtMs - app.clock.now()) / 60_000);
    return {
      data: { url, expires_at_ms: link.expiresAtMs },
      text: `${url}\n`,
      next: [`millrace serve   # then open the link, within ${minutesLeft} minutes; it works once`],
    };
  },
};

async function linkTo(
  app: CliApp,
  email: string | undefined,
  forMs: { forMs?: number },
): Promise<{ url: string; link: Link }> {
  if (email === undefined && !(await isSetUp(app.store))) return setUpLink(app, app.publicUrl, forMs);
  if (email === undefined) {
    throw new Refusal("invalid_request", "The team is set up: say whom the link is for.", {
      hint: "millrace sign-in-link EMAIL; `millrace user list` shows who there is.",
    });
  }
  const user = await userByEmail(app.store, email);
  if (user.disabledAtMs !== null) throw new Refusal("conflict", "The user is disabled.");
  const purpose = { kind: "sign_in", user: user.id } as const;
  const link = await createLink(app.store, { purpose, pepper: app.pepper, nowMs: app.clock.now(), ...forMs });
  return { url: linkAddress(app.publicUrl, purpose, link.token), link };
}

/** The link with which the team's first owner is made. */
export async function setUpLink(
  app: Pick<CliApp, "store" | "clock" | "pepper">,
  site: string,
  forMs: { forMs?: number } = {},
): Promise<{ url: string; link: Link }> {
  const purpose = { kind: "set_up" } as const;
  const link = await createLink(app.store, { purpose, pepper: app.pepper, nowMs: app.clock.now(), ...forMs });
  return { url: linkAddress(site, purpose, link.token), link };
}
