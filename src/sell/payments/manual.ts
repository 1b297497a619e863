import { Refusal } from "../../kernel/errors.ts";
import type { PaymentProvider } from "./provider.ts";

/** Bank transfers and cash: a person moves the money and records it here. */
export const manualProvider: PaymentProvider = {
  name: "manual",
  charge: async () => ({ state: "failed", problem: "Nobody can be charged by bank transfer: send an invoice." }),
  refund: async ({ idempotencyKey }) => ({ reference: idempotencyKey }),
  readEvent() {
    throw new Refusal("forbidden", "Transfers are recorded by the team: no bank sends messages here.");
  },
};
