import { z } from "zod";
import {
  type AuditEvent,
  type Session,
  type User,
  accessesOf,
  areas,
  countPasskeys,
  roleNames,
} from "../identity/index.ts";
import type { ApiDeps } from "./deps.ts";
import { limits } from "../kernel/limits.ts";
import { unixMs } from "./shapes.ts";

const access = z.enum(["none", "read", "write"]);
export const role = z.enum(roleNames);
export const email = z.string().trim().min(3).max(limits.emailCharsMax);
export const password = z.string().min(1).max(1_000);
export const locale = z
  .string()
  .regex(/^[a-z]{2}(-[A-Z]{2})?$/)
  .describe("Like en or zh-CN.");

export const userShape = z.strictObject({
  object: z.literal("user"),
  id: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  realm: z.enum(["team", "customer", "partner"]),
  role: role.nullable(),
  customer: z.string().nullable(),
  partner: z.string().nullable(),
  locale: z.string().nullable(),
  password: z.boolean().describe("Whether it can sign in by password."),
  disabled_at_ms: unixMs.nullable(),
  last_sign_in_at_ms: unixMs.nullable(),
  created_at_ms: unixMs,
});

export const userOf = (user: User): z.input<typeof userShape> => ({
  object: "user",
  id: user.id,
  name: user.name,
  email: user.email,
  realm: user.realm.kind,
  role: user.realm.kind === "team" ? user.realm.role : null,
  customer: user.realm.kind === "customer" ? user.realm.customer : null,
  partner: user.realm.kind === "partner" ? user.realm.partner : null,
  locale: user.locale,
  password: user.hasPassword,
  disabled_at_ms: user.disabledAtMs,
  last_sign_in_at_ms: user.lastSignInAtMs,
  created_at_ms: user.createdAtMs,
});

/** Oneself: with what one may see and change, and which second factors one has. */
export const ownUserShape = userShape.extend({
  totp: z.boolean(),
  passkeys: z.number().int(),
  areas: z.strictObject(
    Object.fromEntries(areas.map((area) => [area, access])) as { [A in (typeof areas)[number]]: typeof access },
  ),
});

export async function ownUserOf({ store }: Pick<ApiDeps, "store">, user: User): Promise<z.input<typeof ownUserShape>> {
  return {
    ...userOf(user),
    totp: user.hasTotp,
    passkeys: await countPasskeys(store, user.id),
    areas: { ...accessesOf(user) },
  };
}

export const sessionShape = z.strictObject({
  object: z.literal("session"),
  id: z.string(),
  current: z.boolean(),
  how: z.enum(["password", "passkey", "link", "set_up", "sign_up"]),
  address: z.string(),
  device: z.string().describe("What the browser says it is."),
  created_at_ms: unixMs,
  seen_at_ms: unixMs,
  expires_at_ms: unixMs.describe("Unless it is used before; never later than the end."),
  ends_at_ms: unixMs,
});

export const sessionOf =
  (current: Session["id"]) =>
  (session: Session): z.input<typeof sessionShape> => ({
    object: "session",
    id: session.id,
    current: session.id === current,
    how: session.how,
    address: session.address,
    device: session.device,
    created_at_ms: session.createdAtMs,
    seen_at_ms: session.seenAtMs,
    expires_at_ms: session.idleUntilMs,
    ends_at_ms: session.endsAtMs,
  });

export const linkShape = z.strictObject({
  object: z.literal("sign_in_link"),
  url: z.string().describe("Works once. In this answer only."),
  expires_at_ms: unixMs,
  user: userShape,
});

export const auditEventShape = z.strictObject({
  object: z.literal("audit_event"),
  id: z.string(),
  at_ms: unixMs,
  actor: z.strictObject({
    kind: z.enum(["user", "operator_key", "customer_key", "nobody", "system"]),
    id: z.string().nullable(),
    name: z.string().nullable(),
    partner: z.string().nullable(),
  }),
  customer: z.string().nullable().describe("Whose user or key it was, or whom the team's change is about."),
  action: z.string().describe("The route, as it is written in this reference."),
  object_id: z.string().nullable().describe("What was made or changed."),
  address: z.string(),
  request_id: z.string(),
  status: z.number().int().nullable().describe("The answer's; null when the process died before."),
});

export const auditEventOf = (event: AuditEvent): z.input<typeof auditEventShape> => ({
  object: "audit_event",
  id: event.id,
  at_ms: event.atMs,
  actor: { kind: event.actor.kind, id: event.actor.id, name: event.actor.name, partner: event.actor.partner },
  customer: event.actor.customer,
  action: event.action,
  object_id: event.object,
  address: event.address,
  request_id: event.request,
  status: event.status,
});
