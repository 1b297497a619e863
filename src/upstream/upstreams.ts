import type { Clock } from "../kernel/clock.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type { Log } from "../kernel/log.ts";
import type { Secret } from "../kernel/secret.ts";
import type { Queries } from "../store/index.ts";
import type { Breaker } from "./breaker.ts";
import { getUpstream } from "./definition.ts";
import { exchange } from "./exchange.ts";
import { TryFailed, failureOfStatus, sentenceOf } from "./failure.ts";
import { type ForwardRequest, type Forwarded, forward } from "./forward.ts";
import { openBreakers } from "./health.ts";
import { type LiveRoute, liveRoutes } from "./live-routes.ts";
import { openPools } from "./pools.ts";
import { defaultPolicy } from "./route.ts";
import { openSecret } from "./secret-box.ts";
import type { UpstreamTables } from "./tables.ts";
import { isObject } from "./usage.ts";

export interface UpstreamsOptions {
  readonly db: Queries;
  /** The key of the secrets is made from it. */
  readonly pepper: Secret;
  readonly clock: Clock;
  readonly log: Log;
}

/** The upstreams as this process reaches them: sockets, routes in use, circuit breakers. */
export interface Upstreams {
  /** An endpoint's route, or nothing when it has none. */
  route(endpoint: string): LiveRoute | undefined | Promise<LiveRoute | undefined>;
  /** The next request reads routes afresh; without it within `limits.routeCacheMs`. */
  forget(): void;
  forward(request: ForwardRequest): Promise<Forwarded>;
  /** Before the first request of a server. */
  warm(): Promise<void>;
  /** As this process sees it. */
  breaker(model: Id<"upstreamModel">): Breaker;
  close(): Promise<void>;
}

export function openUpstreams({ db, pepper, clock, log }: UpstreamsOptions): Upstreams {
  const routes = liveRoutes(db, pepper, clock);
  const pools = openPools();
  const breakers = openBreakers({ db, clock, log });
  return {
    route: (endpoint) => routes.find(endpoint),
    forget: () => routes.forget(),
    forward: (request) => forward({ clock, log, pools, breakers }, request),
    warm: () => pools.warm(),
    breaker: (model) => breakers.of(model),
    async close() {
      await pools.close();
      await breakers.close();
    },
  };
}

/** What an upstream says when it is asked for its models. */
export type UpstreamCheck =
  | { readonly state: "well"; readonly models: readonly string[]; readonly elapsedMs: number }
  | { readonly state: "ill"; readonly reason: string };

/** Asks `GET /models`, with the secret. Refusal `not_found`; that it does not answer is a value. */
export async function checkUpstream({ db, pepper, clock }: UpstreamsOptions, idOrName: string): Promise<UpstreamCheck> {
  const { id, baseUrl, allowPrivate } = await getUpstream(db, idOrName);
  const row = await db
    .as<UpstreamTables>()
    .selectFrom("upstreams")
    .select("secret_box")
    .where("id", "=", id)
    .executeTakeFirst();
  const secret = row?.secret_box ? openSecret(row.secret_box, pepper, id).reveal() : undefined;
  const pools = openPools();
  const startMs = clock.elapsed();
  try {
    const { dispatcher, prefix } = await pools.of(baseUrl, allowPrivate);
    const answer = await exchange(dispatcher, {
      method: "GET",
      path: `${prefix}/models`,
      headers: { accept: "application/json", ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }) },
      body: null,
      timeouts: { ...defaultPolicy.timeouts, totalMs: 10_000 },
      bytesMax: limits.upstreamAnswerBytesMax,
      signal: undefined,
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new TryFailed(failureOfStatus(answer.status, answer.headers, text, secret));
    return { state: "well", models: modelNames(text), elapsedMs: clock.elapsed() - startMs };
  } catch (error) {
    if (error instanceof TryFailed) return { state: "ill", reason: sentenceOf(error.failure) };
    throw error;
  } finally {
    await pools.close();
  }
}

function modelNames(text: string): string[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new TryFailed({ kind: "broken", reason: "its list of models is not JSON" });
  }
  const data = isObject(json) && Array.isArray(json["data"]) ? (json["data"] as unknown[]) : [];
  return data.filter(isObject).flatMap(({ id }) => (typeof id === "string" ? [id] : []));
}
