import { authorizeRequest } from "../gateway/index.ts";
import { type AuditActor, beginAudit, endAudit, getUser } from "../identity/index.ts";
import { Refusal } from "../kernel/errors.ts";
import { idPrefixes } from "../kernel/ids.ts";
import { Secret } from "../kernel/secret.ts";
import { auditActorOf, userActor } from "./actor.ts";
import type { ApiDeps } from "./deps.ts";
import type { Call, Route } from "./route.ts";

type AnyCall = Call<unknown, unknown, unknown>;

/** The team's and people's changes always; a program's where its route says so. Reading, and asking "what if", never. */
export function isAudited({ method, who, access, audited }: Route): boolean {
  if (method !== "POST" || access === "read") return false;
  return audited ?? (who !== "customer" && who !== "public");
}

/** The same route, whose every change is told in the audit log. */
export function auditing(deps: ApiDeps, route: Route): Route {
  if (!isAudited(route)) return route;
  return {
    ...route,
    handle: (call) => (route.who === "visitor" ? visit(deps, route, call) : change(deps, route, call)),
  };
}

/** The line is there before the work: a process that dies in between leaves one without a status, never a change alone. */
async function change(deps: ApiDeps, route: Route, call: AnyCall): Promise<unknown> {
  const event = await beginAudit(deps.store, await newEvent(deps, route, call));
  try {
    const answer = await route.handle(call);
    await endAudit(deps.store, { event, status: route.status, object: objectOf(call, answer) });
    return answer;
  } catch (error) {
    await endAudit(deps.store, { event, status: statusOf(error), object: null });
    throw error;
  }
}

/** Who comes to sign in is known afterwards only; those who are told to wait leave no line, or they would fill the log. */
async function visit(deps: ApiDeps, route: Route, call: AnyCall): Promise<unknown> {
  const tell = async (status: number, answer?: unknown): Promise<void> => {
    const begun = await newEvent(deps, route, call);
    const actor = await whoItWas(deps, answer);
    const event = await beginAudit(deps.store, begun);
    await endAudit(deps.store, { event, status, object: null, actor });
  };
  try {
    const answer = await route.handle(call);
    await tell(route.status, answer);
    return answer;
  } catch (error) {
    const status = statusOf(error);
    if (status !== 429 && status !== 503) await tell(status);
    throw error;
  }
}

async function whoItWas(deps: ApiDeps, answer: unknown): Promise<AuditActor | undefined> {
  const id = idOf(answer) ?? idOf((answer as { user?: unknown } | undefined)?.user);
  return id?.startsWith("usr_") ? userActor(await getUser(deps.store, id)) : undefined;
}

async function newEvent(deps: ApiDeps, route: Route, call: AnyCall) {
  const object = firstParam(call);
  const known = object !== null && isAnyId(object) ? object : null;
  const actor = call.actor.kind === "customer_key" ? await byKey(deps, call) : auditActorOf(call.actor);
  return {
    actor: known?.startsWith("cus_") && actor.customer === null ? { ...actor, customer: known } : actor,
    action: `${route.method} ${route.path}`,
    object: known,
    address: call.from.address,
    request: call.requestId,
    nowMs: deps.clock.now(),
  };
}

/** Which key it is, where the gateway knows it; the handler refuses the others itself. */
async function byKey(deps: ApiDeps, call: AnyCall): Promise<AuditActor> {
  const nobodyYet = auditActorOf(call.actor);
  try {
    const { key, customer } = await authorizeRequest(deps.gateway, new Secret(call.secret));
    return { ...nobodyYet, id: key, customer };
  } catch (error) {
    if (error instanceof Refusal) return nobodyYet;
    throw error;
  }
}

const statusOf = (error: unknown): number => (error instanceof Refusal ? error.status : 500);

/** What was made, or what the path names: it exists, or this would have been refused. */
const objectOf = (call: AnyCall, answer: unknown): string | null => idOf(answer) ?? firstParam(call);

function idOf(answer: unknown): string | undefined {
  if (typeof answer !== "object" || answer === null || !("id" in answer)) return undefined;
  return typeof answer.id === "string" && isAnyId(answer.id) ? answer.id : undefined;
}

function firstParam({ params }: AnyCall): string | null {
  const [first] = Object.values((params ?? {}) as Record<string, unknown>);
  return typeof first === "string" ? first : null;
}

/** Before the work only what is written like an id is kept: people put secrets into paths. */
function isAnyId(text: string): boolean {
  const [prefix = ""] = text.split("_");
  return prefixes.has(prefix) && /^[a-z]+_[0-9a-z]{26}$/.test(text);
}

const prefixes: ReadonlySet<string> = new Set(Object.values(idPrefixes));
