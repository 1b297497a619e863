import { Refusal, must, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { type Steps, query, queryOne, sql, unit } from "../store/index.ts";
import { type Release, type ReleaseRole, assertEndpointName, assertShare, releaseFromRow } from "./release.ts";
import type { EndpointRow, ReleaseRow } from "./tables.ts";

export interface Deployment {
  readonly endpoint: string;
  readonly model: Id<"model">;
  readonly role: ReleaseRole;
  /** Of the customers (challenger) or of the requests (shadow), in (0, 1]; a champion has none. Default 1. */
  readonly share?: number;
  readonly reason?: string;
  readonly nowMs: number;
}

export interface RollBack {
  readonly endpoint: string;
  readonly reason?: string;
  readonly nowMs: number;
}

export interface Retirement extends RollBack {
  readonly release: Id<"release">;
}

/*
 * Units: this file is loaded in the store's writer thread, so it imports nothing heavy.
 */

/**
 * A champion replaces the champion; a challenger or shadow of a model that already has this role replaces it (another
 * share). A model that becomes champion leaves its other roles.
 */
export const deployRelease = unit(import.meta.url, "deployRelease", function* (input: Deployment): Steps<Release> {
  const { endpoint: name, model, role, nowMs, share = 1, reason = "deployed" } = input;
  assertEndpointName(name);
  assertShare(role, share);
  const endpoint = (yield* lockEndpoint(name)) ?? (yield* makeEndpoint(name, role, nowMs));
  const live = yield* liveReleases(endpoint.id);
  const champion = live.find((release) => release.role === "champion");
  if (champion?.model === model) throw new Refusal("conflict", `${model} is the champion of ${name} already.`);
  const id = newId("release", nowMs);
  if (role === "challenger") assertShareLeft(live, model, share);
  for (const release of live) {
    const sameModel = release.model === model;
    const ends = role === "champion" ? release.role === "champion" || sameModel : sameModel && release.role === role;
    if (ends) yield* end(release.id, `replaced by ${id}`, nowMs);
  }
  return yield* begin({ id, endpoint: endpoint.id, model, role, share, reason, nowMs, previous: champion?.id ?? null });
});

/** Brings back what the champion replaced, as a new release; called again it goes one further back. */
export const rollBackRelease = unit(import.meta.url, "rollBackRelease", function* (input: RollBack): Steps<Release> {
  const { endpoint: name, nowMs, reason = "rolled back" } = input;
  const endpoint = yield* lockEndpoint(name);
  if (!endpoint) throw notFound("endpoint", name);
  const live = yield* liveReleases(endpoint.id);
  const champion = must(
    live.find((release) => release.role === "champion"),
    "an endpoint has a champion",
  );
  if (champion.previous === null) {
    throw new Refusal("conflict", `${name} has no earlier champion to go back to.`, { param: "endpoint" });
  }
  const target = must(
    yield* queryOne<ReleaseRow>(sql`select * from releases where id = ${champion.previous}`),
    "releases are kept for ever",
  );
  const id = newId("release", nowMs);
  for (const release of live) {
    if (release.role === "champion" || release.model === target.model)
      yield* end(release.id, `rolled back by ${id}`, nowMs);
  }
  const { model, previous } = target;
  return yield* begin({ id, endpoint: endpoint.id, model, role: "champion", share: 1, reason, nowMs, previous });
});

/** Ends a challenger or a shadow; a champion is only ever replaced. */
export const retireRelease = unit(import.meta.url, "retireRelease", function* (input: Retirement): Steps<Release> {
  const { endpoint: name, release: id, nowMs, reason = "retired" } = input;
  const endpoint = yield* lockEndpoint(name);
  if (!endpoint) throw notFound("endpoint", name);
  const release = (yield* liveReleases(endpoint.id)).find((live) => live.id === id);
  if (!release) throw notFound("live release", id);
  if (release.role === "champion") {
    throw new Refusal("conflict", `${name} needs its champion.`, { hint: "Deploy another model or roll back." });
  }
  yield* end(release.id, reason, nowMs);
  return releaseFromRow({ ...release, retired_at_ms: nowMs, retired_because: reason });
});

/** The row lock that puts concurrent changes of one endpoint in a row, and the sign that its route has changed. */
function lockEndpoint(name: string): Steps<EndpointRow | undefined> {
  return queryOne<EndpointRow>(sql`update endpoints set revision = revision + 1 where name = ${name} returning *`);
}

function* makeEndpoint(name: string, role: ReleaseRole, nowMs: number): Steps<EndpointRow> {
  if (role !== "champion") {
    throw new Refusal("not_found", `There is no endpoint "${name}".`, {
      param: "endpoint",
      hint: "Deploy its champion first; that makes the endpoint.",
    });
  }
  const row: EndpointRow = { id: newId("endpoint", nowMs), name, revision: 1, created_at_ms: nowMs };
  yield* query(sql`insert into endpoints (id, name, revision, created_at_ms)
    values (${row.id}, ${row.name}, ${row.revision}, ${row.created_at_ms})`);
  return row;
}

const liveReleases = (endpoint: string): Steps<ReleaseRow[]> =>
  query<ReleaseRow>(sql`select * from releases where endpoint = ${endpoint} and retired_at_ms is null order by id`);

function assertShareLeft(live: readonly ReleaseRow[], model: string, share: number): void {
  const others = live.filter((release) => release.role === "challenger" && release.model !== model);
  const taken = others.reduce((sum, release) => sum + release.share, 0);
  if (taken + share <= 1) return;
  throw new Refusal("conflict", `Other challengers have ${taken} of the customers, so ${share} is too much.`, {
    param: "share",
  });
}

const end = (id: string, because: string, nowMs: number): Steps<unknown> =>
  query(sql`update releases set retired_at_ms = ${nowMs}, retired_because = ${because} where id = ${id}`);

interface Beginning {
  readonly id: Id<"release">;
  readonly endpoint: Id<"endpoint">;
  readonly model: Id<"model">;
  readonly role: ReleaseRole;
  readonly share: number;
  readonly reason: string;
  readonly nowMs: number;
  readonly previous: Id<"release"> | null;
}

function* begin(release: Beginning): Steps<Release> {
  const { id, endpoint, model, role, share, reason, nowMs } = release;
  const previous = role === "champion" ? release.previous : null;
  const rows = yield* query<ReleaseRow>(sql`insert into releases
      (id, endpoint, model, role, share, previous, reason, deployed_at_ms, retired_at_ms, retired_because)
    values (${id}, ${endpoint}, ${model}, ${role}, ${share}, ${previous}, ${reason}, ${nowMs}, null, null) returning *`);
  return releaseFromRow(must(rows[0], "an insert returns its row"));
}
