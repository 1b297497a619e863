import { Refusal, must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import type { EndpointRow, ReleaseRow } from "./tables.ts";

export type ReleaseRole = "champion" | "challenger" | "shadow";

interface ReleaseFacts {
  readonly id: Id<"release">;
  readonly endpoint: Id<"endpoint">;
  readonly model: Id<"model">;
  readonly reason: string;
  readonly deployedAtMs: number;
}

/** `previous` is the release that `rollBack` goes back to. */
export type Champion = ReleaseFacts & { readonly state: "champion"; readonly previous: Id<"release"> | null };
/** Answers this share of the customers, in (0, 1]. */
export type Challenger = ReleaseFacts & { readonly state: "challenger"; readonly share: number };
/** Computes beside the answer for this share of the requests, in (0, 1]. */
export type Shadow = ReleaseFacts & { readonly state: "shadow"; readonly share: number };
export type Retired = ReleaseFacts & {
  readonly state: "retired";
  readonly was: ReleaseRole;
  readonly share: number;
  readonly retiredAtMs: number;
  readonly retiredBecause: string;
};

export type Release = Champion | Challenger | Shadow | Retired;
export type LiveRelease = Exclude<Release, Retired>;

/** A stable public name and what stands behind it now. */
export interface Endpoint {
  readonly id: Id<"endpoint">;
  readonly name: string;
  /** Grows with every change of its releases. */
  readonly revision: number;
  readonly createdAtMs: number;
  readonly champion: Champion;
  readonly challengers: readonly Challenger[];
  readonly shadows: readonly Shadow[];
}

export function releaseFromRow(row: ReleaseRow): Release {
  const facts: ReleaseFacts = {
    id: row.id,
    endpoint: row.endpoint,
    model: row.model,
    reason: row.reason,
    deployedAtMs: row.deployed_at_ms,
  };
  if (row.retired_at_ms !== null) {
    const retiredBecause = must(row.retired_because, "a retired release says why");
    return {
      ...facts,
      state: "retired",
      was: row.role,
      share: row.share,
      retiredAtMs: row.retired_at_ms,
      retiredBecause,
    };
  }
  if (row.role === "champion") return { ...facts, state: "champion", previous: row.previous };
  return { ...facts, state: row.role, share: row.share };
}

/** An endpoint from its row and those of its live releases, by model: the order in which `routeRequest` asks them. */
export function endpointFromRows(row: EndpointRow, live: readonly ReleaseRow[]): Endpoint {
  const releases = live.map(releaseFromRow);
  return {
    id: row.id,
    name: row.name,
    revision: row.revision,
    createdAtMs: row.created_at_ms,
    champion: must(
      releases.find((release) => release.state === "champion"),
      "an endpoint has a champion",
    ),
    challengers: releases.filter((release) => release.state === "challenger"),
    shadows: releases.filter((release) => release.state === "shadow"),
  };
}

export function assertEndpointName(name: string): void {
  if (/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return;
  throw new Refusal("invalid_request", `"${name}" is not an endpoint name.`, {
    param: "endpoint",
    hint: "Use 1 to 63 lower-case letters, digits and hyphens, like spam-filter.",
  });
}

export function assertShare(role: ReleaseRole, share: number): void {
  if (role === "champion" ? share === 1 : share > 0 && share <= 1) return;
  const rule = role === "champion" ? "A champion has no share: it answers what challengers do not." : "";
  throw new Refusal("invalid_request", rule || `The share of a ${role} is above 0 and at most 1, not ${share}.`, {
    param: "share",
  });
}
