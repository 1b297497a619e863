import { z } from "zod";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import type { Currency } from "../../kernel/money.ts";
import {
  type Plan,
  type Product,
  type RateCard,
  addRateCard,
  createPlan,
  createProduct,
  getPlan,
  getProduct,
  listPlans,
  listProducts,
  listRateCards,
} from "../../sell/index.ts";
import { priceBody, pricesFrom, pricesOut, pricesOutShape } from "../prices.ts";
import { cycleShape } from "../billing/shapes.ts";
import { type Route, route } from "../route.ts";
import { currency, idParams, limitsOf, limitsShape, listOf, name, pageQuery, pageShape, unixMs } from "../shapes.ts";

const productShape = z.strictObject({
  object: z.literal("product"),
  id: z.string(),
  name: z.string(),
  endpoint: z.string(),
  created_at_ms: unixMs,
});
const productOf = (product: Product): z.input<typeof productShape> => ({
  object: "product",
  id: product.id,
  name: product.name,
  endpoint: product.endpoint,
  created_at_ms: product.createdAtMs,
});

export const rateCardShape = z.strictObject({
  object: z.literal("rate_card"),
  id: z.string(),
  version: z.number().int(),
  effective_at_ms: unixMs,
  ...pricesOutShape,
});
export const rateCardOf = (card: RateCard, of: Currency): z.input<typeof rateCardShape> => ({
  object: "rate_card",
  id: card.id,
  version: card.version,
  effective_at_ms: card.effectiveAtMs,
  ...pricesOut(card, of),
});

export const planShape = z.strictObject({
  object: z.literal("plan"),
  id: z.string(),
  name: z.string(),
  product: z.string(),
  currency,
  cycle: cycleShape,
  trial_days: z.number().int(),
  offered: z.boolean(),
  limits: limitsShape,
  created_at_ms: unixMs,
});
export const planOf = (plan: Plan): z.input<typeof planShape> => ({
  object: "plan",
  id: plan.id,
  name: plan.name,
  product: plan.product,
  currency: plan.currency,
  cycle: plan.cycle,
  trial_days: plan.trialDays,
  offered: plan.offered,
  limits: limitsOf(plan.limits),
  created_at_ms: plan.createdAtMs,
});

const before = (cursor: string | undefined) => (cursor ? { before: cursor } : {});

const tag = "Selling";

export const catalogRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/products",
    who: "operator",
    area: "sell",
    tag,
    summary: "Create a product: access to an endpoint",
    body: z.strictObject({ name, endpoint: name }),
    status: 201,
    response: productShape,
    handle: async ({ deps, body }) => productOf(await createProduct(deps.store, { ...body, nowMs: deps.clock.now() })),
  }),
  route({
    method: "GET",
    path: "/admin/v1/products",
    who: "operator",
    area: "sell",
    tag,
    summary: "List products, newest first",
    query: pageQuery,
    response: listOf(productShape),
    handle: async ({ deps, query: { limit, cursor } }) =>
      pageShape(await listProducts(deps.store, { limit, ...before(cursor) }), productOf),
  }),
  route({
    method: "GET",
    path: "/admin/v1/products/:id",
    who: "operator",
    area: "sell",
    tag,
    summary: "Get a product",
    params: idParams,
    response: productShape,
    handle: async ({ deps, params }) => productOf(await getProduct(deps.store, params.id)),
  }),
  route({
    method: "POST",
    path: "/admin/v1/plans",
    who: "operator",
    area: "sell",
    tag,
    summary: "Create a plan with its first rate card",
    body: z.strictObject({
      product: z.string(),
      name,
      currency: currency.optional(),
      cycle: cycleShape.optional().describe("A month from the anchor if left out."),
      trial_days: z.number().int().min(0).max(limits.trialDaysMax).default(0),
      offered: z.boolean().default(false).describe("Whether customers may put themselves on it."),
      ...priceBody,
    }),
    status: 201,
    response: planShape,
    async handle({ deps, body }) {
      const plan = await createPlan(deps.store, {
        product: body.product as Id<"product">,
        name: body.name,
        currency: body.currency ?? deps.currency,
        trialDays: body.trial_days,
        offered: body.offered,
        ...(body.cycle ? { cycle: body.cycle } : {}),
        nowMs: deps.clock.now(),
        ...pricesFrom(body),
      });
      return planOf(plan);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/plans",
    who: "operator",
    area: "sell",
    tag,
    summary: "List plans, newest first",
    query: pageQuery,
    response: listOf(planShape),
    handle: async ({ deps, query: { limit, cursor } }) =>
      pageShape(await listPlans(deps.store, { limit, ...before(cursor) }), planOf),
  }),
  route({
    method: "GET",
    path: "/admin/v1/plans/:id",
    who: "operator",
    area: "sell",
    tag,
    summary: "Get a plan",
    params: idParams,
    response: planShape,
    handle: async ({ deps, params }) => planOf(await getPlan(deps.store, params.id)),
  }),
  route({
    method: "POST",
    path: "/admin/v1/plans/:id/rate-cards",
    who: "operator",
    area: "sell",
    tag,
    summary: "Change a plan's prices from an instant on",
    params: idParams,
    body: z.strictObject({
      effective_at_ms: unixMs,
      applies_to: z.enum(["all", "new"]).default("all").describe("`new` leaves those on the plan their prices."),
      ...priceBody,
    }),
    status: 201,
    response: rateCardShape,
    async handle({ deps, params, body }) {
      const plan = await getPlan(deps.store, params.id);
      const card = await addRateCard(deps.store, {
        plan: plan.id,
        effectiveAtMs: body.effective_at_ms,
        appliesTo: body.applies_to,
        nowMs: deps.clock.now(),
        ...pricesFrom(body),
      });
      return rateCardOf(card, plan.currency);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/plans/:id/rate-cards",
    who: "operator",
    area: "sell",
    tag,
    summary: "List every price a plan ever had",
    params: idParams,
    response: listOf(rateCardShape),
    async handle({ deps, params }) {
      const plan = await getPlan(deps.store, params.id);
      const cards = await listRateCards(deps.store, plan.id);
      return pageShape({ data: cards, nextCursor: null }, (card) => rateCardOf(card, plan.currency));
    },
  }),
];
