import { z } from "zod";
import { limits } from "../../kernel/limits.ts";
import { silentLog } from "../../kernel/log.ts";
import { parseAmount } from "../../kernel/money.ts";
import { Secret } from "../../kernel/secret.ts";
import {
  type UpstreamApi,
  addUpstreamModel,
  addUpstreamRateCard,
  changeUpstream,
  checkUpstream,
  createUpstream,
  getRoute,
  getUpstream,
  getUpstreamModel,
  listRoutes,
  listUpstreams,
  removeRoute,
  setRoute,
  upstreamApis,
} from "../../upstream/index.ts";
import { type Route, route } from "../route.ts";
import { amount, currency, idParams, listOf, name, pageOf, pageQuery, unixMs } from "../shapes.ts";
import { routeOf, routeShape, upstreamModelOf, upstreamModelShape, upstreamOf, upstreamShape } from "../upstreams.ts";

const tag = "Upstreams";
const baseUrl = z.string().max(limits.upstreamUrlCharsMax).describe("Like https://api.example.com/v1.");
const secret = z.string().min(1).max(limits.upstreamSecretCharsMax).describe("Stored encrypted, never shown again.");
const allowPrivate = z.boolean().optional().describe("Whether it may be at a loopback, private or link-local address.");
const tokens = z.int().min(1).max(limits.upstreamTokensMax);

const upstreamRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/upstreams",
    who: "operator",
    area: "settings",
    tag,
    summary: "Name a server that speaks OpenAI's API",
    body: z.strictObject({ name, base_url: baseUrl, secret: secret.optional(), allow_private: allowPrivate }),
    status: 201,
    response: upstreamShape,
    async handle({ deps, body }) {
      const made = await createUpstream(deps.store, {
        name: body.name,
        baseUrl: body.base_url,
        secret: body.secret === undefined ? undefined : new Secret(body.secret),
        allowPrivate: body.allow_private,
        pepper: deps.pepper,
        nowMs: deps.clock.now(),
      });
      return upstreamOf(deps, made);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/upstreams",
    who: "operator",
    area: "settings",
    tag,
    summary: "List upstreams with their models, prices and health, newest first",
    query: pageQuery,
    response: listOf(upstreamShape),
    async handle({ deps, query: { limit, cursor } }) {
      const found = await listUpstreams(deps.store, { limit: limit + 1, before: cursor });
      return pageOf(await Promise.all(found.map((one) => upstreamOf(deps, one))), limit, (shown) => shown);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/upstreams/:id",
    who: "operator",
    area: "settings",
    tag,
    summary: "Get an upstream by id or name",
    params: idParams,
    response: upstreamShape,
    handle: async ({ deps, params }) => upstreamOf(deps, await getUpstream(deps.store, params.id)),
  }),
  route({
    method: "POST",
    path: "/admin/v1/upstreams/:id/change",
    who: "operator",
    area: "settings",
    tag,
    summary: "Change an upstream's address or secret, or switch it off or on",
    params: idParams,
    body: z.strictObject({
      base_url: baseUrl.optional(),
      secret: secret.nullish().describe("Null takes it away."),
      allow_private: allowPrivate,
      enabled: z.boolean().optional(),
    }),
    response: upstreamShape,
    async handle({ deps, params, body }) {
      const changed = await changeUpstream(deps.store, {
        upstream: params.id,
        baseUrl: body.base_url,
        allowPrivate: body.allow_private,
        secret: typeof body.secret === "string" ? new Secret(body.secret) : body.secret,
        enabled: body.enabled,
        pepper: deps.pepper,
        nowMs: deps.clock.now(),
      });
      deps.upstreams.forget();
      return upstreamOf(deps, changed);
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/upstreams/:id/check",
    who: "operator",
    area: "settings",
    tag,
    summary: "Ask an upstream for its models, with its secret",
    params: idParams,
    response: z.strictObject({
      object: z.literal("upstream_check"),
      state: z.enum(["well", "ill"]),
      reason: z.string().nullable(),
      models: z.array(z.string()),
    }),
    async handle({ deps, params }) {
      const { store: db, pepper, clock } = deps;
      const check = await checkUpstream({ db, pepper, clock, log: silentLog }, params.id);
      const found =
        check.state === "well" ? { reason: null, models: [...check.models] } : { reason: check.reason, models: [] };
      return { object: "upstream_check" as const, state: check.state, ...found };
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/upstreams/:id/models",
    who: "operator",
    area: "settings",
    tag,
    summary: "Say that an upstream serves a model",
    params: idParams,
    body: z.strictObject({
      name: z.string().min(1).max(limits.upstreamModelNameCharsMax).describe("As the upstream calls it."),
      doors: z.array(z.enum(upstreamApis as [UpstreamApi, ...UpstreamApi[]])).min(1),
      context_tokens_max: tokens.describe("The most it reads: at most so many tokens are reserved for a prompt."),
      output_tokens_max: tokens.describe("The most it writes: reserved where a request sets no limit."),
    }),
    status: 201,
    response: upstreamModelShape,
    async handle({ deps, params, body }) {
      const model = await addUpstreamModel(deps.store, {
        upstream: params.id,
        name: body.name,
        apis: body.doors,
        contextTokensMax: body.context_tokens_max,
        outputTokensMax: body.output_tokens_max,
        nowMs: deps.clock.now(),
      });
      return upstreamModelOf(deps, model);
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/upstream-models/:id/rate-cards",
    who: "operator",
    area: "settings",
    tag,
    summary: "Say what an upstream charges for a model from an instant on; without a price it is not asked",
    params: idParams,
    body: z.strictObject({
      currency: currency.optional(),
      effective_at_ms: unixMs.optional().describe("Default now."),
      input_million: amount.describe("For a million tokens."),
      cached_input_million: amount.optional().describe("Default as input."),
      output_million: amount,
      request: amount.optional(),
      second: amount.optional().describe("Of the time an answer takes."),
    }),
    status: 201,
    response: upstreamModelShape,
    async handle({ deps, params, body }) {
      const nowMs = deps.clock.now();
      const { model } = await addUpstreamRateCard(deps.store, {
        model: params.id,
        currency: body.currency ?? deps.currency,
        effectiveAtMs: body.effective_at_ms ?? nowMs,
        inputMillionNanos: parseAmount(body.input_million, "input_million"),
        cachedInputMillionNanos: parseAmount(body.cached_input_million ?? body.input_million, "cached_input_million"),
        outputMillionNanos: parseAmount(body.output_million, "output_million"),
        requestNanos: parseAmount(body.request ?? "0", "request"),
        secondNanos: parseAmount(body.second ?? "0", "second"),
        nowMs,
      });
      deps.upstreams.forget();
      return upstreamModelOf(deps, await getUpstreamModel(deps.store, model));
    },
  }),
];

const endpointParams = z.strictObject({ endpoint: name });
const ms = z.int().min(0).max(limits.routeTimeoutMsMax);

const routeRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/routes",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "List routes from endpoints to upstreams, last changed first",
    query: pageQuery,
    response: listOf(routeShape),
    async handle({ deps, query: { limit, cursor } }) {
      return pageOf(await listRoutes(deps.store, { limit: limit + 1, before: cursor }), limit, routeOf);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/routes/:endpoint",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "Get an endpoint's route",
    params: endpointParams,
    response: routeShape,
    handle: async ({ deps, params }) => routeOf(await getRoute(deps.store, params.endpoint)),
  }),
  route({
    method: "POST",
    path: "/admin/v1/routes/:endpoint",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "Put upstream models behind an endpoint, in place of those that were",
    params: endpointParams,
    body: z.strictObject({
      targets: z
        .array(
          z.strictObject({
            model: z.string().describe("Its id, or upstream/model."),
            priority: z.int().min(0).max(100).optional().describe("Lower ones first; default 0."),
            weight: z.int().min(1).max(1_000_000).optional().describe("Its share among equals; default 1."),
          }),
        )
        .min(1)
        .max(limits.routeTargetsMax),
      policy: z
        .strictObject({
          tries_max: z.int().min(1).max(limits.routeTriesMax).optional(),
          backoff_ms: ms
            .optional()
            .describe("Before the same upstream is tried again: up to this, twice as long each time."),
          connect_ms: ms.optional(),
          first_byte_ms: ms.optional(),
          idle_ms: ms.optional(),
          total_ms: ms.optional().describe("All tries and the stream."),
          failures_max: z.int().min(1).max(1_000).optional().describe("So many in a row open the circuit breaker."),
          open_ms: ms.optional().describe("For so long."),
        })
        .optional(),
    }),
    response: routeShape,
    async handle({ deps, params, body }) {
      const p = body.policy;
      const made = await setRoute(deps.store, {
        endpoint: params.endpoint,
        targets: body.targets,
        policy: {
          triesMax: p?.tries_max,
          backoffMs: p?.backoff_ms,
          connectMs: p?.connect_ms,
          firstByteMs: p?.first_byte_ms,
          idleMs: p?.idle_ms,
          totalMs: p?.total_ms,
          failuresMax: p?.failures_max,
          openMs: p?.open_ms,
        },
        nowMs: deps.clock.now(),
      });
      deps.upstreams.forget();
      return routeOf(made);
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/routes/:endpoint/remove",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "Take an endpoint's route away; its own models, if there are some, answer again",
    params: endpointParams,
    response: routeShape,
    async handle({ deps, params }) {
      const removed = await removeRoute(deps.store, params.endpoint);
      deps.upstreams.forget();
      return routeOf(removed);
    },
  }),
];

export const upstreamsRoutes: readonly Route[] = [...upstreamRoutes, ...routeRoutes];
