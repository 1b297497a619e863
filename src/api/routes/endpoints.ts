import { z } from "zod";
import { Refusal } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import {
  type Deployment,
  type Endpoint,
  type Release,
  deploy,
  getEndpoint,
  listEndpoints,
  listReleases,
  retire,
  rollBack,
} from "../../serve/index.ts";
import { type Route, route } from "../route.ts";
import { listOf, name, pageOf, pageQuery, unixMs } from "../shapes.ts";

const tag = "Endpoints";

const releaseShape = z.strictObject({
  object: z.literal("release"),
  id: z.string(),
  model: z.string(),
  state: z.enum(["champion", "challenger", "shadow", "retired"]),
  share: z.number().min(0).max(1),
  reason: z.string(),
  deployed_at_ms: unixMs,
  retired_at_ms: unixMs.nullable(),
});

function releaseOf(release: Release): z.input<typeof releaseShape> {
  return {
    object: "release",
    id: release.id,
    model: release.model,
    state: release.state,
    share: release.state === "champion" ? 1 : release.share,
    reason: release.reason,
    deployed_at_ms: release.deployedAtMs,
    retired_at_ms: release.state === "retired" ? release.retiredAtMs : null,
  };
}

const endpointShape = z.strictObject({
  object: z.literal("endpoint"),
  id: z.string(),
  name: z.string(),
  champion: releaseShape,
  challengers: z.array(releaseShape),
  shadows: z.array(releaseShape),
  created_at_ms: unixMs,
});

function endpointOf(endpoint: Endpoint): z.input<typeof endpointShape> {
  return {
    object: "endpoint",
    id: endpoint.id,
    name: endpoint.name,
    champion: releaseOf(endpoint.champion),
    challengers: endpoint.challengers.map(releaseOf),
    shadows: endpoint.shadows.map(releaseOf),
    created_at_ms: endpoint.createdAtMs,
  };
}

const nameParams = z.strictObject({ name });

const share = z.number().gt(0).max(1);
const reason = z.string().max(limits.commentCharsMax).optional();

type Common = Pick<Deployment, "endpoint" | "model" | "nowMs" | "reason">;

function deploymentOf(common: Common, role: Deployment["role"], part: number | undefined): Deployment {
  if (role === "champion") {
    if (part === undefined) return { ...common, role };
    throw new Refusal("invalid_request", "A champion answers everybody; it has no share.", { param: "share" });
  }
  if (part !== undefined) return { ...common, role, share: part };
  throw new Refusal("invalid_request", `A ${role} needs a share above 0 and up to 1.`, { param: "share" });
}

export const endpointRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/endpoints",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "List endpoints, newest first",
    query: pageQuery,
    response: listOf(endpointShape),
    async handle({ deps, query: { limit, cursor } }) {
      return pageOf(await listEndpoints(deps.store, { limit: limit + 1, before: cursor }), limit, endpointOf);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/endpoints/:name",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "Get an endpoint with what stands behind it",
    params: nameParams,
    response: endpointShape,
    handle: async ({ deps, params }) => endpointOf(await getEndpoint(deps.store, params.name)),
  }),
  route({
    method: "GET",
    path: "/admin/v1/endpoints/:name/releases",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "List an endpoint's releases, newest first, retired ones too",
    params: nameParams,
    query: pageQuery,
    response: listOf(releaseShape),
    async handle({ deps, params, query: { limit, cursor } }) {
      const page = { endpoint: params.name, limit: limit + 1, before: cursor as Id<"release"> };
      return pageOf(await listReleases(deps.store, page), limit, releaseOf);
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/endpoints/:name/deploy",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "Put a model behind an endpoint; a first champion makes the endpoint",
    params: nameParams,
    body: z.strictObject({
      role: z.enum(["champion", "challenger", "shadow"]),
      model: z.string(),
      share: share.optional().describe("Of the customers (challenger) or requests (shadow); a champion has none."),
      reason,
    }),
    status: 201,
    response: releaseShape,
    async handle({ deps, params, body }) {
      const common = {
        endpoint: params.name,
        model: body.model as Id<"model">,
        nowMs: deps.clock.now(),
        ...(body.reason ? { reason: body.reason } : {}),
      };
      const release = await deploy(deps.store, deploymentOf(common, body.role, body.share));
      deps.serving.forget(params.name);
      return releaseOf(release);
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/endpoints/:name/roll-back",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "Make the champion before this one champion again",
    params: nameParams,
    body: z.strictObject({ reason }),
    response: releaseShape,
    async handle({ deps, params, body }) {
      const why = body.reason ? { reason: body.reason } : {};
      const release = await rollBack(deps.store, { endpoint: params.name, nowMs: deps.clock.now(), ...why });
      deps.serving.forget(params.name);
      return releaseOf(release);
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/endpoints/:name/retire",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "End a challenger or a shadow",
    params: nameParams,
    body: z.strictObject({ release: z.string(), reason }),
    response: releaseShape,
    async handle({ deps, params, body }) {
      const why = body.reason ? { reason: body.reason } : {};
      const release = await retire(deps.store, {
        endpoint: params.name,
        release: body.release as Id<"release">,
        nowMs: deps.clock.now(),
        ...why,
      });
      deps.serving.forget(params.name);
      return releaseOf(release);
    },
  }),
];
