import { z } from "zod";
import {
  type Addon,
  type BillingEvent,
  type BillingProfile,
  type Collection,
  type Coupon,
  type Delivery,
  type Explanation,
  type InvoiceItem,
  type Payment,
  type Seller,
  type Subscription,
  type SubscriptionChange,
  type Webhook,
  eventKinds,
  languages,
  services,
  subscriptionState,
} from "../../sell/index.ts";
import type { Currency } from "../../kernel/money.ts";
import { limits } from "../../kernel/limits.ts";
import { money, moneyOf, name, unixMs } from "../shapes.ts";
import { quantitiesShape } from "../usage.ts";

/** Shapes of the billing routes, with how each resource is written in them. */

export const cycleShape = z.strictObject({
  every: z.number().int().min(1).max(366),
  unit: z.enum(["day", "week", "month", "year"]),
  align: z.enum(["anniversary", "calendar"]).default("anniversary"),
});

export const subscriptionShape = z.strictObject({
  object: z.literal("subscription"),
  id: z.string(),
  customer: z.string(),
  product: z.string(),
  plan: z.string(),
  state: z.enum(["upcoming", "trialing", "active", "ending", "ended"]),
  anchor_ms: unixMs,
  time_zone: z.string(),
  cycle: cycleShape,
  trial_ends_ms: unixMs.nullable(),
  next_plan: z.strictObject({ plan: z.string(), at_ms: unixMs }).nullable(),
  ends_at_ms: unixMs.nullable(),
});

export const subscriptionOf =
  (nowMs: number) =>
  (subscription: Subscription): z.input<typeof subscriptionShape> => ({
    object: "subscription",
    id: subscription.id,
    customer: subscription.customer,
    product: subscription.product,
    plan: subscription.plan,
    state: subscriptionState(subscription, nowMs).state,
    anchor_ms: subscription.anchorMs,
    time_zone: subscription.timeZone,
    cycle: subscription.cycle,
    trial_ends_ms: subscription.trialEndsMs,
    next_plan: subscription.next && { plan: subscription.next.plan, at_ms: subscription.next.atMs },
    ends_at_ms: subscription.endsAtMs,
  });

export const changeShape = z.strictObject({
  object: z.literal("subscription_change"),
  id: z.string(),
  kind: z.enum(["started", "plan", "cancelled", "resumed"]),
  from_plan: z.string().nullable(),
  to_plan: z.string().nullable(),
  at_ms: unixMs,
  proration: z.enum(["prorated", "full", "next_period"]),
});
export const changeOf = (change: SubscriptionChange): z.input<typeof changeShape> => ({
  object: "subscription_change",
  id: change.id,
  kind: change.kind,
  from_plan: change.from,
  to_plan: change.to,
  at_ms: change.atMs,
  proration: change.proration,
});

export const addonShape = z.strictObject({
  object: z.literal("addon"),
  id: z.string(),
  subscription: z.string(),
  name: z.string(),
  fee: money,
  quantity: z.number().int(),
  from_ms: unixMs,
  until_ms: unixMs.nullable(),
});
export const addonOf =
  (currency: Currency) =>
  (addon: Addon): z.input<typeof addonShape> => ({
    object: "addon",
    id: addon.id,
    subscription: addon.subscription,
    name: addon.name,
    fee: moneyOf(addon.feeNanos, currency),
    quantity: addon.quantity,
    from_ms: addon.fromMs,
    until_ms: addon.untilMs,
  });

export const couponShape = z.strictObject({
  object: z.literal("coupon"),
  id: z.string(),
  code: z.string(),
  percent: z.string().nullable(),
  amount: money.nullable(),
  periods: z.number().int().nullable(),
  redemptions_max: z.number().int().nullable(),
  redeemed: z.number().int(),
  expires_at_ms: unixMs.nullable(),
});
export const couponOf = ({ discount, ...coupon }: Coupon): z.input<typeof couponShape> => ({
  object: "coupon",
  id: coupon.id,
  code: coupon.code,
  percent: discount.kind === "percent" ? String(discount.partsPerMillion / 10_000) : null,
  amount: discount.kind === "amount" ? moneyOf(discount.amountNanos, discount.currency) : null,
  periods: coupon.periods,
  redemptions_max: coupon.redemptionsMax,
  redeemed: coupon.redeemed,
  expires_at_ms: coupon.expiresAtMs,
});

export const itemShape = z.strictObject({
  object: z.literal("invoice_item"),
  id: z.string(),
  customer: z.string(),
  service: z.enum(services as ["dataset_licence", ...InvoiceItem["service"][]]),
  description: z.string(),
  quantity: z.number().int(),
  unit_amount: money,
  product: z.string().nullable(),
  state: z.enum(["pending", "invoiced", "removed"]),
  invoice: z.string().nullable(),
  at_ms: unixMs,
});
export const itemOf =
  (currency: Currency) =>
  (item: InvoiceItem): z.input<typeof itemShape> => ({
    object: "invoice_item",
    id: item.id,
    customer: item.customer,
    service: item.service,
    description: item.description,
    quantity: item.quantity,
    unit_amount: moneyOf(item.unitNanos, currency),
    product: item.product,
    state: item.state.state,
    invoice: item.state.state === "invoiced" ? item.state.invoice : null,
    at_ms: item.atMs,
  });

const address = z.array(z.string().min(1).max(100)).max(limits.addressLinesMax);
const country = z
  .string()
  .regex(/^[A-Z]{2}$/)
  .describe("ISO 3166, like DE.");
export const language = z.enum(languages as ["en", "zh"]);

export const sellerFields = {
  name: name.nullable(),
  address,
  country: country.nullable().describe("Null charges no tax."),
  tax_id: z.string().max(40).nullable(),
  registered_in: z.array(country).max(50).describe("Other countries whose tax is charged."),
  prices_include_tax: z.boolean(),
  time_zone: z.string().max(64),
  language,
  series: z.string().max(10).describe("Numbers are SERIES-2026-000001."),
  payment_days: z.number().int(),
  terms: z.string().max(limits.commentCharsMax).nullable(),
  dunning_days: z.array(z.number().int()).max(limits.dunningStepsMax),
};
export const sellerShape = z.strictObject({ object: z.literal("seller"), ...sellerFields });
export const sellerOf = (seller: Seller): z.input<typeof sellerShape> => ({
  object: "seller",
  name: seller.name,
  address: [...seller.address],
  country: seller.country,
  tax_id: seller.taxId,
  registered_in: [...seller.registeredIn],
  prices_include_tax: seller.pricesIncludeTax,
  time_zone: seller.timeZone,
  language: seller.language,
  series: seller.series,
  payment_days: seller.paymentDays,
  terms: seller.terms,
  dunning_days: [...seller.dunningDays],
});

export const profileFields = {
  legal_name: name.nullable(),
  address,
  email: z.string().max(254).nullable(),
  country: country.nullable(),
  tax_id: z.string().max(40).nullable(),
  language: language.nullable(),
};
export const profileShape = z.strictObject({
  object: z.literal("billing_profile"),
  ...profileFields,
  exempt: z.boolean(),
});
export const profileOf = (profile: BillingProfile): z.input<typeof profileShape> => ({
  object: "billing_profile",
  legal_name: profile.legalName,
  address: [...profile.address],
  email: profile.email,
  country: profile.country,
  tax_id: profile.taxId,
  language: profile.language,
  exempt: profile.exempt,
});

export const collectionShape = z.strictObject({
  object: z.literal("collection"),
  invoice: z.string(),
  state: z.enum(["open", "overdue", "paid", "void", "uncollectible"]),
  pay_by_ms: unixMs,
  open: money,
});
export const collectionOf = (collection: Collection, currency: Currency): z.input<typeof collectionShape> => ({
  object: "collection",
  invoice: collection.invoice,
  state: collection.state,
  pay_by_ms: collection.payByMs,
  open: moneyOf("openNanos" in collection ? collection.openNanos : 0n, currency),
});

export const paymentShape = z.strictObject({
  object: z.literal("payment"),
  id: z.string(),
  customer: z.string(),
  provider: z.string(),
  reference: z.string(),
  amount: money,
  refunded: money,
  disputed: money,
  received_at_ms: unixMs,
});
export const paymentOf = (payment: Payment, currency: Currency): z.input<typeof paymentShape> => ({
  object: "payment",
  id: payment.id,
  customer: payment.customer,
  provider: payment.provider,
  reference: payment.reference,
  amount: moneyOf(payment.amountNanos, currency),
  refunded: moneyOf(payment.refundedNanos, currency),
  disputed: moneyOf(payment.disputedNanos, currency),
  received_at_ms: payment.receivedAtMs,
});

export const eventShape = z.strictObject({
  object: z.literal("event"),
  id: z.string(),
  kind: z.enum(eventKinds),
  customer: z.string(),
  data: z.record(z.string(), z.unknown()),
  at_ms: unixMs,
});
export const eventOf = (event: BillingEvent): z.input<typeof eventShape> => ({
  object: "event",
  id: event.id,
  kind: event.kind,
  customer: event.customer,
  data: { ...event.data },
  at_ms: event.atMs,
});

export const webhookShape = z.strictObject({
  object: z.literal("webhook"),
  id: z.string(),
  customer: z.string().nullable().describe("Null: the team's, which hears of all customers."),
  url: z.string(),
  kinds: z.array(z.enum(eventKinds)),
  enabled: z.boolean(),
  created_at_ms: unixMs,
});
export const webhookOf = (webhook: Webhook): z.input<typeof webhookShape> => ({
  object: "webhook",
  id: webhook.id,
  customer: webhook.customer,
  url: webhook.url,
  kinds: [...webhook.kinds],
  enabled: webhook.enabled,
  created_at_ms: webhook.createdAtMs,
});

export const deliveryShape = z.strictObject({
  object: z.literal("webhook_delivery"),
  id: z.string(),
  event: z.string(),
  state: z.enum(["waiting", "delivered", "failed"]),
  attempts: z.number().int(),
  status: z.number().int().nullable(),
  problem: z.string().nullable(),
  created_at_ms: unixMs,
});
export const deliveryOf = (delivery: Delivery): z.input<typeof deliveryShape> => ({
  object: "webhook_delivery",
  id: delivery.id,
  event: delivery.event,
  state: delivery.state,
  attempts: delivery.attempts,
  status: delivery.status,
  problem: delivery.problem,
  created_at_ms: delivery.createdAtMs,
});

export const explanationShape = z.strictObject({
  object: z.literal("invoice_explanation"),
  invoice: z.string(),
  number: z.string(),
  lines: z.array(
    z.strictObject({
      description: z.string(),
      amount: money,
      exact: money.describe("Before rounding, with what was carried in."),
      price: money.nullable().describe("What the price says of the units."),
      charged: money.nullable().describe("Of it, what was charged as it was used."),
      steps: z.array(z.strictObject({ text: z.string(), amount: money })),
    }),
  ),
  usage_events: z.strictObject({
    count: z.number().int(),
    amount: money,
    data: z.array(
      z.strictObject({
        id: z.string(),
        prediction: z.string(),
        quantities: quantitiesShape,
        amount: money,
        model: z.string().nullable(),
        entry: z.string().nullable().describe("The ledger entry that posted it."),
        at_ms: unixMs,
      }),
    ),
    next_cursor: z.string().nullable(),
  }),
  paid_by: z.array(z.strictObject({ source: z.string(), amount: money, at_ms: unixMs })),
  credits: z
    .array(z.strictObject({ grant: z.string(), source: z.string(), amount: money }))
    .describe("Of its usage, what credit kept to the product has paid as it was used."),
});
export function explanationOf(told: Explanation): z.input<typeof explanationShape> {
  const inMoney = (nanos: bigint) => moneyOf(nanos, told.invoice.currency);
  return {
    object: "invoice_explanation",
    invoice: told.invoice.id,
    number: told.invoice.title,
    lines: told.lines.map((line) => ({
      description: line.description,
      amount: inMoney(line.amountNanos),
      exact: inMoney(line.exactNanos),
      price: line.priceNanos === null ? null : inMoney(line.priceNanos),
      charged: line.chargedNanos === null ? null : inMoney(line.chargedNanos),
      steps: line.steps.map(({ text, amountNanos }) => ({ text, amount: inMoney(amountNanos) })),
    })),
    usage_events: {
      count: told.eventCount,
      amount: inMoney(told.eventsNanos),
      data: told.events.map(({ id, prediction, quantities, amountNanos, model, entry, atMs }) => {
        return { id, prediction, quantities, amount: inMoney(amountNanos), model, entry, at_ms: atMs };
      }),
      next_cursor: told.nextCursor,
    },
    paid_by: told.paidBy.map(({ source, amountNanos, atMs }) => ({
      source,
      amount: inMoney(amountNanos),
      at_ms: atMs,
    })),
    credits: told.credits.map(({ grant, source, amountNanos }) => ({ grant, source, amount: inMoney(amountNanos) })),
  };
}
