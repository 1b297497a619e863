import type { Id } from "../../kernel/ids.ts";
import type { Currency, Nanos } from "../../kernel/money.ts";

/** What a payment provider tells us. `id` is the provider's own for the message: each is taken once. */
export type ProviderEvent = { readonly id: string } & (
  | {
      readonly kind: "payment_succeeded";
      readonly customer: Id<"customer">;
      /** The provider's name for the payment. */
      readonly reference: string;
      readonly amountNanos: Nanos;
      readonly currency: Currency;
    }
  | { readonly kind: "refunded"; readonly payment: string; readonly reference: string; readonly amountNanos: Nanos }
  | {
      readonly kind: "dispute_opened";
      readonly payment: string;
      readonly reference: string;
      readonly amountNanos: Nanos;
    }
  | { readonly kind: "dispute_won"; readonly payment: string; readonly reference: string }
  /** Nothing that moves money here. */
  | { readonly kind: "other"; readonly type: string }
);

export interface ChargeAsk {
  readonly customer: Id<"customer">;
  readonly externalCustomer: string;
  readonly method: string | null;
  readonly amountNanos: Nanos;
  readonly currency: Currency;
  /** The same key charges once, however often it is asked. */
  readonly idempotencyKey: string;
  readonly description: string;
}

export type ChargeOutcome =
  /** The provider has the money; its message may come as well, and counts once. */
  | { readonly state: "succeeded"; readonly reference: string }
  /** It will tell us. */
  | { readonly state: "pending"; readonly reference: string }
  | { readonly state: "failed"; readonly problem: string };

/** Who moves money for us. `manual` is built in: transfers that a person records. */
export interface PaymentProvider {
  readonly name: string;
  charge(ask: ChargeAsk): Promise<ChargeOutcome>;
  refund(ask: {
    readonly reference: string;
    readonly amountNanos: Nanos;
    readonly currency: Currency;
    readonly idempotencyKey: string;
  }): Promise<{ readonly reference: string }>;
  /** Refuses (`forbidden`) a message that is not the provider's: the signature is checked before anything is read. */
  readEvent(message: { readonly body: string; readonly signature: string; readonly nowMs: number }): ProviderEvent;
}
