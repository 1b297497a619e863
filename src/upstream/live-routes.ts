import type { Clock } from "../kernel/clock.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type { Secret } from "../kernel/secret.ts";
import type { Queries } from "../store/index.ts";
import { type UpstreamModel, toUpstreamModel } from "./model.ts";
import { type UpstreamRateCard, toRateCard } from "./rate-card.ts";
import { type RoutePolicy, findRoute } from "./route.ts";
import { openSecret } from "./secret-box.ts";
import type { UpstreamTables } from "./tables.ts";

/** One target, with all that a try needs. */
export interface LiveTarget {
  readonly upstream: {
    readonly id: Id<"upstream">;
    readonly name: string;
    readonly baseUrl: string;
    readonly allowPrivate: boolean;
    readonly secret: Secret | undefined;
  };
  readonly model: UpstreamModel;
  readonly cards: readonly UpstreamRateCard[];
  readonly priority: number;
  readonly weight: number;
}

/** An endpoint's route as it stands, without targets of upstreams that are switched off. */
export interface LiveRoute {
  readonly id: Id<"upstreamRoute">;
  readonly endpoint: string;
  readonly policy: RoutePolicy;
  readonly targets: readonly LiveTarget[];
}

export interface LiveRoutes {
  /** Nothing when the endpoint has no route. Read again after `routeCacheMs`, beside the requests that use it. */
  find(endpoint: string): LiveRoute | undefined | Promise<LiveRoute | undefined>;
  /** The next request reads routes afresh. */
  forget(): void;
}

interface Cached {
  route: LiveRoute | undefined;
  readAtMs: number;
  refreshing: Promise<LiveRoute | undefined> | undefined;
}

export function liveRoutes(db: Queries, pepper: Secret, clock: Clock): LiveRoutes {
  const cached = new Map<string, Cached>();
  const refresh = async (endpoint: string): Promise<LiveRoute | undefined> => {
    const readAtMs = clock.elapsed();
    const route = await readRoute(db, endpoint, pepper);
    if (!cached.has(endpoint) && cached.size >= limits.grantsCachedMax) cached.clear();
    cached.set(endpoint, { route, readAtMs, refreshing: undefined });
    return route;
  };
  return {
    find(endpoint) {
      const known = cached.get(endpoint);
      if (!known) return refresh(endpoint);
      const ageMs = clock.elapsed() - known.readAtMs;
      if (ageMs < limits.routeCacheMs) return known.route;
      known.refreshing ??= refresh(endpoint).finally(() => (known.refreshing = undefined));
      if (ageMs >= limits.routeStaleMs) return known.refreshing;
      known.refreshing.catch(() => {}); // the hold that follows says that the database is away
      return known.route;
    },
    forget() {
      for (const known of cached.values()) known.readAtMs = -Infinity;
    },
  };
}

async function readRoute(db: Queries, endpoint: string, pepper: Secret): Promise<LiveRoute | undefined> {
  const route = await findRoute(db, endpoint);
  if (!route) return undefined;
  const ids = route.targets.map(({ model }) => model);
  const tables = db.as<UpstreamTables>();
  const models = await tables.selectFrom("upstream_models").selectAll().where("id", "in", ids).execute();
  const upstreams = await tables
    .selectFrom("upstreams")
    .selectAll()
    .where(
      "id",
      "in",
      models.map(({ upstream }) => upstream),
    )
    .where("disabled_at_ms", "is", null)
    .execute();
  const cards = await tables.selectFrom("upstream_rate_cards").selectAll().where("model", "in", ids).execute();
  const targets = route.targets.flatMap(({ model: id, priority, weight }): LiveTarget[] => {
    const model = models.find((row) => row.id === id);
    const upstream = upstreams.find((row) => row.id === model?.upstream);
    if (!model || !upstream) return [];
    const { secret_box: box } = upstream;
    return [
      {
        upstream: {
          id: upstream.id,
          name: upstream.name,
          baseUrl: upstream.base_url,
          allowPrivate: upstream.allow_private === 1,
          secret: box === null ? undefined : openSecret(box, pepper, upstream.id),
        },
        model: toUpstreamModel(model),
        cards: cards.filter((card) => card.model === id).map(toRateCard),
        priority,
        weight,
      },
    ];
  });
  return { id: route.id, endpoint, policy: route.policy, targets };
}
