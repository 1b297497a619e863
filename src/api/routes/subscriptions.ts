import { z } from "zod";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { type Currency, parseAmount } from "../../kernel/money.ts";
import {
  addAddon,
  cancelSubscription,
  changePlan,
  createCoupon,
  endAddon,
  getCustomer,
  getSubscription,
  listAddons,
  listCoupons,
  previewInvoice,
  redeemCoupon,
  resumeSubscription,
  subscriptionHistory,
} from "../../sell/index.ts";
import type { Queries } from "../../store/index.ts";
import {
  addonOf,
  addonShape,
  changeOf,
  changeShape,
  couponOf,
  couponShape,
  subscriptionOf,
  subscriptionShape,
} from "../billing/shapes.ts";
import { type Route, route } from "../route.ts";
import { amount, currency, idParams, listOf, money, moneyOf, name, pageQuery, pageShape, unixMs } from "../shapes.ts";

const tag = "Subscriptions";
export const proration = z.enum(["prorated", "full", "next_period"]);
const at = unixMs.optional().describe("Now if left out; earlier only within an open period without usage since then.");

async function currencyOf(db: Queries, subscription: string): Promise<Currency> {
  return (await getCustomer(db, (await getSubscription(db, subscription)).customer)).currency;
}

export const draftShape = z.strictObject({
  object: z.literal("invoice_draft"),
  subscription: z.string(),
  lines: z.array(z.strictObject({ kind: z.string(), description: z.string(), amount: money })),
  tax: money,
  total: money,
});

export async function draftOf(db: Queries, subscription: string): Promise<z.input<typeof draftShape>> {
  const id = subscription as Id<"subscription">;
  const [plan, of] = [await previewInvoice(db, id), await currencyOf(db, id)];
  return {
    object: "invoice_draft",
    subscription,
    lines: plan.lines.map(({ kind, description, amountNanos }) => {
      return { kind, description, amount: moneyOf(amountNanos, of) };
    }),
    tax: moneyOf(plan.taxNanos, of),
    total: moneyOf(plan.totalNanos, of),
  };
}

export const subscriptionRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/subscriptions/:id",
    who: "operator",
    area: "sell",
    tag,
    summary: "Get a subscription",
    params: idParams,
    response: subscriptionShape,
    handle: async ({ deps, params }) => subscriptionOf(deps.clock.now())(await getSubscription(deps.store, params.id)),
  }),
  route({
    method: "POST",
    path: "/admin/v1/subscriptions/:id/change-plan",
    who: "operator",
    area: "sell",
    tag,
    summary: "Put it on another plan of its product, now or with the next period",
    params: idParams,
    body: z.strictObject({ plan: z.string(), proration: proration.default("prorated"), at_ms: at }),
    response: subscriptionShape,
    async handle({ deps, params, body }) {
      const nowMs = deps.clock.now();
      const changed = await changePlan(deps.store, {
        subscription: params.id as Id<"subscription">,
        plan: body.plan as Id<"plan">,
        proration: body.proration,
        nowMs,
        ...(body.at_ms === undefined ? {} : { atMs: body.at_ms }),
      });
      return subscriptionOf(nowMs)(changed);
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/subscriptions/:id/cancel",
    who: "operator",
    area: "sell",
    tag,
    summary: "End it when its period ends, or at once",
    params: idParams,
    body: z.strictObject({ proration: proration.default("next_period"), at_ms: at }),
    response: subscriptionShape,
    async handle({ deps, params, body }) {
      const nowMs = deps.clock.now();
      const ended = await cancelSubscription(deps.store, {
        subscription: params.id as Id<"subscription">,
        proration: body.proration,
        nowMs,
        ...(body.at_ms === undefined ? {} : { atMs: body.at_ms }),
      });
      return subscriptionOf(nowMs)(ended);
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/subscriptions/:id/resume",
    who: "operator",
    area: "sell",
    tag,
    summary: "Take a cancellation back before it takes effect",
    params: idParams,
    response: subscriptionShape,
    async handle({ deps, params }) {
      const nowMs = deps.clock.now();
      const resumed = await resumeSubscription(deps.store, { subscription: params.id as Id<"subscription">, nowMs });
      return subscriptionOf(nowMs)(resumed);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/subscriptions/:id/history",
    who: "operator",
    area: "sell",
    tag,
    summary: "What happened to it, oldest first",
    params: idParams,
    response: listOf(changeShape),
    async handle({ deps, params }) {
      const { id } = await getSubscription(deps.store, params.id);
      return pageShape({ data: await subscriptionHistory(deps.store, id), nextCursor: null }, changeOf);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/subscriptions/:id/draft",
    who: "operator",
    area: "money",
    tag,
    summary: "What its next invoice would say if its oldest open period ended now",
    params: idParams,
    response: draftShape,
    handle: ({ deps, params }) => draftOf(deps.store, params.id),
  }),
  route({
    method: "POST",
    path: "/admin/v1/subscriptions/:id/addons",
    who: "operator",
    area: "sell",
    tag,
    summary: "Add what is paid every period beside the plan",
    params: idParams,
    body: z.strictObject({
      name,
      fee: amount.describe("Of one, for a whole period."),
      quantity: z.number().int().min(1).max(limits.itemQuantityMax).default(1),
      from_ms: unixMs.optional(),
    }),
    status: 201,
    response: addonShape,
    async handle({ deps, params, body }) {
      const subscription = params.id as Id<"subscription">;
      const of = await currencyOf(deps.store, subscription);
      const addon = await addAddon(deps.store, {
        subscription,
        name: body.name,
        feeNanos: parseAmount(body.fee, "fee"),
        quantity: body.quantity,
        nowMs: deps.clock.now(),
        ...(body.from_ms === undefined ? {} : { fromMs: body.from_ms }),
      });
      return addonOf(of)(addon);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/subscriptions/:id/addons",
    who: "operator",
    area: "sell",
    tag,
    summary: "List its add-ons",
    params: idParams,
    response: listOf(addonShape),
    async handle({ deps, params }) {
      const of = await currencyOf(deps.store, params.id);
      const addons = await listAddons(deps.store, params.id as Id<"subscription">);
      return pageShape({ data: addons, nextCursor: null }, addonOf(of));
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/addons/:id/end",
    who: "operator",
    area: "sell",
    tag,
    summary: "End an add-on; again changes nothing",
    params: idParams,
    body: z.strictObject({ at_ms: unixMs.optional() }),
    response: addonShape,
    async handle({ deps, params, body }) {
      const addon = await endAddon(deps.store, { addon: params.id, atMs: body.at_ms ?? deps.clock.now() });
      return addonOf(await currencyOf(deps.store, addon.subscription))(addon);
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/subscriptions/:id/redeem",
    who: "operator",
    area: "sell",
    tag,
    summary: "Put a coupon on it, once",
    params: idParams,
    body: z.strictObject({ code: z.string().min(1).max(40) }),
    response: couponShape,
    handle: async ({ deps, params, body }) =>
      couponOf(
        await redeemCoupon(deps.store, {
          code: body.code,
          subscription: params.id as Id<"subscription">,
          nowMs: deps.clock.now(),
        }),
      ),
  }),
  route({
    method: "POST",
    path: "/admin/v1/coupons",
    who: "operator",
    area: "sell",
    tag,
    summary: "Create a coupon: a share or an amount off fee, add-ons and usage",
    body: z.strictObject({
      code: z.string().min(1).max(40),
      discount: z.discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("percent"), percent: z.string().regex(/^\d{1,3}(\.\d{1,4})?$/) }),
        z.strictObject({ kind: z.literal("amount"), amount, currency: currency.optional() }),
      ]),
      periods: z.number().int().min(1).optional().describe("For how many periods; all if left out."),
      redemptions_max: z.number().int().min(1).optional(),
      expires_at_ms: unixMs.optional(),
    }),
    status: 201,
    response: couponShape,
    async handle({ deps, body }) {
      const { discount } = body;
      const coupon = await createCoupon(deps.store, {
        code: body.code,
        discount:
          discount.kind === "percent"
            ? { kind: "percent", partsPerMillion: Number(parseAmount(discount.percent, "percent") / 100_000n) }
            : {
                kind: "amount",
                amountNanos: parseAmount(discount.amount, "amount"),
                currency: discount.currency ?? deps.currency,
              },
        periods: body.periods ?? null,
        redemptionsMax: body.redemptions_max ?? null,
        expiresAtMs: body.expires_at_ms ?? null,
        nowMs: deps.clock.now(),
      });
      return couponOf(coupon);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/coupons",
    who: "operator",
    area: "sell",
    tag,
    summary: "List coupons, newest first",
    query: pageQuery,
    response: listOf(couponShape),
    handle: async ({ deps, query: { limit, cursor } }) =>
      pageShape(await listCoupons(deps.store, { limit, ...(cursor ? { before: cursor } : {}) }), couponOf),
  }),
];
