import { z } from "zod";
import {
  type Capture,
  type GatewayPolicy,
  getGatewayPolicy,
  listCaptures,
  setGatewayPolicy,
} from "../../gateway/index.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { getProduct } from "../../sell/index.ts";
import { type Route, route } from "../route.ts";
import { idParams, listOf, pageOf, pageQuery, unixMs } from "../shapes.ts";

const tag = "Selling";

const policyFields = {
  cache: z
    .strictObject({
      ttl_ms: z.int().min(1).max(limits.answerCacheTtlMsMax),
      bills: z
        .enum(["request", "cached_input_tokens"])
        .describe("What an answer from the cache counts as: one request, or also all of its tokens as cached input."),
    })
    .nullable()
    .describe("The same request of the same customer gets the same answer for a while."),
  capture: z
    .strictObject({ share: z.number().gt(0).max(1) })
    .nullable()
    .describe("This share of requests and answers of customers who agreed is kept, redacted."),
  guard: z.strictObject({
    input_chars_max: z.int().min(1).nullable(),
    languages: z.array(z.string().length(2)).max(limits.guardLanguagesMax).nullable(),
    blocked: z
      .array(z.string().min(1).max(limits.guardPatternCharsMax))
      .max(limits.guardPatternsMax)
      .describe("Texts that may not be in a request; * stands for anything within a line."),
  }),
};
const policyShape = z.strictObject({ object: z.literal("gateway_policy"), product: z.string(), ...policyFields });

function policyOf(product: string, { cache, capture, guard }: GatewayPolicy): z.input<typeof policyShape> {
  const { inputCharsMax, languages, blocked } = guard;
  return {
    object: "gateway_policy",
    product,
    cache: cache && { ttl_ms: cache.ttlMs, bills: cache.bills },
    capture: capture && { share: capture.share },
    guard: { input_chars_max: inputCharsMax, languages: languages && [...languages], blocked: [...blocked] },
  };
}

const captureShape = z.strictObject({
  object: z.literal("capture"),
  id: z.string().describe("The prediction's."),
  customer: z.string(),
  door: z.string(),
  request: z.string().describe("Redacted JSON, cut off when it is long."),
  answer: z.string(),
  created_at_ms: unixMs,
});

const captureOf = (capture: Capture & { readonly id: string }): z.input<typeof captureShape> => ({
  object: "capture",
  id: capture.prediction,
  customer: capture.customer,
  door: capture.door,
  request: capture.request,
  answer: capture.answer,
  created_at_ms: capture.createdAtMs,
});

export const gatewayPolicyRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/products/:id/gateway",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "What a product does with requests at its language doors, beside answering them",
    params: idParams,
    response: policyShape,
    async handle({ deps, params }) {
      const { id } = await getProduct(deps.store, params.id);
      return policyOf(id, await getGatewayPolicy(deps.store, id));
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/products/:id/gateway",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "Set a product's cache, capture and guard, in place of what was set",
    params: idParams,
    body: z.strictObject(policyFields),
    response: policyShape,
    async handle({ deps, params, body: { cache, capture, guard } }) {
      const product = params.id as Id<"product">;
      const policy: GatewayPolicy = {
        cache: cache && { ttlMs: cache.ttl_ms, bills: cache.bills },
        capture,
        guard: { inputCharsMax: guard.input_chars_max, languages: guard.languages, blocked: guard.blocked },
      };
      return policyOf(product, await setGatewayPolicy(deps.store, { product, policy, nowMs: deps.clock.now() }));
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/products/:id/captures",
    who: "operator",
    area: "data",
    tag,
    summary: "List captured requests and answers, newest first",
    params: idParams,
    query: pageQuery,
    response: listOf(captureShape),
    async handle({ deps, params, query: { limit, cursor } }) {
      const { id: product } = await getProduct(deps.store, params.id);
      const found = await listCaptures(deps.store, { product, limit: limit + 1, before: cursor });
      const rows = found.map((capture) => ({ ...capture, id: capture.prediction }));
      return pageOf(rows, limit, captureOf);
    },
  }),
];
