import { Refusal } from "../../kernel/errors.ts";
import { canonicalJson, sha256 } from "../../kernel/hash.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import type { KeptAnswer } from "../../serve/index.ts";
import type { Json, LiveRoute, UpstreamApi } from "../../upstream/index.ts";
import type { Gateway } from "../gateway.ts";
import { type Answered, type Computed, type Kind, type Who, handlePaid } from "../paid-request.ts";
import { notKept } from "../replay.ts";
import { type PaidRequest, checkIdempotencyKey } from "../request.ts";
import { cacheKey } from "./cache.ts";
import { fromCache, remember } from "./cached.ts";
import { isCaptured, startCapture } from "./capture.ts";
import { assertPassable } from "./check.ts";
import { assertGuarded } from "./guard.ts";
import type { GatewayPolicy } from "./policy.ts";
import { reserveFor } from "./reserve.ts";
import { doneText } from "./rewrite.ts";
import { type Delivery, relayAnswer, relayStream } from "./stream.ts";

/** One call of a language door whose endpoint has a route to upstreams. */
export interface RelayRequest extends Omit<PaidRequest, "input" | "inputKind"> {
  readonly api: UpstreamApi;
  /** As it was sent. */
  readonly body: Json;
  /** Where a stream goes; undefined for an answer in one piece. */
  readonly delivery?: Delivery | undefined;
}

/** What is still to be said: the whole answer, or the end of a stream. */
export interface Relayed {
  readonly answered: Answered;
  readonly rest: string;
  /** When a stream broke off: what the customer is told instead of its end. */
  readonly broke?: Refusal;
}

/** Beyond the route's total time, so that the hold outlives it. */
const holdMarginMs = 30_000;

/**
 * A request that an upstream answers, as a paid request: held before the upstream is asked, streamed as it comes, settled
 * before the last byte. When the caller leaves or the upstream dies, what was delivered is recorded and billed; nothing if
 * that is nothing.
 */
export async function handleRelay(gateway: Gateway, request: RelayRequest): Promise<Relayed> {
  const text = JSON.stringify(request.body);
  const paid: PaidRequest = { ...request, input: text };
  let said: KeptAnswer | undefined; // of this call; a replay's is with its prediction
  let captured: (() => void) | undefined;
  const answered = await handlePaid(gateway, paid, async (who) => {
    assertPassable(request.api, request.body, text);
    const policy = await gateway.policies.of(who.party.product);
    await assertGuarded(policy.guard, request.body, gateway.detectLanguage);
    const route = await routeOf(gateway, request);
    const plan: RelayPlan = { gateway, request, who, route, policy, text };
    return kindOf(plan, (id, answer) => {
      said = answer;
      if (isCaptured(policy, who, id)) captured = () => capture(plan, id, answer);
    });
  });
  captured?.();
  return restOf(request, answered, said);
}

export interface RelayPlan {
  readonly gateway: Gateway;
  readonly request: RelayRequest;
  readonly who: Who;
  readonly route: LiveRoute;
  readonly policy: GatewayPolicy;
  /** The body as JSON. */
  readonly text: string;
}

async function routeOf({ deps }: Gateway, { endpoint }: RelayRequest): Promise<LiveRoute> {
  const route = await deps.upstreams.route(endpoint);
  if (route) return route;
  throw new Refusal("invalid_request", `"${endpoint}" has no upstream behind it.`, { param: "model" });
}

function kindOf(plan: RelayPlan, onSaid: (id: Id<"prediction">, said: KeptAnswer) => void): Kind {
  const { gateway, request, who, route, policy, text } = plan;
  const { api, body, endpoint, idempotencyKey, delivery } = request;
  const key = policy.cache
    ? cacheKey({ customer: who.grant.customer, product: who.party.product, api, body })
    : undefined;
  const cached = key === undefined ? undefined : gateway.cache.get(key);
  const cachedKind = cached && policy.cache ? fromCache(plan, cached, policy.cache.bills) : undefined;
  const isIdempotent = idempotencyKey !== undefined;
  return {
    check: () => checkIdempotencyKey(idempotencyKey),
    bodyHash: sha256(`${api} ${endpoint} ${isIdempotent ? canonicalJson(body) : text}`),
    holdMs: route.policy.timeouts.totalMs + holdMarginMs,
    reserve: cachedKind?.quantities ?? reserveFor(route, api, body),
    async compute(id): Promise<Computed> {
      const keeps = isIdempotent || policy.cache !== null || policy.capture !== null;
      const done = cachedKind
        ? await cachedKind.answer(id)
        : await (delivery ? relayStream(plan, id, delivery, keeps) : relayAnswer(plan, id));
      const { said, computed } = done;
      if (said) onSaid(id, said);
      if (key !== undefined && !cachedKind && policy.cache) remember(gateway.cache, key, done, policy.cache.ttlMs);
      return { ...computed, output: { ...computed.output, kept: isIdempotent ? keepable(said) : null } };
    },
  };
}

function keepable(said: KeptAnswer | undefined): KeptAnswer | null {
  if (!said) return null;
  const chars = said.kind === "answer" ? said.body.length : said.events.reduce((sum, event) => sum + event.length, 0);
  return chars <= limits.keptAnswerCharsMax ? said : null;
}

async function restOf(request: RelayRequest, answered: Answered, said: KeptAnswer | undefined): Promise<Relayed> {
  const { output } = answered.answer;
  if (!("relayed" in output)) throw new Error("Invariant broken: an upstream's answer is relayed");
  if (output.finishReason === "broken") {
    const hint = "What was delivered is billed.";
    return { answered, rest: "", broke: new Refusal("upstream_failed", "The upstream broke off.", { hint }) };
  }
  const kept = answered.replayed ? output.kept : said;
  if (!kept) {
    if (!answered.replayed) return { answered, rest: endOf(request) };
    throw notKept();
  }
  if (kept.kind === "answer") return { answered, rest: kept.body };
  if (!answered.replayed) return { answered, rest: kept.events.at(-1) ?? endOf(request) };
  for (const event of kept.events.slice(0, -1)) await request.delivery?.send(event);
  return { answered, rest: kept.events.at(-1) ?? "" };
}

const endOf = ({ api }: RelayRequest): string => (api === "responses" ? "" : doneText);

function capture({ gateway, request, who, text }: RelayPlan, prediction: Id<"prediction">, said: KeptAnswer): void {
  const answer = said.kind === "answer" ? said.body : said.events.join("");
  startCapture(gateway, { prediction, who, door: request.api, request: text, answer });
}
