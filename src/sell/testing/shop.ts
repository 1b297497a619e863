import type { Id } from "../../kernel/ids.ts";
import { newId } from "../../kernel/ids.ts";
import type { Nanos } from "../../kernel/money.ts";
import { Secret } from "../../kernel/secret.ts";
import type { Store } from "../../store/index.ts";
import { testEpochMs } from "../../store/testing/engines.ts";
import type { Component } from "../component.ts";
import { type Terms, createCustomer } from "../customer.ts";
import { type Party, authenticate, createKey, partyFor } from "../key.ts";
import { receivePayment } from "../payment.ts";
import { createPlan } from "../plan.ts";
import type { Price } from "../price.ts";
import { createProduct } from "../product.ts";
import type { SettleInput } from "../settle.ts";
import { createSubscription } from "../subscription.ts";

export const pepper = new Secret("a pepper for tests");

export interface Offer {
  /** Of predictions. */
  readonly price?: Price;
  /** In place of that one price. */
  readonly components?: readonly Component[];
  readonly feeNanos?: Nanos;
  readonly spendCapNanos?: Nanos | null;
  readonly terms?: Terms;
  readonly balanceNanos?: Nanos;
  readonly quotaUnits?: number | null;
  /** When it is all created; the subscription starts at the beginning of the tests' time in any case. */
  readonly nowMs?: number;
}

/** A customer with a key and a subscription of a plan of their own, ready to be admitted at the endpoint `spam`. */
export async function openShop(store: Store, offer: Offer = {}): Promise<{ party: Party; secret: string }> {
  const { nowMs = testEpochMs, feeNanos = 0n, spendCapNanos = null, quotaUnits = null, balanceNanos = 0n } = offer;
  const price = offer.price ?? { kind: "per_unit", perThousandNanos: 1_000_000_000n, freeUnits: 0 };
  const name = newId("product", nowMs);
  const product = await createProduct(store, { name, endpoint: "spam", nowMs });
  const plan = await createPlan(store, {
    product: product.id,
    name: "Basic",
    currency: "usd",
    feeNanos,
    components: offer.components ?? [{ unit: "predictions", price }],
    spendCapNanos,
    effectiveAtMs: testEpochMs,
    nowMs,
  });
  const terms = offer.terms ?? { kind: "prepaid" };
  const { id: customer } = await createCustomer(store, { name: `Customer of ${name}`, currency: "usd", terms, nowMs });
  if (balanceNanos > 0n)
    await receivePayment(store, { customer, amountNanos: balanceNanos, reference: "first", nowMs });
  await createSubscription(store, { customer, plan: plan.id, anchorMs: testEpochMs, timeZone: "UTC", nowMs });
  const key = await createKey(store, { customer, name: "test", quotaUnits, pepper, nowMs });
  const secret = key.secret.reveal();
  return { party: partyFor(await authenticate(store, secret, pepper), "spam"), secret };
}

/** Usage that was not admitted before: settled as it is. It cost nothing. */
export function usageOf(
  party: Party,
  n: number,
  used: { readonly predictions: number; readonly atMs?: number; readonly nowMs?: number },
): SettleInput {
  const { predictions, atMs = testEpochMs, nowMs = atMs } = used;
  const prediction = predictionOf(n);
  const quantities = { predictions };
  return { party, hold: null, prediction, quantities, costNanos: 0n, model: null, release: null, atMs, nowMs };
}

/** The n-th prediction of a test: always the same id for the same n. */
export function predictionOf(n: number): Id<"prediction"> {
  const entropy = new Uint8Array(10);
  new DataView(entropy.buffer).setUint32(6, n);
  return newId("prediction", testEpochMs, entropy);
}
