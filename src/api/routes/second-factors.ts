import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import { z } from "zod";
import {
  type Opened,
  type Passkey,
  assertRecent,
  confirmTotp,
  getUser,
  listPasskeys,
  registerPasskey,
  registrationOptions,
  removePasskey,
  removeTotp,
  rotateSession,
  signInByPasskey,
  signInOptions,
  startTotp,
} from "../../identity/index.ts";
import { signedInOf } from "../actor.ts";
import { setSession } from "../cookies.ts";
import { type Call, type Route, route } from "../route.ts";
import { idParams, listOf, name, unixMs } from "../shapes.ts";
import { ownUserOf, ownUserShape, password } from "../users.ts";

const tag = "Signing in";
const again = z.strictObject({
  password: password.optional().describe("Needed when you signed in more than 15 minutes ago."),
});

const passkeyShape = z.strictObject({
  object: z.literal("passkey"),
  id: z.string(),
  name: z.string(),
  created_at_ms: unixMs,
  last_used_at_ms: unixMs.nullable(),
});
const passkeyOf = (passkey: Passkey): z.input<typeof passkeyShape> => ({
  object: "passkey",
  id: passkey.id,
  name: passkey.name,
  created_at_ms: passkey.createdAtMs,
  last_used_at_ms: passkey.lastUsedAtMs,
});

const optionsShape = z.strictObject({
  object: z.literal("passkey_options"),
  options: z.looseObject({ challenge: z.string() }).describe("As `navigator.credentials` takes them, in JSON."),
});

const field = z.string().max(20_000);
/** What `PublicKeyCredential.toJSON()` gives; browsers add to it. */
const credentialShape = z
  .looseObject({
    id: field,
    rawId: field,
    type: z.literal("public-key"),
    response: z.looseObject({ clientDataJSON: field }),
    clientExtensionResults: z.looseObject({}).default({}),
  })
  .describe("As the browser's `toJSON()` gives it.");

type OwnCall = Pick<Call<never, never, never>, "deps" | "actor" | "from" | "site" | "reply">;

const contextOf = ({ deps, site }: OwnCall) => ({ site, pepper: deps.pepper, nowMs: deps.clock.now() });

/** How one signs in has changed: the session goes on under a new secret. */
async function rotated({ deps, actor, from, reply, site }: OwnCall): Promise<z.input<typeof ownUserShape>> {
  const { user, secret }: Opened = await rotateSession(deps, { signedIn: signedInOf(actor), from });
  setSession(reply, site, secret);
  return ownUserOf(deps, user);
}

const totpRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/auth/v1/totp/start",
    who: "user",
    tag,
    summary: "Begin with an authenticator app: its secret, in this answer only",
    body: again,
    response: z.strictObject({ object: z.literal("totp"), secret: z.string(), otpauth_url: z.string() }),
    ownIdempotency: true,
    async handle(call) {
      const signedIn = signedInOf(call.actor);
      await assertRecent(call.deps, { signedIn, password: call.body.password, from: call.from });
      const made = await startTotp(call.deps.store, { user: signedIn.user, pepper: call.deps.pepper });
      return { object: "totp" as const, secret: made.secret.reveal(), otpauth_url: made.otpauthUrl };
    },
  }),
  route({
    method: "POST",
    path: "/auth/v1/totp/confirm",
    who: "user",
    tag,
    summary: "The app's first code; gives recovery codes, in this answer only",
    body: z.strictObject({ code: z.string().min(6).max(20) }),
    response: z.strictObject({
      object: z.literal("recovery_codes"),
      codes: z.array(z.string()).describe("Each works once in place of the app."),
      user: ownUserShape,
    }),
    ownIdempotency: true,
    async handle(call) {
      const { deps, body } = call;
      const { user } = signedInOf(call.actor);
      const confirm = { user, code: body.code, pepper: deps.pepper, nowMs: deps.clock.now() };
      const { recoveryCodes } = await deps.store.transaction((tx) => confirmTotp(tx, confirm));
      const codes = recoveryCodes.map((code) => code.reveal());
      return { object: "recovery_codes" as const, codes, user: await rotated(call) };
    },
  }),
  route({
    method: "POST",
    path: "/auth/v1/totp/remove",
    who: "user",
    tag,
    summary: "Sign in without the authenticator app from now on",
    body: again,
    response: ownUserShape,
    ownIdempotency: true,
    async handle(call) {
      const signedIn = signedInOf(call.actor);
      await assertRecent(call.deps, { signedIn, password: call.body.password, from: call.from });
      await call.deps.store.transaction((tx) => removeTotp(tx, signedIn.user.id));
      return rotated(call);
    },
  }),
];

const passkeyRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/auth/v1/passkeys",
    who: "user",
    tag,
    summary: "Your passkeys, newest first",
    response: listOf(passkeyShape),
    async handle({ deps, actor }) {
      const found = await listPasskeys(deps.store, signedInOf(actor).user.id);
      return { object: "list" as const, data: found.map(passkeyOf), has_more: false, next_cursor: null };
    },
  }),
  route({
    method: "POST",
    path: "/auth/v1/passkeys/register/options",
    who: "user",
    tag,
    summary: "What the browser makes a passkey from",
    body: again,
    response: optionsShape,
    ownIdempotency: true,
    async handle(call) {
      const signedIn = signedInOf(call.actor);
      await assertRecent(call.deps, { signedIn, password: call.body.password, from: call.from });
      const ask = { ...contextOf(call), user: signedIn.user };
      return { object: "passkey_options" as const, options: { ...(await registrationOptions(call.deps.store, ask)) } };
    },
  }),
  route({
    method: "POST",
    path: "/auth/v1/passkeys/register",
    who: "user",
    tag,
    summary: "Keep the passkey that the browser has made",
    body: z.strictObject({ name: name.default("Passkey"), response: credentialShape }),
    status: 201,
    response: passkeyShape,
    ownIdempotency: true,
    async handle(call) {
      const { user } = signedInOf(call.actor);
      const response = call.body.response as unknown as RegistrationResponseJSON;
      const ask = { ...contextOf(call), user, name: call.body.name, response };
      const passkey = await registerPasskey(call.deps.store, ask);
      await rotated(call);
      return passkeyOf(passkey);
    },
  }),
  route({
    method: "POST",
    path: "/auth/v1/passkeys/:id/remove",
    who: "user",
    tag,
    summary: "Forget a passkey of yours",
    params: idParams,
    response: passkeyShape,
    async handle({ deps, actor, params }) {
      const ask = { user: signedInOf(actor).user.id, passkey: params.id };
      return passkeyOf(await removePasskey(deps.store, ask));
    },
  }),
  route({
    method: "POST",
    path: "/auth/v1/passkeys/sign-in/options",
    who: "visitor",
    tag,
    summary: "What the browser signs with a passkey",
    audited: false,
    response: optionsShape,
    handle: async (call) => ({
      object: "passkey_options" as const,
      options: { ...(await signInOptions(contextOf(call))) },
    }),
  }),
  route({
    method: "POST",
    path: "/auth/v1/passkeys/sign-in",
    who: "visitor",
    tag,
    summary: "Sign in by passkey",
    body: z.strictObject({ response: credentialShape }),
    response: ownUserShape,
    async handle(call) {
      const response = call.body.response as unknown as AuthenticationResponseJSON;
      const opened = await signInByPasskey(call.deps, { response, site: call.site, from: call.from });
      setSession(call.reply, call.site, opened.secret);
      return ownUserOf(call.deps, await getUser(call.deps.store, opened.user.id));
    },
  }),
];

export const secondFactorRoutes: readonly Route[] = [...totpRoutes, ...passkeyRoutes];
