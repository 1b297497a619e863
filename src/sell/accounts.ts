import type { Id } from "../kernel/ids.ts";
import type { Currency } from "../kernel/money.ts";
import type { AccountRef } from "../ledger/index.ts";

/**
 * The chart of accounts, one set per customer so that no row is everybody's. Signs: positive is what the account has.
 * `customer`: what the customer can still spend (prepaid) or, below zero, owes and is or will be invoiced (postpaid);
 * limited. `receivable`: below zero, what is due because `customer` could not pay it.
 */
export const accountKinds = {
  customer: "customer",
  receivable: "receivable",
  usageRevenue: "usage_revenue",
  feeRevenue: "fee_revenue",
  rounding: "rounding",
  cost: "cost",
  costPayable: "cost_payable",
  cash: "cash",
} as const;

type Kind = keyof typeof accountKinds;

/** All but `customer`. */
export const unlimitedKinds = (Object.keys(accountKinds) as Kind[]).filter((kind) => kind !== "customer");

export function accountOf(
  kind: Kind,
  customer: { readonly customer: Id<"customer">; readonly currency: Currency },
): AccountRef {
  return { kind: accountKinds[kind], owner: customer.customer, currency: customer.currency };
}
