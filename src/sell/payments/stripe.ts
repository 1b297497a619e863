import type Stripe from "stripe";
import { Refusal } from "../../kernel/errors.ts";
import { isId } from "../../kernel/ids.ts";
import { type Currency, type Nanos, currencies, nanosPerMinorUnit } from "../../kernel/money.ts";
import type { Secret } from "../../kernel/secret.ts";
import { toleranceSeconds } from "../webhooks/signature.ts";
import type { ChargeOutcome, PaymentProvider, ProviderEvent } from "./provider.ts";

export interface StripeSettings {
  readonly apiKey: Secret;
  readonly webhookSecret: Secret;
  /** Where its API is; Stripe's own unless given. */
  readonly host?: { readonly name: string; readonly port: number; readonly protocol: "http" | "https" };
}

/** Which of our customers a payment is for: Stripe keeps it beside the payment. */
const customerField = "millrace_customer";

/** Stripe behind the provider port, by its own library: charges, refunds, and messages whose signature it checks. */
export async function stripeProvider({ apiKey, webhookSecret, host }: StripeSettings): Promise<PaymentProvider> {
  const { default: StripeClient } = await import("stripe"); // large: only where it is used
  const stripe = new StripeClient(apiKey.reveal(), {
    maxNetworkRetries: 2,
    timeout: 20_000,
    telemetry: false,
    ...(host ? { host: host.name, port: host.port, protocol: host.protocol } : {}),
  });
  return {
    name: "stripe",
    charge: (ask) =>
      stripe.paymentIntents
        .create(
          {
            amount: minorUnits(ask.amountNanos, ask.currency),
            currency: ask.currency,
            customer: ask.externalCustomer,
            ...(ask.method === null ? {} : { payment_method: ask.method }),
            off_session: true,
            confirm: true,
            description: ask.description,
            metadata: { [customerField]: ask.customer },
          },
          { idempotencyKey: ask.idempotencyKey },
        )
        .then(outcomeOf, failed),
    async refund({ reference, amountNanos, currency, idempotencyKey }) {
      const amount = minorUnits(amountNanos, currency);
      const refund = await stripe.refunds.create({ payment_intent: reference, amount }, { idempotencyKey });
      return { reference: refund.id };
    },
    readEvent({ body, signature, nowMs }) {
      try {
        const secret = webhookSecret.reveal();
        const event = stripe.webhooks.constructEvent(body, signature, secret, toleranceSeconds, undefined, nowMs);
        return eventOf(event);
      } catch (error) {
        if (error instanceof Refusal) throw error;
        throw new Refusal("forbidden", "This message is not signed by Stripe.");
      }
    },
  };
}

function outcomeOf(intent: Stripe.PaymentIntent): ChargeOutcome {
  if (intent.status === "succeeded") return { state: "succeeded", reference: intent.id };
  if (intent.status === "processing") return { state: "pending", reference: intent.id };
  return { state: "failed", problem: `The payment is ${intent.status}.` };
}

/** A card that is declined is an answer; anything else is an outage and is thrown. */
function failed(error: Error & { readonly type?: string }): ChargeOutcome {
  if (error.type === "StripeCardError") return { state: "failed", problem: error.message };
  throw error;
}

function eventOf(event: Stripe.Event): ProviderEvent {
  const { id } = event;
  const other: ProviderEvent = { id, kind: "other", type: event.type };
  if (event.type === "payment_intent.succeeded") {
    const { id: reference, amount_received: amount, currency, metadata } = event.data.object;
    const customer = metadata[customerField] ?? "";
    if (!isId("customer", customer)) return other;
    const money = { amountNanos: nanosOf(amount, currency), currency: currencyOf(currency) };
    return { id, kind: "payment_succeeded", customer, reference, ...money };
  }
  if (event.type === "refund.created") {
    const { id: reference, amount, currency, payment_intent } = event.data.object;
    return { id, kind: "refunded", payment: idOf(payment_intent), reference, amountNanos: nanosOf(amount, currency) };
  }
  if (event.type === "charge.dispute.created") {
    const { id: reference, amount, currency, payment_intent } = event.data.object;
    const payment = idOf(payment_intent);
    return { id, kind: "dispute_opened", payment, reference, amountNanos: nanosOf(amount, currency) };
  }
  if (event.type === "charge.dispute.closed" && event.data.object.status === "won") {
    const { id: reference, payment_intent } = event.data.object;
    return { id, kind: "dispute_won", payment: idOf(payment_intent), reference };
  }
  return other;
}

const idOf = (of: string | { readonly id: string } | null): string => (typeof of === "string" ? of : (of?.id ?? ""));

function currencyOf(text: string): Currency {
  const found = currencies.find((currency) => currency === text);
  if (found) return found;
  throw new Refusal("conflict", `Payments in ${text} are not taken here.`);
}

const nanosOf = (amount: number, currency: string): Nanos => BigInt(amount) * nanosPerMinorUnit[currencyOf(currency)];

/** Whole coins: less than a coin cannot be charged. */
function minorUnits(nanos: Nanos, currency: Currency): number {
  if (nanos <= 0n || nanos % nanosPerMinorUnit[currency] !== 0n)
    throw new Refusal("invalid_request", "A charge is a whole number of coins.", { param: "amount" });
  return Number(nanos / nanosPerMinorUnit[currency]);
}
