import { z } from "zod";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { type Currency, parseAmount } from "../../kernel/money.ts";
import {
  type CreditGrant,
  createCreditCode,
  getCustomer,
  grantCredit,
  listGrants,
  redeemCreditCode,
  runBilling,
  setBalanceAlert,
  setPaymentMethod,
  setTopUp,
} from "../../sell/index.ts";
import { type Route, route } from "../route.ts";
import { amount, currency, idParams, listOf, money, moneyOf, name, pageShape, unixMs } from "../shapes.ts";
import { customerOf } from "./customer.ts";

const tag = "Credits";

const grantShape = z.strictObject({
  object: z.literal("credit_grant"),
  id: z.string(),
  kind: z.enum(["paid", "promotional"]),
  source: z.string(),
  amount: money,
  remaining: money,
  priority: z.number().int(),
  expires_at_ms: unixMs.nullable(),
  products: z
    .array(z.strictObject({ id: z.string(), name: z.string() }))
    .nullable()
    .describe("Pays for usage of these alone, and before the rest of the balance; null: for everything."),
});
const grantOf =
  (of: Currency) =>
  (grant: CreditGrant): z.input<typeof grantShape> => ({
    object: "credit_grant",
    id: grant.id,
    kind: grant.kind,
    source: grant.source,
    amount: moneyOf(grant.amountNanos, of),
    remaining: moneyOf(grant.remainingNanos, of),
    priority: grant.priority,
    expires_at_ms: grant.expiresAtMs,
    products: grant.products && [...grant.products],
  });
const done = z.strictObject({ object: z.literal("done") });

export const creditRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/credits",
    who: "operator",
    area: "money",
    tag,
    summary: "Give a prepaid customer credit that nobody paid for",
    params: idParams,
    body: z.strictObject({
      amount,
      source: name.describe("Why, in a few words."),
      priority: z.number().int().min(0).max(1_000).default(100).describe("Lower burns first."),
      expires_at_ms: unixMs.optional(),
      rollover_days: z.number().int().min(1).max(366).optional().describe("Once, when it expires."),
      products: z
        .array(z.string())
        .min(1)
        .max(limits.grantProductsMax)
        .optional()
        .describe("Pays for usage of these alone, and before the rest of the balance."),
      payment: z.string().optional().describe("Given for this payment: goes back with it."),
    }),
    status: 201,
    response: grantShape,
    async handle({ deps, params, body }) {
      const customer = await getCustomer(deps.store, params.id);
      const grant = await grantCredit(deps.store, {
        customer: customer.id,
        amountNanos: parseAmount(body.amount),
        source: body.source,
        priority: body.priority,
        expiresAtMs: body.expires_at_ms ?? null,
        rolloverDays: body.rollover_days ?? null,
        products: (body.products as Id<"product">[] | undefined) ?? null,
        payment: (body.payment as Id<"payment"> | undefined) ?? null,
        nowMs: deps.clock.now(),
      });
      return grantOf(customer.currency)(grant);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/customers/:id/credits",
    who: "operator",
    area: "money",
    tag,
    summary: "What a prepaid balance is made of, in the order in which it burns",
    params: idParams,
    response: listOf(grantShape),
    async handle({ deps, params }) {
      const customer = await getCustomer(deps.store, params.id);
      const data = await listGrants(deps.store, { customer: customer.id, nowMs: deps.clock.now() });
      return pageShape({ data, nextCursor: null }, grantOf(customer.currency));
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/credit-codes",
    who: "operator",
    area: "money",
    tag,
    summary: "Create a code that prepaid customers turn into credit",
    body: z.strictObject({
      code: z.string().min(6).max(40),
      amount,
      currency: currency.optional(),
      valid_days: z.number().int().min(1).optional(),
      redemptions_max: z.number().int().min(1).optional(),
      expires_at_ms: unixMs.optional(),
    }),
    status: 201,
    response: z.strictObject({ object: z.literal("credit_code"), code: z.string() }),
    async handle({ deps, body }) {
      const made = await createCreditCode(deps.store, {
        code: body.code,
        amountNanos: parseAmount(body.amount),
        currency: body.currency ?? deps.currency,
        validDays: body.valid_days ?? null,
        redemptionsMax: body.redemptions_max ?? null,
        expiresAtMs: body.expires_at_ms ?? null,
        nowMs: deps.clock.now(),
      });
      return { object: "credit_code" as const, code: made.code };
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/payment-method",
    who: "operator",
    area: "money",
    tag,
    summary: "How a provider knows the customer and what it pays with",
    params: idParams,
    body: z.strictObject({ provider: name, external_customer: name, method: name.optional() }),
    response: done,
    async handle({ deps, params, body }) {
      await setPaymentMethod(deps.store, {
        customer: params.id as Id<"customer">,
        provider: body.provider,
        externalCustomer: body.external_customer,
        method: body.method ?? null,
        nowMs: deps.clock.now(),
      });
      return { object: "done" as const };
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/top-up",
    who: "operator",
    area: "money",
    tag,
    summary: "Charge its payment method whenever less than the threshold is left; off with null",
    params: idParams,
    body: z.strictObject({ top_up: z.strictObject({ threshold: amount, amount }).nullable() }),
    response: done,
    async handle({ deps, params, body: { top_up } }) {
      const topUp = top_up && {
        thresholdNanos: parseAmount(top_up.threshold, "threshold"),
        amountNanos: parseAmount(top_up.amount),
      };
      await setTopUp(deps.store, params.id as Id<"customer">, topUp);
      return { object: "done" as const };
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/balance-alert",
    who: "operator",
    area: "money",
    tag,
    summary: "Tell when less than this is left; off with null",
    params: idParams,
    body: z.strictObject({ threshold: amount.nullable() }),
    response: done,
    async handle({ deps, params, body: { threshold } }) {
      const thresholdNanos = threshold === null ? null : parseAmount(threshold, "threshold");
      await setBalanceAlert(deps.store, { customer: params.id as Id<"customer">, thresholdNanos });
      return { object: "done" as const };
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/billing/run",
    who: "operator",
    area: "money",
    tag: "Billing",
    summary: "Reminders, expiring credits, top-ups and alerts that are due; the server does so by itself",
    response: z.strictObject({
      object: z.literal("billing_run"),
      overdue: z.number().int(),
      reminders: z.number().int(),
      expired_credits: z.number().int(),
      low_balances: z.number().int(),
      top_ups: z.number().int(),
    }),
    async handle({ deps }) {
      const told = await runBilling(deps.store, deps.payments, deps.clock.now());
      return {
        object: "billing_run" as const,
        overdue: told.overdue,
        reminders: told.reminders,
        expired_credits: told.expiredCredits,
        low_balances: told.low,
        top_ups: told.toppedUp,
      };
    },
  }),
  route({
    method: "GET",
    path: "/v1/credits",
    who: "customer",
    tag: "For customers",
    summary: "What your balance is made of, in the order in which it burns",
    response: listOf(grantShape),
    async handle(call) {
      const customer = await getCustomer(call.deps.store, await customerOf(call));
      const data = await listGrants(call.deps.store, { customer: customer.id, nowMs: call.deps.clock.now() });
      return pageShape({ data, nextCursor: null }, grantOf(customer.currency));
    },
  }),
  route({
    method: "POST",
    path: "/v1/credits/redeem",
    who: "customer",
    tag: "For customers",
    summary: "Turn a code into credit, once",
    body: z.strictObject({ code: z.string().min(1).max(40) }),
    status: 201,
    response: grantShape,
    async handle(call) {
      const { store, clock } = call.deps;
      const customer = await getCustomer(store, await customerOf(call));
      const ask = { customer: customer.id, code: call.body.code, nowMs: clock.now() };
      return grantOf(customer.currency)(await redeemCreditCode(store, ask));
    },
  }),
];
