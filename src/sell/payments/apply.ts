import { Refusal } from "../../kernel/errors.ts";
import { type Queries, type Steps, type Store, query, queryOne, sql } from "../../store/index.ts";
import { getCustomer } from "../customer.ts";
import { receivePayment } from "../payment.ts";
import type { PaymentRow } from "../tables-paid.ts";
import type { ProviderEvent } from "./provider.ts";
import { type TakeBack, disputeWon, forceBack } from "./take-back.ts";

export type AppliedState = "applied" | "duplicate" | "ignored";

/**
 * Takes a provider's message, once: `processed_events` and what follows from it commit together. One that speaks of a payment
 * we do not know is refused, so that the provider sends it again.
 */
export async function applyProviderEvent(
  store: Store,
  provider: string,
  event: ProviderEvent,
  nowMs: number,
): Promise<AppliedState> {
  return store.transaction(async (tx) => {
    const fresh = await tx.perform(
      queryOne(sql`insert into processed_events (provider, id, outcome, at_ms)
        values (${provider}, ${event.id}, ${event.kind}, ${nowMs}) on conflict do nothing returning id`),
    );
    if (!fresh) return "duplicate";
    return effect(tx, provider, event, nowMs);
  });
}

async function effect(db: Queries, provider: string, event: ProviderEvent, nowMs: number): Promise<AppliedState> {
  switch (event.kind) {
    case "payment_succeeded": {
      const { customer, reference, amountNanos, currency } = event;
      const known = await getCustomer(db, customer);
      if (known.currency !== currency)
        throw new Refusal("conflict", `The payment is in ${currency}, the customer pays in ${known.currency}.`);
      const { state } = await receivePayment(db, { customer, amountNanos, reference, provider, nowMs });
      return state === "duplicate" ? "duplicate" : "applied";
    }
    case "refunded":
    case "dispute_opened": {
      const back = await db.perform(takeBackOf(provider, event, nowMs));
      const state = await db.perform(forceBack(back, event.kind === "refunded" ? "refund" : "dispute"));
      return state === "done" ? "applied" : "duplicate";
    }
    case "dispute_won": {
      const back = await db.perform(takeBackOf(provider, { ...event, amountNanos: 0n }, nowMs));
      return (await db.perform(disputeWon(back))) === "done" ? "applied" : "duplicate";
    }
    case "other":
      return "ignored";
  }
}

function* takeBackOf(
  provider: string,
  event: { readonly payment: string; readonly reference: string; readonly amountNanos: bigint },
  nowMs: number,
): Steps<TakeBack> {
  const [payment] = yield* query<PaymentRow>(
    sql`select * from payments where provider = ${provider} and reference = ${event.payment}`,
  );
  if (!payment) throw new Refusal("not_found", `There is no payment "${event.payment}" of ${provider} here.`);
  return { payment: payment.id, amountNanos: event.amountNanos, reference: event.reference, nowMs };
}
