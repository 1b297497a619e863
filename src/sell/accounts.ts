import type { Id } from "../kernel/ids.ts";
import type { Currency } from "../kernel/money.ts";
import type { AccountRef } from "../ledger/index.ts";

/**
 * The chart of accounts, one set per customer so that no row is everybody's. Signs: positive is what the account has.
 * `customer`: what the customer can still spend (prepaid) or, below zero, owes and is or will be invoiced (postpaid);
 * limited. `receivable`: below zero, what is due because `customer` could not pay it.
 */
const paidKinds = {
  customer: "customer",
  receivable: "receivable",
  usageRevenue: "usage_revenue",
  feeRevenue: "fee_revenue",
  rounding: "rounding",
  cost: "cost",
  costPayable: "cost_payable",
  cash: "cash",
} as const;

/** Opened when they are first posted to. Discounts, tax within prices, promotions and bad debt lie below zero. */
const billingKinds = {
  serviceRevenue: "service_revenue",
  discount: "discount",
  taxPayable: "tax_payable",
  taxIncluded: "tax_included",
  badDebt: "bad_debt",
  promotion: "promotion",
  breakage: "breakage",
  disputed: "disputed",
} as const;

export const accountKinds = { ...paidKinds, ...billingKinds } as const;

export type AccountKind = keyof typeof accountKinds;

/** All but `customer` that a customer has from the beginning. */
export const unlimitedKinds = (Object.keys(paidKinds) as AccountKind[]).filter((kind) => kind !== "customer");

export interface AccountOwner {
  readonly customer: Id<"customer">;
  readonly currency: Currency;
}

export function accountOf(kind: AccountKind, { customer, currency }: AccountOwner): AccountRef {
  return { kind: accountKinds[kind], owner: customer, currency };
}
