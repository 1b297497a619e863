import { z } from "zod";
import type { ApiDeps } from "./deps.ts";
import {
  type Upstream,
  type UpstreamModel,
  type UpstreamRateCard,
  type UpstreamRoute,
  listUpstreamHealth,
  listUpstreamModels,
  listUpstreamRateCards,
} from "../upstream/index.ts";
import { currency, money, moneyOf, unixMs } from "./shapes.ts";

/** How upstreams, their models, prices and routes are shown. A secret is never. */

const rateCardShape = z.strictObject({
  object: z.literal("upstream_rate_card"),
  id: z.string(),
  effective_at_ms: unixMs,
  currency,
  input_million: money,
  cached_input_million: money,
  output_million: money,
  request: money,
  second: money,
});

export const upstreamModelShape = z.strictObject({
  object: z.literal("upstream_model"),
  id: z.string(),
  upstream: z.string(),
  name: z.string(),
  doors: z.array(z.string()),
  context_tokens_max: z.number().int(),
  output_tokens_max: z.number().int(),
  rate_cards: z.array(rateCardShape).describe("Latest first."),
  health: z.strictObject({
    state: z.enum(["closed", "open", "half_open"]).describe("Of its circuit breaker: closed is well."),
    reason: z.string().nullable(),
    since_ms: unixMs.nullable(),
  }),
});

export const upstreamShape = z.strictObject({
  object: z.literal("upstream"),
  id: z.string(),
  name: z.string(),
  base_url: z.string(),
  allow_private: z.boolean(),
  secret_last_four: z.string().nullable(),
  enabled: z.boolean(),
  models: z.array(upstreamModelShape),
  created_at_ms: unixMs,
});

export const routeShape = z.strictObject({
  object: z.literal("route"),
  id: z.string().describe("Another one after each change."),
  endpoint: z.string(),
  targets: z.array(z.strictObject({ model: z.string(), priority: z.number().int(), weight: z.number().int() })),
  policy: z.strictObject({
    tries_max: z.number().int(),
    backoff_ms: z.number().int(),
    connect_ms: z.number().int(),
    first_byte_ms: z.number().int(),
    idle_ms: z.number().int(),
    total_ms: z.number().int(),
    failures_max: z.number().int(),
    open_ms: z.number().int(),
  }),
  updated_at_ms: unixMs,
});

export async function upstreamOf({ store }: ApiDeps, upstream: Upstream): Promise<z.input<typeof upstreamShape>> {
  const models = await listUpstreamModels(store, upstream.id);
  return {
    object: "upstream",
    id: upstream.id,
    name: upstream.name,
    base_url: upstream.baseUrl,
    allow_private: upstream.allowPrivate,
    secret_last_four: upstream.secretLastFour,
    enabled: upstream.disabledAtMs === null,
    models: await Promise.all(models.map((model) => upstreamModelOf({ store }, model))),
    created_at_ms: upstream.createdAtMs,
  };
}

export async function upstreamModelOf(
  { store }: Pick<ApiDeps, "store">,
  model: UpstreamModel,
): Promise<z.input<typeof upstreamModelShape>> {
  const [health] = await listUpstreamHealth(store, [model.id]);
  return {
    object: "upstream_model",
    id: model.id,
    upstream: model.upstream,
    name: model.name,
    doors: [...model.apis],
    context_tokens_max: model.contextTokensMax,
    output_tokens_max: model.outputTokensMax,
    rate_cards: (await listUpstreamRateCards(store, model.id)).map(rateCardOf),
    health: { state: health?.state ?? "closed", reason: health?.reason ?? null, since_ms: health?.sinceMs ?? null },
  };
}

function rateCardOf(card: UpstreamRateCard): z.input<typeof rateCardShape> {
  const inCurrency = (nanos: bigint): z.input<typeof money> => moneyOf(nanos, card.currency);
  return {
    object: "upstream_rate_card",
    id: card.id,
    effective_at_ms: card.effectiveAtMs,
    currency: card.currency,
    input_million: inCurrency(card.inputMillionNanos),
    cached_input_million: inCurrency(card.cachedInputMillionNanos),
    output_million: inCurrency(card.outputMillionNanos),
    request: inCurrency(card.requestNanos),
    second: inCurrency(card.secondNanos),
  };
}

export function routeOf({ id, endpoint, targets, policy, updatedAtMs }: UpstreamRoute): z.input<typeof routeShape> {
  const { timeouts, breaker } = policy;
  return {
    object: "route",
    id,
    endpoint,
    targets: targets.map(({ model, priority, weight }) => ({ model, priority, weight })),
    policy: {
      tries_max: policy.triesMax,
      backoff_ms: policy.backoffMs,
      connect_ms: timeouts.connectMs,
      first_byte_ms: timeouts.firstByteMs,
      idle_ms: timeouts.idleMs,
      total_ms: timeouts.totalMs,
      failures_max: breaker.failuresMax,
      open_ms: breaker.openMs,
    },
    updated_at_ms: updatedAtMs,
  };
}
