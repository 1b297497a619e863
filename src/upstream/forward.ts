import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import type { Log } from "../kernel/log.ts";
import type { Currency } from "../kernel/money.ts";
import { seededRandom } from "../kernel/random.ts";
import { type Exchange, exchange } from "./exchange.ts";
import { TryFailed, type TryFailure, failureOfStatus, refusalOf, remedies, sentenceOf } from "./failure.ts";
import type { Breakers, Entered } from "./health.ts";
import type { LiveRoute, LiveTarget } from "./live-routes.ts";
import { type UpstreamApi, apiPaths } from "./model.ts";
import type { Pools } from "./pools.ts";
import { protocols, requestBody } from "./protocol.ts";
import { type UpstreamRateCard, cardAt } from "./rate-card.ts";
import { type MessageStream, messageStream } from "./relay-stream.ts";
import { answerFromChat, streamFromChat } from "./responses/answer.ts";
import { chatRequestOf } from "./responses/request.ts";
import { backoff, orderTargets } from "./tries.ts";
import { tokenEstimate } from "./estimate.ts";
import { type Json, type ToldUsage, isObject, toldUsage } from "./usage.ts";

export interface ForwardDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly pools: Pools;
  readonly breakers: Breakers;
}

export interface ForwardRequest {
  readonly route: LiveRoute;
  readonly api: UpstreamApi;
  /** As the customer sent it; `model`, `stream` and what asks for usage are set here. */
  readonly body: Json;
  readonly stream: boolean;
  /** Only targets whose price in it is known are asked. */
  readonly currency: Currency;
  /** Draws the order and the waits. */
  readonly seed: string;
  readonly signal?: AbortSignal | undefined;
}

interface Reached {
  readonly target: LiveTarget;
  readonly card: UpstreamRateCard;
  /** Since this try began, in ms. */
  elapsedMs(): number;
}

/** What an upstream answered: whole, or its first event and the way to the others. */
export type Forwarded = Reached &
  (
    | {
        readonly kind: "answer";
        readonly message: Json;
        readonly told: ToldUsage | undefined;
        /** How many tokens it wrote by our own count, for an upstream that does not say. */
        localOutput(): number;
        readonly finish: string | undefined;
      }
    | { readonly kind: "stream"; readonly first: Json; readonly rest: MessageStream }
  );

type Ready = LiveTarget & { readonly card: UpstreamRateCard };

/**
 * Asks a route's upstreams until one answers. Other tries are made only before the first event or the whole answer is here.
 * Refusals `upstream_failed`, `upstream_timeout`, `rate_limited` (with the upstream's Retry-After), `unavailable` (no target
 * may be asked now), `cancelled`, and the upstream's own words about a wrong request.
 */
export async function forward(deps: ForwardDeps, request: ForwardRequest): Promise<Forwarded> {
  const { route, seed, signal } = request;
  const { policy } = route;
  const random = seededRandom(seed);
  const ready = readyTargets(deps, request);
  const deadlineMs = deps.clock.elapsed() + policy.timeouts.totalMs;
  const hopeless = new Set<Ready>();
  let last: TryFailure | undefined;
  let tries = 0;
  for (let round = 0; tries < policy.triesMax; round++) {
    if (round > 0) await pause(backoff(policy.backoffMs, round, random), signal);
    const triesBefore = tries;
    for (const target of orderTargets(ready, random)) {
      const leftMs = deadlineMs - deps.clock.elapsed();
      if (tries === policy.triesMax || leftMs <= 0 || hopeless.has(target)) continue;
      const entered = deps.breakers.enter(target.model.id, policy.breaker);
      if (!entered) continue;
      tries++;
      try {
        return await tryTarget(deps, request, target, entered, leftMs);
      } catch (error) {
        if (!(error instanceof TryFailed)) throw error;
        last = error.failure;
        deps.log.warn(
          { upstream: target.upstream.name, model: target.model.name, reason: sentenceOf(last) },
          "a try failed",
        );
        if (remedies[last.kind] === "none") throw refusalOf(last);
        if (remedies[last.kind] === "elsewhere") hopeless.add(target);
      }
    }
    if (tries === triesBefore) break;
  }
  throw last ? refusalOf(last) : nobodyMayAsk(deps, ready);
}

function readyTargets({ clock }: ForwardDeps, { route, api, currency }: ForwardRequest): Ready[] {
  const able = route.targets.filter(({ model }) => doorOf(model.apis, api) !== undefined);
  if (able.length === 0) {
    throw new Refusal("invalid_request", `"${route.endpoint}" has no upstream that answers ${apiPaths[api]}.`, {
      param: "model",
    });
  }
  const nowMs = clock.now();
  const ready = able.flatMap((target): Ready[] => {
    const card = cardAt(target.cards, currency, nowMs);
    return card ? [{ ...target, card }] : [];
  });
  if (ready.length > 0) return ready;
  throw new Refusal("unavailable", `No upstream of "${route.endpoint}" has a price in ${currency} now.`, {
    hint: "The team adds one: millrace upstream price UPSTREAM/MODEL --input 1 --output 2",
  });
}

/** The door that is taken for one that was asked for: responses are made from chat where there is nothing else. */
function doorOf(apis: readonly UpstreamApi[], asked: UpstreamApi): UpstreamApi | undefined {
  if (apis.includes(asked)) return asked;
  return asked === "responses" && apis.includes("chat") ? "chat" : undefined;
}

function nobodyMayAsk({ breakers }: ForwardDeps, ready: readonly Ready[]): Refusal {
  const waitMs = breakers.waitMs(ready.map(({ model }) => model.id));
  return new Refusal("unavailable", "No upstream is well enough to be asked now.", {
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
  });
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal ? { signal } : {});
  } catch {
    throw refusalOf({ kind: "cancelled" });
  }
}

async function tryTarget(
  deps: ForwardDeps,
  request: ForwardRequest,
  target: Ready,
  entered: Entered,
  leftMs: number,
): Promise<Forwarded> {
  const startMs = deps.clock.elapsed();
  const reached: Reached = { target, card: target.card, elapsedMs: () => deps.clock.elapsed() - startMs };
  try {
    const door = doorOf(target.model.apis, request.api) ?? request.api;
    const isTranslated = door !== request.api;
    const body = requestBody(
      door,
      isTranslated ? chatRequestOf(request.body) : request.body,
      target.model.name,
      request.stream,
    );
    const answer = await send(deps, request, target, { door, body, leftMs });
    if (!request.stream) {
      const message = await wholeAnswer(answer);
      const told = toldUsage(door, protocols[door].usage(message));
      const finish = protocols[door].finish(message);
      entered.succeeded();
      const shown = isTranslated ? answerFromChat(request.body, message) : message;
      return { ...reached, kind: "answer", message: shown, told, localOutput: () => writtenIn(door, message), finish };
    }
    const native = watched(messageStream(door, answer), entered);
    const rest = isTranslated ? streamFromChat(request.body, native) : native;
    const first = await rest.next();
    if (!first) throw new TryFailed({ kind: "broken", reason: "a stream without events" });
    return { ...reached, kind: "stream", first, rest };
  } catch (error) {
    if (error instanceof TryFailed) entered.failed(error.failure);
    else entered.failed({ kind: "cancelled" });
    throw error;
  }
}

function writtenIn(door: UpstreamApi, message: Json): number {
  const output = tokenEstimate();
  for (const text of protocols[door].texts(message)) output.add(text);
  return output.tokens();
}

/** Tells the breaker how the stream ended. */
function watched(stream: MessageStream, entered: Entered): MessageStream {
  return {
    heard: () => stream.heard(),
    abort() {
      stream.abort();
      entered.failed({ kind: "cancelled" });
    },
    async next() {
      try {
        const message = await stream.next();
        if (!message) entered.succeeded();
        return message;
      } catch (error) {
        if (error instanceof TryFailed) entered.failed(error.failure);
        throw error;
      }
    },
  };
}

interface Sending {
  readonly door: UpstreamApi;
  readonly body: Json;
  readonly leftMs: number;
}

/** The answer when its status is a success and its kind is the one that was asked for. Throws `TryFailed`. */
async function send(deps: ForwardDeps, request: ForwardRequest, target: Ready, sending: Sending): Promise<Exchange> {
  const { upstream } = target;
  const { timeouts } = request.route.policy;
  const { dispatcher, prefix } = await deps.pools.of(upstream.baseUrl, upstream.allowPrivate);
  const secret = upstream.secret?.reveal();
  const answer = await exchange(dispatcher, {
    method: "POST",
    path: prefix + apiPaths[sending.door],
    headers: {
      "content-type": "application/json",
      accept: request.stream ? "text/event-stream" : "application/json",
      "user-agent": "millrace",
      ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
    },
    body: JSON.stringify(sending.body),
    timeouts: { ...timeouts, totalMs: Math.min(timeouts.totalMs, Math.ceil(sending.leftMs)) },
    bytesMax: request.stream ? limits.upstreamStreamBytesMax : limits.upstreamAnswerBytesMax,
    signal: request.signal,
  });
  if (answer.status !== 200)
    throw new TryFailed(failureOfStatus(answer.status, answer.headers, await answer.text(), secret));
  if (request.stream && !/^text\/event-stream\b/i.test(String(answer.headers["content-type"] ?? ""))) {
    answer.abort();
    throw new TryFailed({ kind: "broken", reason: "a stream was asked for, something else came" });
  }
  return answer;
}

async function wholeAnswer(answer: Exchange): Promise<Json> {
  const text = await answer.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new TryFailed({ kind: "broken", reason: "the answer is not JSON" });
  }
  if (isObject(json) && (json["error"] === undefined || json["error"] === null)) return json;
  throw new TryFailed({ kind: "broken", reason: "the answer is an error with status 200" });
}
