import { Refusal, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type { Queries } from "../store/index.ts";
import type { BreakerPolicy } from "./breaker.ts";
import type { TryTimeouts } from "./exchange.ts";
import { getUpstreamModel } from "./model.ts";
import type { UpstreamRouteRow, UpstreamTables } from "./tables.ts";

/** How the tries of one request go. */
export interface RoutePolicy {
  /** Tries in all, the first one counted. */
  readonly triesMax: number;
  /** Before the same target is tried again: up to this, drawn by the request's seed; twice as long each time. */
  readonly backoffMs: number;
  readonly timeouts: TryTimeouts;
  readonly breaker: BreakerPolicy;
}

export const defaultPolicy: RoutePolicy = {
  triesMax: 3,
  backoffMs: 200,
  timeouts: { connectMs: 5_000, firstByteMs: 60_000, idleMs: 60_000, totalMs: 300_000 },
  breaker: { failuresMax: 5, openMs: 10_000 },
};

/** One upstream model that may answer. */
export interface RouteTarget {
  readonly model: Id<"upstreamModel">;
  /** Lower ones first; the next are the fallback. */
  readonly priority: number;
  /** Its share among targets of one priority. */
  readonly weight: number;
}

/** Which upstream models stand behind an endpoint. Each change is another route, by its id. */
export interface UpstreamRoute {
  readonly id: Id<"upstreamRoute">;
  readonly endpoint: string;
  readonly targets: readonly RouteTarget[];
  readonly policy: RoutePolicy;
  readonly updatedAtMs: number;
}

export interface NewRoute {
  readonly endpoint: string;
  readonly targets: readonly {
    /** Its id, or `upstream/model`. */
    readonly model: string;
    readonly priority?: number | undefined;
    readonly weight?: number | undefined;
  }[];
  readonly policy?: RoutePolicyChange | undefined;
  readonly nowMs: number;
}

/** What is not named is as in `defaultPolicy`. */
export interface RoutePolicyChange {
  readonly triesMax?: number | undefined;
  readonly backoffMs?: number | undefined;
  readonly connectMs?: number | undefined;
  readonly firstByteMs?: number | undefined;
  readonly idleMs?: number | undefined;
  readonly totalMs?: number | undefined;
  readonly failuresMax?: number | undefined;
  readonly openMs?: number | undefined;
}

/** Makes an endpoint's route, or replaces it. Refusals `invalid_request` and `not_found` (a model). */
export async function setRoute(db: Queries, input: NewRoute): Promise<UpstreamRoute> {
  const { endpoint, nowMs } = input;
  assertEndpointName(endpoint);
  if (input.targets.length === 0 || input.targets.length > limits.routeTargetsMax) {
    throw new Refusal("invalid_request", `A route has 1 to ${limits.routeTargetsMax} targets.`, { param: "targets" });
  }
  const targets: RouteTarget[] = [];
  for (const { model, priority = 0, weight = 1 } of input.targets) {
    between(priority, 0, 100, "priority");
    between(weight, 1, 1_000_000, "weight");
    const { id } = await getUpstreamModel(db, model);
    if (targets.some((target) => target.model === id)) {
      throw new Refusal("invalid_request", `The route names ${model} twice.`, { param: "targets" });
    }
    targets.push({ model: id, priority, weight });
  }
  const row: UpstreamRouteRow = {
    endpoint,
    id: newId("upstreamRoute", nowMs),
    policy: JSON.stringify(policyOf(input.policy ?? {})),
    targets: JSON.stringify(targets),
    created_at_ms: nowMs,
    updated_at_ms: nowMs,
  };
  const { id, policy, targets: text, updated_at_ms } = row;
  await db
    .as<UpstreamTables>()
    .insertInto("upstream_routes")
    .values(row)
    .onConflict((known) => known.column("endpoint").doUpdateSet({ id, policy, targets: text, updated_at_ms }))
    .execute();
  return toRoute(row);
}

export async function getRoute(db: Queries, endpoint: string): Promise<UpstreamRoute> {
  const route = await findRoute(db, endpoint);
  if (!route) throw notFound("route", endpoint);
  return route;
}

export async function findRoute(db: Queries, endpoint: string): Promise<UpstreamRoute | undefined> {
  const table = db.as<UpstreamTables>().selectFrom("upstream_routes").selectAll();
  const row = await table.where("endpoint", "=", endpoint).executeTakeFirst();
  return row && toRoute(row);
}

/** By endpoint name; `before` is the name of the last one seen, `limit` as everywhere. */
export async function listRoutes(
  db: Queries,
  { limit, before }: { readonly limit: number; readonly before?: string | undefined },
): Promise<UpstreamRoute[]> {
  let rows = db.as<UpstreamTables>().selectFrom("upstream_routes").selectAll().orderBy("id", "desc").limit(limit);
  if (before !== undefined) rows = rows.where("id", "<", before as Id<"upstreamRoute">);
  return (await rows.execute()).map(toRoute);
}

/** The endpoint's own models answer again, where there are some. Refusal `not_found`. */
export async function removeRoute(db: Queries, endpoint: string): Promise<UpstreamRoute> {
  const route = await getRoute(db, endpoint);
  await db.as<UpstreamTables>().deleteFrom("upstream_routes").where("endpoint", "=", endpoint).execute();
  return route;
}

function policyOf(change: RoutePolicyChange): RoutePolicy {
  const given = defaultPolicy;
  const timeout = (name: keyof TryTimeouts, most: number): number =>
    between(change[name] ?? given.timeouts[name], 1, most, name);
  return {
    triesMax: between(change.triesMax ?? given.triesMax, 1, limits.routeTriesMax, "tries_max"),
    backoffMs: between(change.backoffMs ?? given.backoffMs, 0, 60_000, "backoff_ms"),
    timeouts: {
      connectMs: timeout("connectMs", limits.routeConnectMsMax),
      firstByteMs: timeout("firstByteMs", limits.routeTimeoutMsMax),
      idleMs: timeout("idleMs", limits.routeTimeoutMsMax),
      totalMs: timeout("totalMs", limits.routeTimeoutMsMax),
    },
    breaker: {
      failuresMax: between(change.failuresMax ?? given.breaker.failuresMax, 1, 1_000, "failures_max"),
      openMs: between(change.openMs ?? given.breaker.openMs, 1, limits.routeTimeoutMsMax, "open_ms"),
    },
  };
}

function between(value: number, least: number, most: number, param: string): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new Refusal("invalid_request", `${param} is a whole number from ${least} to ${most}, not ${value}.`, { param });
}

function assertEndpointName(name: string): void {
  if (/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return;
  throw new Refusal("invalid_request", `"${name}" is not an endpoint name.`, {
    param: "endpoint",
    hint: "Use 1 to 63 lower-case letters, digits and hyphens, like chat.",
  });
}

const toRoute = (row: UpstreamRouteRow): UpstreamRoute => ({
  id: row.id,
  endpoint: row.endpoint,
  targets: JSON.parse(row.targets) as RouteTarget[],
  policy: JSON.parse(row.policy) as RoutePolicy,
  updatedAtMs: row.updated_at_ms,
});
