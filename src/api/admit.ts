import type { FastifyRequest } from "fastify";
import { accessesOf, allows, findSession } from "../identity/index.ts";
import { authorizeRequest } from "../gateway/index.ts";
import { Refusal } from "../kernel/errors.ts";
import { Secret } from "../kernel/secret.ts";
import { assertAddress } from "../sell/index.ts";
import { type Actor, nobody } from "./actor.ts";
import { sessionSecretOf } from "./cookies.ts";
import type { ApiDeps } from "./deps.ts";
import { authorizeOperator } from "./operators.ts";
import type { Route, Who } from "./route.ts";

/** `https://host` as the browser sees it: the setting, or what the request (or a trusted proxy) says. */
export function siteOf(deps: Pick<ApiDeps, "publicUrl">, request: FastifyRequest): string {
  return deps.publicUrl ?? `${request.protocol}://${request.host}`;
}

export function secretOf(request: FastifyRequest): string {
  const header = request.headers.authorization ?? "";
  return header.startsWith("Bearer ") ? header.slice(7).trim() : "";
}

type Rule = (deps: ApiDeps, route: Route, request: FastifyRequest) => Promise<Actor>;

/** How each kind of route finds out who calls, and refuses who may not. Nothing of the body is read before. */
const rules: { readonly [W in Who]: Rule } = {
  operator: async (deps, route, request) => {
    const secret = secretOf(request);
    const isByCookie = request.headers.authorization === undefined && sessionSecretOf(request, siteOf(deps, request));
    if (!isByCookie) return { kind: "operator_key", id: await authorizeOperator(deps, secret) };
    const actor = await bySession(deps, request);
    assertAccess(actor, route);
    return actor;
  },
  customer: async ({ gateway }, _route, request) => {
    const secret = secretOf(request);
    if (secret === "") throw missingKey();
    const grant = await authorizeRequest(gateway, new Secret(secret));
    assertAddress(grant, () => request.ip);
    return { kind: "customer_key", customer: grant.customer };
  },
  portal: (deps, _route, request) => ofRealm(deps, request, "customer"),
  partner: (deps, _route, request) => ofRealm(deps, request, "partner"),
  user: (deps, _route, request) => bySession(deps, request),
  visitor: async (deps, _route, request) => {
    assertOwnPage(deps, request);
    return (await sessionOf(deps, request)) ?? nobody;
  },
  public: async () => nobody,
};

export function admit(deps: ApiDeps, route: Route, request: FastifyRequest): Promise<Actor> {
  return rules[route.who](deps, route, request);
}

const missingKey = (): Refusal =>
  new Refusal("invalid_key", "The API key is missing.", { hint: "Send it as Authorization: Bearer mk_…" });

type UserActor = Extract<Actor, { kind: "user" }>;

async function sessionOf(deps: ApiDeps, request: FastifyRequest): Promise<UserActor | undefined> {
  const secret = sessionSecretOf(request, siteOf(deps, request));
  if (!secret) return undefined;
  const found = await findSession(deps.store, { secret, pepper: deps.pepper, nowMs: deps.clock.now() });
  return found && { kind: "user", ...found };
}

async function bySession(deps: ApiDeps, request: FastifyRequest): Promise<UserActor> {
  const actor = await sessionOf(deps, request);
  if (!actor) throw new Refusal("not_signed_in", "There is no session, or it is over.", { hint: "Sign in again." });
  assertOwnPage(deps, request);
  return actor;
}

async function ofRealm(deps: ApiDeps, request: FastifyRequest, realm: "customer" | "partner"): Promise<UserActor> {
  const actor = await bySession(deps, request);
  if (actor.user.realm.kind !== realm) throw new Refusal("forbidden", `This is for users of a ${realm}.`);
  return actor;
}

function assertAccess({ user }: UserActor, route: Route): void {
  const needed = route.access ?? (route.method === "GET" ? "read" : "write");
  if (user.realm.kind !== "team") throw new Refusal("forbidden", "This is for people of the team.");
  if (route.area === "any") return;
  if (route.area && allows(accessesOf(user)[route.area], needed)) return;
  const verb = needed === "read" ? "see" : "change";
  throw new Refusal("forbidden", `The role ${user.realm.role} may not ${verb} ${route.area}.`, {
    hint: "An owner of the team can change the role.",
  });
}

/**
 * What a page of another site cannot do: set a header of ours without being asked first, or hide where it comes from.
 * Beside SameSite=Strict it is the second lock against forged requests.
 */
function assertOwnPage(deps: ApiDeps, request: FastifyRequest): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  const { origin, "sec-fetch-site": fetchSite } = request.headers;
  const isOwn =
    request.headers["x-millrace-request"] === "1" &&
    (origin === undefined || isHostOf(origin, siteOf(deps, request))) &&
    (fetchSite === undefined || fetchSite === "same-origin" || fetchSite === "none");
  if (isOwn) return;
  throw new Refusal("forbidden", "The request does not come from our own pages.", {
    hint: "With a session, send X-Millrace-Request: 1 and, as browsers do, your own Origin.",
  });
}

/** The scheme may differ: a proxy that ends TLS need not say so. */
function isHostOf(origin: string, site: string): boolean {
  return URL.canParse(origin) && URL.canParse(site) && new URL(origin).host === new URL(site).host;
}
