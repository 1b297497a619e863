import { z } from "zod";
import {
  changeRole,
  createLink,
  createUser,
  disableUser,
  enableUser,
  getUser,
  linkAddress,
  listAuditEvents,
  listUsers,
  type User,
} from "../../identity/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import { type Call, type Route, route } from "../route.ts";
import { idParams, listOf, name, pageOf, pageQuery } from "../shapes.ts";
import { auditEventOf, auditEventShape, email, linkShape, role, userOf, userShape } from "../users.ts";

const tag = "Team";
const who = { who: "operator", area: "team" } as const;

export const linkBody = z.strictObject({
  minutes: z
    .number()
    .int()
    .min(1)
    .max(limits.signInLinkMsMax / 60_000)
    .default(limits.signInLinkMs / 60_000)
    .describe("How long the link may be used."),
});

/** A one-time link for one user, and the page that uses it. */
export async function linkFor(
  { deps, site }: Pick<Call<never, never, never>, "deps" | "site">,
  user: User,
  minutes: number,
): Promise<z.input<typeof linkShape>> {
  if (user.disabledAtMs !== null) throw new Refusal("conflict", "The user is disabled.", { hint: "Enable it first." });
  const purpose = { kind: "sign_in", user: user.id } as const;
  const asked = { purpose, forMs: minutes * 60_000, pepper: deps.pepper, nowMs: deps.clock.now() };
  const { token, expiresAtMs } = await createLink(deps.store, asked);
  return {
    object: "sign_in_link" as const,
    url: linkAddress(site, purpose, token),
    expires_at_ms: expiresAtMs,
    user: userOf(user),
  };
}

export const teamRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/users",
    ...who,
    tag,
    summary: "List users of the team, of customers and of partners, newest first",
    query: pageQuery.extend({
      realm: z.enum(["team", "customer", "partner"]).optional(),
      customer: z.string().max(100).optional(),
      partner: z.string().max(100).optional(),
    }),
    response: listOf(userShape),
    async handle({ deps, query: { limit, cursor, ...of } }) {
      return pageOf(await listUsers(deps.store, { ...of, limit: limit + 1, before: cursor }), limit, userOf);
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/users",
    ...who,
    tag,
    summary: "Add somebody to the team; then make a sign-in link and send it yourself",
    body: z.strictObject({ name, email, role }),
    status: 201,
    response: userShape,
    async handle({ deps, body }) {
      const realm = { kind: "team", role: body.role } as const;
      const user = { realm, name: body.name, email: body.email, nowMs: deps.clock.now() };
      return userOf(await createUser(deps.store, user));
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/users/:id",
    ...who,
    tag,
    summary: "Get a user",
    params: idParams,
    response: userShape,
    handle: async ({ deps, params }) => userOf(await getUser(deps.store, params.id)),
  }),
  route({
    method: "POST",
    path: "/admin/v1/users/:id/change-role",
    ...who,
    tag,
    summary: "Give somebody of the team another role; its sessions end",
    params: idParams,
    body: z.strictObject({ role }),
    response: userShape,
    handle: async ({ deps, params, body }) =>
      userOf(await changeRole(deps.store, { user: params.id, role: body.role })),
  }),
  route({
    method: "POST",
    path: "/admin/v1/users/:id/disable",
    ...who,
    tag,
    summary: "Let a user in no longer; its sessions and links end at once",
    params: idParams,
    response: userShape,
    handle: async ({ deps, params }) =>
      userOf(await disableUser(deps.store, { user: params.id, nowMs: deps.clock.now() })),
  }),
  route({
    method: "POST",
    path: "/admin/v1/users/:id/enable",
    ...who,
    tag,
    summary: "Let a user in again",
    params: idParams,
    response: userShape,
    handle: async ({ deps, params }) => userOf(await enableUser(deps.store, params.id)),
  }),
  route({
    method: "POST",
    path: "/admin/v1/users/:id/sign-in-link",
    ...who,
    tag,
    summary: "Make a link that signs this user in once",
    params: idParams,
    body: linkBody,
    status: 201,
    response: linkShape,
    // a replay would have to keep the token, and secrets are never kept
    ownIdempotency: true,
    handle: async (call) => linkFor(call, await getUser(call.deps.store, call.params.id), call.body.minutes),
  }),
  route({
    method: "GET",
    path: "/admin/v1/audit-events",
    ...who,
    tag,
    summary: "Who changed what, when and from where, newest first",
    query: pageQuery.extend({
      actor: z.string().max(100).optional().describe("A user's or a key's id."),
      object: z.string().max(100).optional().describe("The id of what was changed."),
      customer: z.string().max(100).optional(),
    }),
    response: listOf(auditEventShape),
    async handle({ deps, query: { limit, cursor, ...of } }) {
      const found = await listAuditEvents(deps.store, { ...of, limit: limit + 1, before: cursor });
      return pageOf(found, limit, auditEventOf);
    },
  }),
];
