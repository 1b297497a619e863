import { z } from "zod";
import { attributeCustomer } from "../../channel/index.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { parseAmount } from "../../kernel/money.ts";
import {
  type Customer,
  type Key,
  createCustomer,
  createKey,
  createSubscription,
  getCustomer,
  listCustomers,
  listKeys,
  listSubscriptions,
  percent,
  percentOf,
  receivePayment,
  revokeKey,
} from "../../sell/index.ts";
import { subscriptionOf, subscriptionShape } from "../billing/shapes.ts";
import { type Route, route } from "../route.ts";
import {
  amount,
  currency,
  idParams,
  limitsOf,
  limitsShape,
  listOf,
  money,
  moneyOf,
  name,
  pageQuery,
  pageShape,
  unixMs,
} from "../shapes.ts";

export const customerShape = z.strictObject({
  object: z.literal("customer"),
  id: z.string(),
  name: z.string(),
  currency,
  terms: z.enum(["prepaid", "postpaid"]),
  data_use: z.enum(["none", "improve"]),
  partner: z.string().nullable(),
  time_zone: z.string(),
  limits: limitsShape.describe("In place of its plans'."),
  created_at_ms: unixMs,
});
export const customerOf = (customer: Customer): z.input<typeof customerShape> => ({
  object: "customer",
  id: customer.id,
  name: customer.name,
  currency: customer.currency,
  terms: customer.terms,
  data_use: customer.dataUse,
  partner: customer.partner,
  time_zone: customer.timeZone,
  limits: limitsOf(customer.limits),
  created_at_ms: customer.createdAtMs,
});

export const keyShape = z.strictObject({
  object: z.literal("key"),
  id: z.string(),
  customer: z.string(),
  name: z.string(),
  last_four: z.string(),
  quota_units: z.number().int().nullable(),
  used_units: z.number().int(),
  quota_thresholds: z
    .array(z.strictObject({ percent, set_by: z.enum(["team", "customer"]), told: z.boolean() }))
    .describe("Shares of its quota of which usage.threshold tells, once."),
  products: z.array(z.string()).nullable().describe("Null: all that the customer has."),
  addresses: z.array(z.string()).nullable().describe("Null: it may be used from everywhere."),
  expires_at_ms: unixMs.nullable(),
  limits: limitsShape.describe("Its own, within the customer's."),
  revoked_at_ms: unixMs.nullable(),
  created_at_ms: unixMs,
});
export const keyOf = (key: Key): z.input<typeof keyShape> => ({
  object: "key",
  id: key.id,
  customer: key.customer,
  name: key.name,
  last_four: key.lastFour,
  quota_units: key.quotaUnits,
  used_units: key.usedUnits,
  quota_thresholds: key.quotaThresholds.map(({ partsPerMillion, setBy, told }) => ({
    percent: percentOf(partsPerMillion),
    set_by: setBy,
    told,
  })),
  products: key.products && [...key.products],
  addresses: key.addresses && [...key.addresses],
  expires_at_ms: key.expiresAtMs,
  limits: limitsOf(key.limits),
  revoked_at_ms: key.revokedAtMs,
  created_at_ms: key.createdAtMs,
});

const units = z.number().int().min(0).max(1e12);
const before = (cursor: string | undefined) => (cursor ? { before: cursor } : {});

const bounds = {
  products: z.array(z.string().max(100)).min(1).max(100).describe("All if left out."),
  addresses: z
    .array(z.string().max(60))
    .min(1)
    .max(limits.keyAddressesMax)
    .describe("Addresses and networks like 203.0.113.0/24 or 2001:db8::/32; everywhere if left out."),
  expires_at_ms: unixMs.describe("Not valid from then on."),
};

export const keyBody = z.strictObject({
  name: name.default("default"),
  quota_units: units.optional(),
  products: bounds.products.optional(),
  addresses: bounds.addresses.optional(),
  expires_at_ms: bounds.expires_at_ms.optional(),
});

/** Null takes a bound away; what is left out stays. */
export const keyChange = z.strictObject({
  name: name.optional(),
  products: bounds.products.nullable().optional(),
  addresses: bounds.addresses.nullable().optional(),
  expires_at_ms: bounds.expires_at_ms.nullable().optional(),
});

export function changedBounds({ name: called, products, addresses, expires_at_ms }: z.output<typeof keyChange>) {
  return {
    ...(called === undefined ? {} : { name: called }),
    ...(products === undefined ? {} : { products: products as Id<"product">[] | null }),
    ...(addresses === undefined ? {} : { addresses }),
    ...(expires_at_ms === undefined ? {} : { expiresAtMs: expires_at_ms }),
  };
}

const tag = "Selling";

export const customersRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/customers",
    who: "operator",
    area: "sell",
    tag,
    summary: "Create a customer, with its partner if one brought it",
    body: z.strictObject({
      name,
      currency: currency.optional(),
      terms: z
        .discriminatedUnion("kind", [
          z.strictObject({ kind: z.literal("prepaid") }),
          z.strictObject({ kind: z.literal("postpaid"), credit_limit: amount }),
        ])
        .default({ kind: "prepaid" }),
      data_use: z
        .enum(["none", "improve"])
        .default("none")
        .describe("Whether its inputs may be kept and learned from."),
      time_zone: z.string().max(100).default("UTC").describe("IANA name: its budgets' months and days."),
      partner: z.string().optional(),
      attribution_reason: z.string().max(limits.commentCharsMax).optional(),
    }),
    status: 201,
    response: customerShape,
    async handle({ deps, body }) {
      const nowMs = deps.clock.now();
      const customer = await deps.store.transaction(async (tx) => {
        const { terms } = body;
        const created = await createCustomer(tx, {
          name: body.name,
          currency: body.currency ?? deps.currency,
          terms:
            terms.kind === "prepaid"
              ? { kind: "prepaid" }
              : { kind: "postpaid", creditLimitNanos: parseAmount(terms.credit_limit, "credit_limit") },
          dataUse: body.data_use,
          timeZone: body.time_zone,
          nowMs,
        });
        if (!body.partner) return created;
        await attributeCustomer(tx, {
          customer: created.id,
          partner: body.partner as Id<"partner">,
          reason: body.attribution_reason ?? "named when the customer was created",
          nowMs,
        });
        return getCustomer(tx, created.id);
      });
      return customerOf(customer);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/customers",
    who: "operator",
    area: "sell",
    tag,
    summary: "List customers, newest first",
    query: pageQuery,
    response: listOf(customerShape),
    handle: async ({ deps, query: { limit, cursor } }) =>
      pageShape(await listCustomers(deps.store, { limit, ...before(cursor) }), customerOf),
  }),
  route({
    method: "GET",
    path: "/admin/v1/customers/:id",
    who: "operator",
    area: "sell",
    tag,
    summary: "Get a customer",
    params: idParams,
    response: customerShape,
    handle: async ({ deps, params }) => customerOf(await getCustomer(deps.store, params.id)),
  }),
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/subscriptions",
    who: "operator",
    area: "sell",
    tag,
    summary: "Put a customer on a plan",
    params: idParams,
    body: z.strictObject({
      plan: z.string(),
      anchor_ms: unixMs.optional().describe("Where its months start; now if left out."),
      time_zone: z.string().default("UTC").describe("IANA name."),
      trial_days: z.number().int().min(0).max(limits.trialDaysMax).optional().describe("The plan's if left out."),
    }),
    status: 201,
    response: subscriptionShape,
    async handle({ deps, params, body }) {
      const nowMs = deps.clock.now();
      const subscription = await createSubscription(deps.store, {
        customer: params.id as Id<"customer">,
        plan: body.plan as Id<"plan">,
        anchorMs: body.anchor_ms ?? nowMs,
        timeZone: body.time_zone,
        nowMs,
        ...(body.trial_days === undefined ? {} : { trialDays: body.trial_days }),
      });
      return subscriptionOf(nowMs)(subscription);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/customers/:id/subscriptions",
    who: "operator",
    area: "sell",
    tag,
    summary: "List a customer's subscriptions",
    params: idParams,
    query: pageQuery,
    response: listOf(subscriptionShape),
    handle: async ({ deps, params, query: { limit, cursor } }) =>
      pageShape(
        await listSubscriptions(deps.store, { customer: params.id as Id<"customer">, limit, ...before(cursor) }),
        subscriptionOf(deps.clock.now()),
      ),
  }),
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/keys",
    who: "operator",
    area: "sell",
    tag,
    summary: "Make an API key; its secret is in this answer only",
    params: idParams,
    body: keyBody,
    status: 201,
    response: keyShape.extend({ secret: z.string() }),
    // a replay would have to keep the secret, and secrets are never kept
    ownIdempotency: true,
    async handle({ deps, params, body }) {
      const { key, secret } = await createKey(deps.store, {
        customer: params.id as Id<"customer">,
        pepper: deps.pepper,
        nowMs: deps.clock.now(),
        ...(body.quota_units === undefined ? {} : { quotaUnits: body.quota_units }),
        ...changedBounds(body),
        name: body.name,
      });
      return { ...keyOf(key), secret: secret.reveal() };
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/customers/:id/keys",
    who: "operator",
    area: "sell",
    tag,
    summary: "List a customer's keys",
    params: idParams,
    query: pageQuery,
    response: listOf(keyShape),
    handle: async ({ deps, params, query: { limit, cursor } }) =>
      pageShape(await listKeys(deps.store, { customer: params.id as Id<"customer">, limit, ...before(cursor) }), keyOf),
  }),
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/keys/:key/revoke",
    who: "operator",
    area: "sell",
    tag,
    summary: "Make a key useless within a second",
    params: idParams.extend({ key: z.string().min(1).max(100) }),
    response: keyShape,
    async handle({ deps, params }) {
      const key = await revokeKey(deps.store, {
        customer: params.id as Id<"customer">,
        key: params.key,
        nowMs: deps.clock.now(),
      });
      return keyOf(key);
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/payments",
    who: "operator",
    area: "money",
    tag,
    summary: "Record money received; the same reference counts once",
    params: idParams,
    body: z.strictObject({ amount, reference: name }),
    status: 201,
    response: z.strictObject({ object: z.literal("payment"), state: z.enum(["received", "duplicate"]), amount: money }),
    async handle({ deps, params, body }) {
      const customer = await getCustomer(deps.store, params.id);
      const amountNanos = parseAmount(body.amount);
      const { state } = await receivePayment(deps.store, {
        customer: customer.id,
        amountNanos,
        reference: body.reference,
        nowMs: deps.clock.now(),
      });
      return { object: "payment" as const, state, amount: moneyOf(amountNanos, customer.currency) };
    },
  }),
];
