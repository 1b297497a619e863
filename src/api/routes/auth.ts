import { z } from "zod";
import {
  type Opened,
  changePassword,
  changeUser,
  endSession,
  isSetUp,
  listSessions,
  revokeOtherSessions,
  revokeSession,
  setUp,
  signIn,
  signInByLink,
} from "../../identity/index.ts";
import { signedInOf } from "../actor.ts";
import { clearSession, setSession } from "../cookies.ts";
import { type Call, type Route, route } from "../route.ts";
import { idParams, listOf, name } from "../shapes.ts";
import { email, locale, ownUserOf, ownUserShape, password, sessionOf, sessionShape } from "../users.ts";

const tag = "Signing in";
const token = z.string().min(1).max(200);

type Answering = Pick<Call<never, never, never>, "deps" | "reply" | "site">;

/** The browser gets the new session's cookie; the user is the answer. */
async function opened(
  { deps, reply, site }: Answering,
  { user, secret }: Opened,
): Promise<z.input<typeof ownUserShape>> {
  setSession(reply, site, secret);
  return ownUserOf(deps, user);
}

export const authRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/auth/v1/state",
    who: "visitor",
    tag,
    summary: "Whether the team is set up, and who is signed in",
    response: z.strictObject({
      object: z.literal("auth_state"),
      set_up: z.boolean(),
      user: ownUserShape.nullable(),
    }),
    handle: async ({ deps, actor }) => ({
      object: "auth_state" as const,
      set_up: await isSetUp(deps.store),
      user: actor.kind === "user" ? await ownUserOf(deps, actor.user) : null,
    }),
  }),
  route({
    method: "POST",
    path: "/auth/v1/setup",
    who: "visitor",
    tag,
    summary: "Make the team's first owner, with the token that `serve` prints",
    body: z.strictObject({ token, name, email, password }),
    status: 201,
    response: ownUserShape,
    handle: async (call) => opened(call, await setUp(call.deps, { ...call.body, from: call.from })),
  }),
  route({
    method: "POST",
    path: "/auth/v1/sign-in",
    who: "visitor",
    tag,
    summary: "Sign in by e-mail address and password; the session is a cookie",
    body: z.strictObject({
      email,
      password,
      code: z.string().min(1).max(40).optional().describe("Of the authenticator app, or a recovery code."),
    }),
    response: ownUserShape,
    handle: async (call) => opened(call, await signIn(call.deps, { ...call.body, from: call.from })),
  }),
  route({
    method: "POST",
    path: "/auth/v1/sign-in-links/use",
    who: "visitor",
    tag,
    summary: "Sign in by a one-time link",
    body: z.strictObject({ token }),
    response: ownUserShape,
    handle: async (call) => opened(call, await signInByLink(call.deps, { token: call.body.token, from: call.from })),
  }),
  route({
    method: "POST",
    path: "/auth/v1/sign-out",
    who: "visitor",
    tag,
    summary: "End this session; without one, nothing happens",
    response: z.strictObject({ object: z.literal("signed_out") }),
    async handle({ deps, from, reply, site }) {
      if (from.before) await endSession(deps.store, { secret: from.before, pepper: deps.pepper });
      clearSession(reply, site);
      return { object: "signed_out" as const };
    },
  }),
  route({
    method: "POST",
    path: "/auth/v1/password",
    who: "user",
    tag,
    summary: "Change your password; every other session of yours ends",
    body: z.strictObject({
      old: password.optional().describe("Left out only by who has none yet."),
      new: password,
    }),
    response: ownUserShape,
    // the answer comes with a new session
    ownIdempotency: true,
    async handle(call) {
      const change = { signedIn: signedInOf(call.actor), old: call.body.old, new: call.body.new, from: call.from };
      return opened(call, await changePassword(call.deps, change));
    },
  }),
  route({
    method: "POST",
    path: "/auth/v1/profile",
    who: "user",
    tag,
    summary: "Change your name or language",
    body: z.strictObject({ name, locale: locale.nullable() }).partial(),
    response: ownUserShape,
    async handle({ deps, actor, body }) {
      const change = {
        user: signedInOf(actor).user.id,
        ...(body.name === undefined ? {} : { name: body.name }),
        ...(body.locale === undefined ? {} : { locale: body.locale }),
      };
      return ownUserOf(deps, await changeUser(deps.store, change));
    },
  }),
  route({
    method: "GET",
    path: "/auth/v1/sessions",
    who: "user",
    tag,
    summary: "Where you are signed in, newest first",
    response: listOf(sessionShape),
    async handle({ deps, actor }) {
      const { user, session } = signedInOf(actor);
      const found = await listSessions(deps.store, { user: user.id, nowMs: deps.clock.now() });
      return { object: "list" as const, data: found.map(sessionOf(session.id)), has_more: false, next_cursor: null };
    },
  }),
  route({
    method: "POST",
    path: "/auth/v1/sessions/revoke-others",
    who: "user",
    tag,
    summary: "End every session of yours but this one at once",
    response: z.strictObject({ object: z.literal("revoked_sessions"), count: z.number().int() }),
    async handle({ deps, actor }) {
      const count = await revokeOtherSessions(deps.store, signedInOf(actor));
      return { object: "revoked_sessions" as const, count };
    },
  }),
  route({
    method: "POST",
    path: "/auth/v1/sessions/:id/revoke",
    who: "user",
    tag,
    summary: "End one of your sessions at once",
    params: idParams,
    response: sessionShape,
    async handle({ deps, actor, params, reply, site }) {
      const { user, session } = signedInOf(actor);
      const ended = await revokeSession(deps.store, { user: user.id, session: params.id });
      if (ended.id === session.id) clearSession(reply, site);
      return sessionOf(session.id)(ended);
    },
  }),
];
